import type { GridView } from '../grid/grid-view.ts';
import { MAX_CELL_PX } from '../grid/grid-view.ts';
import { type CellOrder, layoutOf, type PlaneLayout, planeOf } from '../grid/plane.ts';

/** Which cell sizes survive the encoder. */
export interface CellGrain {
  /** Smallest side of a drawn cell, px. */
  readonly minPx: number;
  /** Sides and places of cells are multiples of this. */
  readonly stepPx: number;
}

/**
 * Where colours have half the resolution (4:2:0) each colour sample covers 2 x 2 px. Cells of 4 px and more on even places keep
 * their colours apart: no sample lies in two of them.
 */
export const HALVED_COLOR: CellGrain = { minPx: 4, stepPx: 2 };
/** Every px has a colour of its own. */
export const FULL_COLOR: CellGrain = { minPx: 2, stepPx: 1 };

/** How a disk is laid out, as the window has it. */
export interface PlaneChoice {
  readonly order: CellOrder;
  readonly cellShift: number;
  /** Cells in a row; null lets the disk's size choose. */
  readonly rowCells: number | null;
}

/** A disk as large as a place allows: how it is laid out, the side of its cells and what it takes of the place, px. */
export interface FittedDisk {
  readonly layout: PlaneLayout;
  readonly cellPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** The whole disk in a place of that size: the finest level whose cells are large enough, and those as large as can be. */
export function fitDisk(
  sizeBytes: bigint,
  widthPx: number,
  heightPx: number,
  choice: PlaneChoice,
  grain: CellGrain,
): FittedDisk {
  const { order, cellShift, rowCells } = choice;
  const finest = layoutOf(sizeBytes, { order, cellShift, ...(rowCells === null ? {} : { rowCells }) });
  const lastLevel = Math.log2(finest.rowCells);
  for (let level = 0; ; level += 1) {
    const layout = { ...finest, level };
    const { cols, rows } = planeOf(sizeBytes, layout);
    const roomPx = Math.min(
      Math.floor(widthPx / cols),
      Math.floor(heightPx / Math.max(rows, 1)),
      MAX_CELL_PX,
    );
    const steppedPx = Math.floor(roomPx / grain.stepPx) * grain.stepPx;
    if (steppedPx < grain.minPx && level < lastLevel) continue;
    const cellPx = Math.max(steppedPx, grain.minPx);
    return { layout, cellPx, widthPx: cols * cellPx, heightPx: rows * cellPx };
  }
}

/** The view of a panel that shows a fitted disk `borderPx` from its left and top. */
export function viewOf({ layout, cellPx }: FittedDisk, borderPx: number): GridView {
  return { ...layout, cellPx, originXPx: -borderPx, originYPx: -borderPx };
}
