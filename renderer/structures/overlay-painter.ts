import { STRUCTURE_COLORS, STRUCTURE_TINT } from '#shared/theme/structures.ts';
import { type HexColor, rgbOf, type Theme } from '#shared/theme/theme.ts';
import type { RectPx } from '../grid/grid-view.ts';
import { FAMILIES, type FamilyLook, isInked, PATTERN_PX, type StructureFamily } from './kind-look.ts';
import type { OverlayPanel, OverlayScene } from './overlay-scene.ts';
import type { LabelMetrics } from './region-labels.ts';

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** How strongly the lines of a pattern, outlines, and what lies under names are drawn. */
const PATTERN_ALPHA = 0.42;
const OUTLINE_ALPHA = 0.9;
const PLATE_ALPHA = 0.82;
/** How far blocks that are lit up go towards the colour of the cursor; and where they are most of what is seen. */
const PICKED_TINT = 0.38;
const PICKED_MOST_TINT = 0.1;
/** Lit up so much of a panel is most of what is seen. */
const MOST_SHARE = 0.2;

const FONT = '500 SIZEpx "Inter Variable", "Inter", sans-serif';

/** How names are written: sizes in device px. */
export interface NameStyle {
  readonly font: string;
  readonly linePx: number;
  readonly paddingPx: number;
}

/** @param sizePx height of the letters' line, device px. */
export function nameStyle(sizePx: number): NameStyle {
  const rounded = Math.round(sizePx);
  return {
    font: FONT.replace('SIZE', String(rounded)),
    linePx: Math.round(rounded * 1.25),
    paddingPx: Math.max(2, Math.round(rounded / 3)),
  };
}

/** Measures names on a context, in a style. */
export function nameMetrics(context: Context, style: NameStyle): Omit<LabelMetrics, 'widthPx' | 'heightPx'> {
  return {
    textPx: (words) => {
      context.font = style.font;
      return Math.ceil(context.measureText(words).width);
    },
    linePx: style.linePx,
    paddingPx: style.paddingPx,
  };
}

/** Draws what lies over grids. Whatever was there before must have been cleared. */
export class OverlayPainter {
  readonly #context: Context;
  #theme: Theme | null = null;
  #fills = new Map<FamilyLook, CanvasPattern | string>();

  constructor(context: Context) {
    this.#context = context;
  }

  paint(panel: OverlayPanel, scene: OverlayScene, theme: Theme, style: NameStyle): void {
    if (theme !== this.#theme) this.#fills = new Map();
    this.#theme = theme;
    const context = this.#context;
    context.save();
    context.beginPath();
    context.rect(panel.xPx, panel.yPx, panel.widthPx, panel.heightPx);
    context.clip();
    // Patterns run on over the plane, so that they stay where they are on it while it is moved.
    const { originXPx, originYPx } = panel.view;
    const shiftX = panel.xPx - wrap(originXPx);
    const shiftY = panel.yPx - wrap(originYPx);
    for (const tint of scene.tints) {
      const fill = this.#fill(FAMILIES[tint.family], theme);
      if (typeof fill !== 'string') fill.setTransform(new DOMMatrix([1, 0, 0, 1, shiftX, shiftY]));
      context.fillStyle = fill;
      this.#rect(panel, tint);
    }
    const pickedPx = scene.picked.reduce((sum, { widthPx, heightPx }) => sum + widthPx * heightPx, 0);
    const isMost = pickedPx > MOST_SHARE * panel.widthPx * panel.heightPx;
    context.globalAlpha = isMost ? PICKED_MOST_TINT : PICKED_TINT;
    context.fillStyle = theme.grid.cursor;
    for (const shape of scene.picked) this.#rect(panel, shape);
    context.globalAlpha = OUTLINE_ALPHA;
    for (const line of scene.outlines) {
      context.fillStyle = STRUCTURE_COLORS[theme.name][FAMILIES[line.family].ink];
      this.#rect(panel, line);
    }
    context.globalAlpha = 1;
    context.fillStyle = theme.grid.cursor;
    for (const line of scene.pickedOutlines) this.#rect(panel, line);
    this.#names(panel, scene, theme, style);
    context.restore();
  }

  #names(panel: OverlayPanel, scene: OverlayScene, theme: Theme, style: NameStyle): void {
    const context = this.#context;
    context.font = style.font;
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    for (const label of scene.labels) {
      const xPx = Math.round(panel.xPx + label.xPx);
      const yPx = Math.round(panel.yPx + label.yPx);
      context.globalAlpha = PLATE_ALPHA;
      context.fillStyle = theme.grid.ground;
      context.fillRect(xPx, yPx, label.widthPx, label.heightPx);
      context.globalAlpha = 1;
      context.fillStyle = theme.chrome.text;
      context.fillText(label.words, xPx + style.paddingPx, yPx + label.heightPx / 2);
    }
  }

  #rect(panel: OverlayPanel, { xPx, yPx, widthPx, heightPx }: RectPx): void {
    this.#context.fillRect(panel.xPx + xPx, panel.yPx + yPx, widthPx, heightPx);
  }

  #fill(look: FamilyLook, theme: Theme): CanvasPattern | string {
    const known = this.#fills.get(look);
    if (known !== undefined) return known;
    const color = STRUCTURE_COLORS[theme.name][look.ink];
    const fill = this.#context.createPattern(patternTile(look, color), 'repeat') ?? color;
    this.#fills.set(look, fill);
    return fill;
  }
}

/** One tile of a tint with its pattern. */
function patternTile({ pattern }: FamilyLook, color: HexColor): OffscreenCanvas {
  const tile = new OffscreenCanvas(PATTERN_PX, PATTERN_PX);
  const context = tile.getContext('2d');
  if (context === null) return tile;
  const data = new ImageData(PATTERN_PX, PATTERN_PX);
  const [red, green, blue] = rgbOf(color);
  for (let i = 0; i < PATTERN_PX * PATTERN_PX; i += 1) {
    const isLine = isInked(pattern, i % PATTERN_PX, Math.floor(i / PATTERN_PX));
    const alpha = Math.round(255 * (isLine ? PATTERN_ALPHA : STRUCTURE_TINT));
    data.data.set([red, green, blue, alpha], i * 4);
  }
  context.putImageData(data, 0, 0);
  return tile;
}

function wrap(px: number): number {
  return ((px % PATTERN_PX) + PATTERN_PX) % PATTERN_PX;
}

/** A square of a family's look on untouched blocks, in its outline, for legends. */
export function paintSwatch(context: Context, sidePx: number, family: StructureFamily, theme: Theme): void {
  const look = FAMILIES[family];
  const color = STRUCTURE_COLORS[theme.name][look.ink];
  context.clearRect(0, 0, sidePx, sidePx);
  context.fillStyle = theme.grid.untouched;
  context.fillRect(0, 0, sidePx, sidePx);
  if (look.pattern !== 'none') {
    context.fillStyle = context.createPattern(patternTile(look, color), 'repeat') ?? color;
    context.fillRect(0, 0, sidePx, sidePx);
  }
  if (family === 'free') return;
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.strokeRect(1, 1, sidePx - 2, sidePx - 2);
}
