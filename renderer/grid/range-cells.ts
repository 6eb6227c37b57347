/** Which drawn cells of a window show a range of blocks, in runs along its rows. */
import { BLOCK_SHIFT } from '#shared/model/block-state.ts';
import type { CellWindow } from './cell-grid.ts';
import { HilbertStrip } from './hilbert-strip.ts';
import { type PlaneLayout, rowBlocks } from './plane.ts';
import { isBackwards } from './plane-place.ts';

/** A run of drawn cells: columns [x0, x1) of row y, both counted on the plane, none empty. */
export type VisitRun = (y: number, x0: number, x1: number) => void;

/**
 * Finds the cells of ranges. They lie in the window or at most one cell beside it, so that every cell of it has neighbours;
 * cells on a curve come one by one, and a cell that stands for several stretches of a range may come several times. The cost
 * is bounded by the window, however long a range is.
 */
export class RangeCells {
  readonly #layout: PlaneLayout;
  readonly #window: CellWindow;
  readonly #visit: VisitRun;

  constructor(layout: PlaneLayout, window: CellWindow, visit: VisitRun) {
    this.#layout = layout;
    this.#window = window;
    this.#visit = visit;
  }

  /** Visits the cells of the blocks [first, end), which must not be empty. */
  find(first: number, end: number): void {
    if (this.#layout.order === 'hilbert') this.#onCurve(first, end);
    else this.#inRows(first, end);
  }

  #onCurve(first: number, end: number): void {
    const { col, row, cols, rows } = this.#window;
    const strip = new HilbertStrip(this.#layout);
    const perDrawn = strip.cellsPerDrawn * 2 ** (this.#layout.cellShift - BLOCK_SHIFT);
    const within = { x0: col - 1, y0: row - 1, x1: col + cols + 1, y1: row + rows + 1 };
    strip.walk(Math.floor(first / perDrawn), Math.ceil(end / perDrawn), within, (x, y) =>
      this.#visit(y, x, x + 1),
    );
  }

  #inRows(first: number, end: number): void {
    const perRow = rowBlocks(this.#layout);
    const firstRow = Math.floor(first / perRow);
    const lastRow = Math.floor((end - 1) / perRow);
    if (firstRow === lastRow) {
      this.#part(firstRow, first - firstRow * perRow, end - firstRow * perRow);
      return;
    }
    this.#part(firstRow, first - firstRow * perRow, perRow);
    this.#part(lastRow, 0, end - lastRow * perRow);
    const rowsPerDrawn = 2 ** this.#layout.level;
    const { row, rows } = this.#window;
    const from = Math.max(Math.floor((firstRow + 1) / rowsPerDrawn), row - 1);
    const to = Math.min(Math.ceil(lastRow / rowsPerDrawn), row + rows + 1);
    for (let y = from; y < to; y += 1) {
      if (firstRow + 1 < lastRow) this.#run(y, 0, this.#layout.rowCells / rowsPerDrawn);
    }
  }

  /** The blocks [from, to) of a row of cells. */
  #part(row: number, from: number, to: number): void {
    const perDrawn = 2 ** (this.#layout.cellShift + this.#layout.level - BLOCK_SHIFT);
    const x0 = Math.floor(from / perDrawn);
    const x1 = Math.ceil(to / perDrawn);
    const cols = this.#layout.rowCells / 2 ** this.#layout.level;
    const y = Math.floor(row / 2 ** this.#layout.level);
    if (isBackwards(this.#layout, row)) this.#run(y, cols - x1, cols - x0);
    else this.#run(y, x0, x1);
  }

  /** Drawn cells [x0, x1) of a drawn row of the plane, as far as they lie in the window or beside it. */
  #run(y: number, x0: number, x1: number): void {
    const { col, row, cols, rows } = this.#window;
    if (y < row - 1 || y > row + rows) return;
    const from = Math.max(x0, col - 1);
    const to = Math.min(x1, col + cols + 1);
    if (from < to) this.#visit(y, from, to);
  }
}
