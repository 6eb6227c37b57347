/** Outlines and tints of what a field of regions shows, as rectangles of a panel's device px. */

import type { GridView, RectPx } from '../grid/grid-view.ts';
import { WIDE_LINE_FROM_PX } from '../grid/mark-look.ts';
import { GRID_LINE_FROM_PX } from '../grid/panel-frame.ts';
import { FAMILIES, type StructureFamily } from './kind-look.ts';
import { NOTHING, type RegionField } from './region-field.ts';
import { familyAt } from './regions.ts';

export interface RegionShape extends RectPx {
  readonly family: StructureFamily;
}

/** A stretch of cells that show one region: columns [x0, x1) of rows [y0, y1), counted on the plane. */
export interface RegionBand {
  readonly region: number;
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  y1: number;
}

/**
 * Runs of cells along a window's rows that show one region, those of the same columns in rows that follow each other joined.
 * In the order in which they begin.
 */
export function bandsOf(field: RegionField): readonly RegionBand[] {
  const { col, row, cols, rows } = field.window;
  const bands: RegionBand[] = [];
  let above = new Map<number, RegionBand>();
  for (let y = row; y < row + rows; y += 1) {
    const here = new Map<number, RegionBand>();
    for (let x = col; x < col + cols; ) {
      const region = field.at(x, y);
      let x1 = x + 1;
      while (x1 < col + cols && field.at(x1, y) === region) x1 += 1;
      if (region !== NOTHING) {
        const before = above.get(x);
        if (before?.region === region && before.x1 === x1) {
          before.y1 = y + 1;
          here.set(x, before);
        } else {
          const band = { region, x0: x, x1, y0: y, y1: y + 1 };
          bands.push(band);
          here.set(x, band);
        }
      }
      x = x1;
    }
    above = here;
  }
  return bands;
}

/** Cells [x0, x1) x [y0, y1) of a plane in a panel's px, the lines between them included. */
function rectOf(view: GridView, { x0, x1, y0, y1 }: Omit<RegionBand, 'region'>): RectPx {
  const { cellPx, originXPx, originYPx } = view;
  const line = cellPx >= GRID_LINE_FROM_PX ? 1 : 0;
  return {
    xPx: x0 * cellPx - originXPx,
    yPx: y0 * cellPx - originYPx,
    widthPx: (x1 - x0) * cellPx - line,
    heightPx: (y1 - y0) * cellPx - line,
  };
}

/** The tints of bands; those that leave blocks as they are have none. */
export function tintsOf(field: RegionField, bands: readonly RegionBand[], view: GridView): RegionShape[] {
  return bands.flatMap((band) => {
    const family = familyAt(field.regions, band.region);
    return FAMILIES[family].pattern === 'none' ? [] : [{ ...rectOf(view, band), family }];
  });
}

/** The px of a line between two cells: from this one before the second, so many wide. */
function lineOf(cellPx: number): { readonly beforePx: number; readonly widthPx: number } {
  // From where there are lines of ground between cells, they are where an outline hides nothing.
  if (cellPx < GRID_LINE_FROM_PX) return { beforePx: 0, widthPx: 1 };
  return { beforePx: 1, widthPx: cellPx >= WIDE_LINE_FROM_PX ? 2 : 1 };
}

/**
 * What an outline between two cells belongs to, null where there is none: between regions of different names, in the look of
 * the one of higher rank. Between files, and around them, only where cells are large enough for lines of their own:
 * farther out they would be all that is seen.
 */
function edgeBetween(field: RegionField, a: number, b: number, cellPx: number): StructureFamily | null {
  if (a === b) return null;
  const { regions } = field;
  if (a !== NOTHING && b !== NOTHING && regions.name[a] === regions.name[b]) return null;
  const one = a === NOTHING ? 'free' : familyAt(regions, a);
  const other = b === NOTHING ? 'free' : familyAt(regions, b);
  const family = FAMILIES[one].rank >= FAMILIES[other].rank ? one : other;
  if (family === 'free') return null;
  return family === 'files' && cellPx < GRID_LINE_FROM_PX ? null : family;
}

/** Outlines around what a field shows, along the window's cells, as lines that are as long as they can be. */
export function outlinesOf(field: RegionField, view: GridView): RegionShape[] {
  const { col, row, cols, rows } = field.window;
  const { cellPx, originXPx, originYPx } = view;
  const { beforePx, widthPx } = lineOf(cellPx);
  const lines: RegionShape[] = [];
  const xOf = (x: number): number => x * cellPx - originXPx - beforePx;
  const yOf = (y: number): number => y * cellPx - originYPx - beforePx;
  for (let y = row; y <= row + rows; y += 1) {
    eachStretch(
      col,
      cols,
      (x) => edgeBetween(field, field.at(x, y - 1), field.at(x, y), cellPx),
      (family, from, to) => {
        const lengthPx = (to - from) * cellPx + beforePx;
        lines.push({ family, xPx: xOf(from), yPx: yOf(y), widthPx: lengthPx, heightPx: widthPx });
      },
    );
  }
  for (let x = col; x <= col + cols; x += 1) {
    eachStretch(
      row,
      rows,
      (y) => edgeBetween(field, field.at(x - 1, y), field.at(x, y), cellPx),
      (family, from, to) => {
        const lengthPx = (to - from) * cellPx + beforePx;
        lines.push({ family, xPx: xOf(x), yPx: yOf(from), widthPx, heightPx: lengthPx });
      },
    );
  }
  return lines;
}

function eachStretch(
  from: number,
  count: number,
  at: (i: number) => StructureFamily | null,
  visit: (family: StructureFamily, from: number, to: number) => void,
): void {
  for (let i = from; i < from + count; ) {
    const family = at(i);
    let to = i + 1;
    while (to < from + count && at(to) === family) to += 1;
    if (family !== null) visit(family, i, to);
    i = to;
  }
}

/** The families that a field shows, whatever they look like: what a legend must explain. */
export function familiesIn(field: RegionField, bands: readonly RegionBand[]): ReadonlySet<StructureFamily> {
  return new Set(bands.map(({ region }) => familyAt(field.regions, region)));
}
