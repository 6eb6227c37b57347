import type { Panel } from '../grid/grid-renderer.ts';
import type { GridView } from '../grid/grid-view.ts';
import type { RangeMark } from '../grid/marks.ts';
import { type CellGrain, type FittedDisk, fitDisk, type PlaneChoice, viewOf } from './film-view.ts';

/** A rectangle of the frame, px. */
export interface BoxPx {
  readonly xPx: number;
  readonly yPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface FilmDisk {
  readonly id: number;
  readonly name: string;
  readonly sizeBytes: bigint;
}

/** A disk's place in the frame. */
export interface FilmPanel {
  readonly disk: FilmDisk;
  /** Its name's line; null where the title says it. */
  readonly name: BoxPx | null;
  readonly grid: BoxPx & { readonly view: GridView };
  /** Drawn over its cells. */
  readonly marks: readonly RangeMark[];
}

/** Where everything stands in a frame. */
export interface FilmLayout {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Px of the frame to a px of the design, which is 1280 wide. */
  readonly unitPx: number;
  readonly panels: readonly FilmPanel[];
  /** The title, and below it what a cell stands for and how fast time passes. */
  readonly heading: BoxPx | null;
  readonly clock: BoxPx | null;
  readonly caption: BoxPx | null;
  readonly legend: BoxPx | null;
  /** Words stand beside the grids, or in lines over and under them. */
  readonly arrangement: 'beside' | 'around';
}

export interface FilmLayoutOptions extends PlaneChoice {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly disks: readonly FilmDisk[];
  readonly grain: CellGrain;
  readonly captions: boolean;
  readonly legend: boolean;
}

/** Around each grid, for the edge that shows a flush; even, as places in a frame are. */
const BORDER_PX = 4;
/** In px of the design. */
const MARGIN = 28;
const GAP = 16;
const NAME = 30;
const COLUMN = 320;
const COLUMN_GAP = 36;
const TOP_LINE = 64;
const CAPTION_LINES = 80;
const LEGEND_LINE = 44;
const LEGEND_ROW = 30;
const LEGEND_ROWS = 7;

/** Places everything in a frame so that the cells are as fine, then as large, as can be. */
export function layOutFilm(options: FilmLayoutOptions): FilmLayout {
  const around = layOutAround(options);
  // Beside the grids words want a column: in an upright frame there is none.
  if (options.widthPx < options.heightPx * 1.2) return around;
  const beside = layOutBeside(options);
  return coarseness(beside) <= coarseness(around) ? beside : around;
}

/** Less is better: whole levels first, then the size of the smallest cells. */
function coarseness({ panels }: FilmLayout): number {
  const coarsest = Math.max(0, ...panels.map(({ grid }) => grid.view.level));
  const smallestPx = Math.min(...panels.map(({ grid }) => grid.view.cellPx));
  return coarsest * 1000 - smallestPx;
}

function unitOf({ widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number }): number {
  return Math.max(0.6, Math.min(widthPx, (heightPx * 16) / 9) / 1280);
}

/** A length of the design in px of the frame, even. */
function scaled(unitPx: number): (length: number) => number {
  return (length) => 2 * Math.round((length * unitPx) / 2);
}

function layOutBeside(options: FilmLayoutOptions): FilmLayout {
  const { widthPx, heightPx } = options;
  const unitPx = unitOf(options);
  const px = scaled(unitPx);
  const margin = px(MARGIN);
  const block = packGrids(options, px, {
    xPx: margin,
    yPx: margin,
    widthPx: widthPx - 2 * margin - px(COLUMN) - px(COLUMN_GAP),
    heightPx: heightPx - 2 * margin,
  });
  const panels = block.panelsAt(margin, even((heightPx - block.heightPx) / 2));
  const xPx = margin + block.widthPx + px(COLUMN_GAP);
  const column = { xPx, widthPx: widthPx - margin - xPx };
  let yPx = margin;
  const next = (length: number): BoxPx => {
    const box = { ...column, yPx, heightPx: px(length) };
    yPx += box.heightPx;
    return box;
  };
  const heading = next(112);
  const clock = next(56);
  yPx += px(GAP);
  const legendPx = options.legend ? px(LEGEND_ROW * LEGEND_ROWS) : 0;
  const endPx = heightPx - margin - legendPx;
  return {
    widthPx,
    heightPx,
    unitPx,
    panels,
    heading,
    clock,
    caption: options.captions ? { ...column, yPx, heightPx: endPx - px(GAP) - yPx } : null,
    legend: options.legend ? { ...column, yPx: endPx, heightPx: legendPx } : null,
    arrangement: 'beside',
  };
}

function layOutAround(options: FilmLayoutOptions): FilmLayout {
  const { widthPx, heightPx } = options;
  const unitPx = unitOf(options);
  const px = scaled(unitPx);
  const margin = px(MARGIN);
  const insidePx = widthPx - 2 * margin;
  const captionPx = options.captions ? px(CAPTION_LINES) : 0;
  const legendPx = options.legend ? px(LEGEND_LINE) : 0;
  const topPx = even(margin / 2) + px(TOP_LINE);
  const bottomPx = heightPx - even(margin / 2) - captionPx - legendPx;
  const area = { xPx: margin, yPx: topPx, widthPx: insidePx, heightPx: bottomPx - topPx };
  const block = packGrids(options, px, area);
  const panels = block.panelsAt(
    even((widthPx - block.widthPx) / 2),
    topPx + even((area.heightPx - block.heightPx) / 2),
  );
  const clockPx = px(230);
  const words = { xPx: margin, widthPx: insidePx - clockPx };
  const yPx = even(margin / 2);
  return {
    widthPx,
    heightPx,
    unitPx,
    panels,
    heading: { ...words, yPx, heightPx: px(TOP_LINE) },
    clock: { xPx: margin + insidePx - clockPx, widthPx: clockPx, yPx, heightPx: px(36) },
    caption: options.captions ? { xPx: margin, widthPx: insidePx, yPx: bottomPx, heightPx: captionPx } : null,
    legend: options.legend
      ? { xPx: margin, widthPx: insidePx, yPx: bottomPx + captionPx, heightPx: legendPx }
      : null,
    arrangement: 'around',
  };
}

function even(px: number): number {
  return 2 * Math.round(px / 2);
}

/** The grids of all disks, close together. */
interface GridBlock {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly panelsAt: (xPx: number, yPx: number) => readonly FilmPanel[];
}

/** Packs the grids into an area: in as many columns as give the finest and largest cells. */
function packGrids(options: FilmLayoutOptions, px: (length: number) => number, area: BoxPx): GridBlock {
  const { disks, grain } = options;
  const gap = px(GAP);
  const header = disks.length > 1 ? px(NAME) : 0;
  const border = 2 * BORDER_PX;
  let best: { readonly columns: number; readonly fitted: readonly FittedDisk[]; readonly worth: number } = {
    columns: 1,
    fitted: [],
    worth: Number.NEGATIVE_INFINITY,
  };
  for (let columns = 1; columns <= disks.length; columns += 1) {
    const rows = Math.ceil(disks.length / columns);
    const widthPx = Math.floor((area.widthPx - (columns - 1) * gap) / columns) - border;
    const heightPx = Math.floor((area.heightPx - (rows - 1) * gap) / rows) - header - border;
    const fitted = disks.map(({ sizeBytes }) => fitDisk(sizeBytes, widthPx, heightPx, options, grain));
    const coarsest = Math.max(...fitted.map(({ layout }) => layout.level));
    const smallestPx = Math.min(...fitted.map(({ cellPx }) => cellPx));
    const empty = rows * columns - disks.length;
    const worth = smallestPx - coarsest * 1000 - empty / 1000;
    if (worth > best.worth) best = { columns, fitted, worth };
  }
  const { columns, fitted } = best;
  const pitchXPx = Math.max(0, ...fitted.map(({ widthPx }) => widthPx)) + border + gap;
  const pitchYPx = Math.max(0, ...fitted.map(({ heightPx }) => heightPx)) + border + header + gap;
  return {
    widthPx: columns * pitchXPx - gap,
    heightPx: Math.ceil(disks.length / columns) * pitchYPx - gap,
    panelsAt: (xPx, yPx) =>
      disks.flatMap((disk, i): readonly FilmPanel[] => {
        const own = fitted[i];
        if (own === undefined) return [];
        const left = xPx + (i % columns) * pitchXPx;
        const top = yPx + Math.floor(i / columns) * pitchYPx;
        const widthPx = own.widthPx + border;
        return [
          {
            disk,
            name: header === 0 ? null : { xPx: left, yPx: top, widthPx: pitchXPx - gap, heightPx: header },
            grid: {
              xPx: left,
              yPx: top + header,
              widthPx,
              heightPx: own.heightPx + border,
              view: viewOf(own, BORDER_PX),
            },
            marks: [],
          },
        ];
      }),
  };
}

/** The panels of a frame as a grid renderer takes them. */
export function gridPanels({ panels }: FilmLayout): Panel[] {
  return panels.map(({ disk, grid, marks }) => ({
    disk: disk.id,
    sizeBytes: disk.sizeBytes,
    xPx: grid.xPx,
    yPx: grid.yPx,
    widthPx: grid.widthPx,
    heightPx: grid.heightPx,
    view: grid.view,
    cursorBlock: null,
    marks,
  }));
}
