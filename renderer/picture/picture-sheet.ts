import type { Theme } from '#shared/theme/theme.ts';
import { PANEL_HEADER_PX, type PanelTile } from './picture.ts';

export interface SheetLegendEntry {
  readonly label: string;
  readonly color: string;
  readonly count: string;
}

export interface SheetOptions {
  /** The canvas of the grids, just drawn. */
  readonly picture: HTMLCanvasElement;
  /** Device px to a CSS px. */
  readonly ratio: number;
  readonly theme: Theme;
  readonly title: string;
  /** Where each disk's header stands (CSS px) and what it says. */
  readonly names: readonly (PanelTile & { readonly name: string })[];
  readonly legend: readonly SheetLegendEntry[];
}

const MARGIN_PX = 24;
const TITLE_PX = 32;
const LEGEND_PX = 40;
const WORDS = '"Inter Variable", sans-serif';

/** The picture on a sheet of its own with title, disk names and legend, at device px: what "Save as PNG" saves. */
export function drawSheet(options: SheetOptions): HTMLCanvasElement {
  const { picture, ratio, theme, names } = options;
  const px = (css: number): number => Math.round(css * ratio);
  const sheet = document.createElement('canvas');
  sheet.width = picture.width + 2 * px(MARGIN_PX);
  sheet.height = picture.height + 2 * px(MARGIN_PX) + px(TITLE_PX) + px(LEGEND_PX);
  const context = sheet.getContext('2d');
  if (context === null) throw new Error('this browser has no 2D canvas');
  context.fillStyle = theme.chrome.background;
  context.fillRect(0, 0, sheet.width, sheet.height);
  const left = px(MARGIN_PX);
  const top = px(MARGIN_PX) + px(TITLE_PX);
  context.drawImage(picture, left, top);

  context.textBaseline = 'middle';
  context.fillStyle = theme.chrome.text;
  context.font = `600 ${px(15)}px ${WORDS}`;
  context.fillText(options.title, left, px(MARGIN_PX) + px(TITLE_PX / 2) - px(4));
  context.font = `500 ${px(12)}px ${WORDS}`;
  for (const name of names) {
    const x = left + px(name.xPx) + px(4);
    const y = top + px(name.yPx) + px(PANEL_HEADER_PX / 2);
    context.fillText(name.name, x, y, px(name.widthPx));
  }
  drawLegend(context, options, left, top + picture.height + px(LEGEND_PX / 2) + px(4), px);
  return sheet;
}

function drawLegend(
  context: CanvasRenderingContext2D,
  options: SheetOptions,
  left: number,
  y: number,
  px: (css: number) => number,
): void {
  const { theme, legend } = options;
  let x = left;
  context.font = `500 ${px(13)}px ${WORDS}`;
  for (const entry of legend) {
    context.fillStyle = entry.color;
    context.fillRect(x, y - px(6), px(12), px(12));
    context.strokeStyle = theme.chrome.border;
    context.lineWidth = px(1);
    context.strokeRect(x, y - px(6), px(12), px(12));
    x += px(18);
    const words = `${entry.label} ${entry.count}`;
    context.fillStyle = theme.chrome.text;
    context.fillText(words, x, y);
    x += context.measureText(words).width + px(20);
  }
}
