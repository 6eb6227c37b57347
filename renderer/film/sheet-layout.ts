import type { Panel } from '../grid/grid-renderer.ts';
import type { BoxPx, FilmDisk, FilmLayout, FilmPanel } from './film-layout.ts';

/** The grids as the window shows them, device px. */
export interface WindowGrids {
  readonly panels: readonly Panel[];
  /** Of the area that they stand in. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Device px to a CSS px. */
  readonly ratio: number;
  /** Height of the line over each grid, CSS px. */
  readonly headerPx: number;
}

/** In CSS px. */
export const SHEET_MARGIN = 24;
export const SHEET_HEADING = 56;
const CAPTION = 44;
/** The line of a caption in that. */
const CAPTION_TOP = 10;
const CAPTION_LINE = 28;
const LEGEND = 40;
/** CSS px to a px of the design: a window's words are smaller than a film's. */
const WORDS = 0.75;

/**
 * A sheet of what the window shows, `scale` times as large, cells whole: with title, time, caption and legend around it, or the
 * grids alone.
 */
export function layOutSheet(
  grids: WindowGrids,
  disks: readonly FilmDisk[],
  options: { readonly scale: number; readonly words: boolean; readonly caption: boolean },
): FilmLayout {
  const { scale, words } = options;
  const px = (css: number): number => Math.round(css * grids.ratio * scale);
  const margin = words ? px(SHEET_MARGIN) : 0;
  const headingPx = words ? px(SHEET_HEADING) : 0;
  const captionPx = words && options.caption ? px(CAPTION) : 0;
  const legendPx = words ? px(LEGEND) : 0;
  const gridsWidthPx = grids.widthPx * scale;
  const gridsHeightPx = grids.heightPx * scale;
  const leftPx = margin;
  const topPx = margin + headingPx;
  const belowPx = topPx + gridsHeightPx;
  const line = { xPx: leftPx, widthPx: gridsWidthPx };
  const clockPx = px(180);
  return {
    widthPx: gridsWidthPx + 2 * margin,
    heightPx: belowPx + captionPx + legendPx + margin,
    unitPx: grids.ratio * scale * WORDS,
    panels: grids.panels.flatMap((panel): readonly FilmPanel[] => {
      const disk = disks.find(({ id }) => id === panel.disk);
      if (disk === undefined) return [];
      return [
        placed(panel, disk, scale, leftPx, topPx, words && grids.panels.length > 1 ? px(grids.headerPx) : 0),
      ];
    }),
    heading: words ? { ...line, yPx: margin, widthPx: gridsWidthPx - clockPx, heightPx: headingPx } : null,
    clock: words
      ? { xPx: leftPx + gridsWidthPx - clockPx, yPx: margin, widthPx: clockPx, heightPx: px(36) }
      : null,
    caption: captionPx > 0 ? { ...line, yPx: belowPx + px(CAPTION_TOP), heightPx: px(CAPTION_LINE) } : null,
    legend: words ? { ...line, yPx: belowPx + captionPx, heightPx: legendPx } : null,
    arrangement: 'around',
  };
}

function placed(
  panel: Panel,
  disk: FilmDisk,
  scale: number,
  leftPx: number,
  topPx: number,
  headerPx: number,
): FilmPanel {
  const { view } = panel;
  const grid: BoxPx = {
    xPx: leftPx + panel.xPx * scale,
    yPx: topPx + panel.yPx * scale,
    widthPx: panel.widthPx * scale,
    heightPx: panel.heightPx * scale,
  };
  return {
    disk,
    name: headerPx === 0 ? null : { ...grid, yPx: grid.yPx - headerPx, heightPx: headerPx },
    grid: {
      ...grid,
      view: {
        ...view,
        cellPx: view.cellPx * scale,
        originXPx: view.originXPx * scale,
        originYPx: view.originYPx * scale,
      },
    },
    marks: panel.marks,
  };
}
