import { DOWNWARDS, HilbertCurve, type PlaceRect, TO_THE_RIGHT } from './hilbert.ts';
import type { PlaneLayout } from './plane.ts';

/** Squares smaller than this would split a block of eight sectors between them. */
export const MIN_SQUARE_SHIFT = 2;

/**
 * log2 of the side of the squares that `cells` cells are laid out in, `rowCells` wide: as many squares in one strip as
 * the shape asks for, side by side where it is wider than high, else one below the other.
 */
export function squareShiftFor(cells: number, rowCells: number): number {
  const rows = Math.max(1, Math.ceil(cells / rowCells));
  return Math.min(Math.log2(rowCells), Math.max(MIN_SQUARE_SHIFT, Math.ceil(Math.log2(rows))));
}

/**
 * A disk along Hilbert curves: squares in a strip, each one curve, each curve ending beside where the next starts. A
 * drawn cell of 2^level x 2^level cells is a run of neighbours on the disk, and what it is counted by here: drawn cells
 * in the order of the disk.
 */
export class HilbertStrip {
  /** Cells that a drawn cell stands for, all of them neighbours on the disk. */
  readonly cellsPerDrawn: number;
  /** Answer of {@link locate}: column and row of a drawn cell. */
  col = 0;
  row = 0;
  /** Answer of {@link find}: the square, and the place in it as {@link HilbertCurve.find} gives it. */
  square = 0;
  readonly #downwards: boolean;
  readonly #side: number;
  readonly #perSquare: number;
  readonly #curve: HilbertCurve;

  constructor(layout: Pick<PlaneLayout, 'rowCells' | 'level' | 'squareShift'>) {
    const { rowCells, level, squareShift } = layout;
    this.#downwards = 2 ** squareShift === rowCells;
    const levels = Math.max(0, squareShift - level);
    this.#side = 2 ** levels;
    this.#perSquare = 4 ** levels;
    this.#curve = new HilbertCurve(levels, this.#downwards ? DOWNWARDS : TO_THE_RIGHT);
    // Where a drawn cell is larger than the squares it is several of them, side by side.
    this.cellsPerDrawn = 2 ** level * 2 ** Math.min(level, squareShift);
  }

  get high(): number {
    return this.#curve.high;
  }

  get low(): number {
    return this.#curve.low;
  }

  /** Drawn cells in a square. */
  get perSquare(): number {
    return this.#perSquare;
  }

  /** Finds where a drawn cell is. */
  locate(index: number): void {
    const square = Math.floor(index / this.#perSquare);
    this.#curve.locate(index - square * this.#perSquare);
    this.col = this.#curve.x + (this.#downwards ? 0 : square * this.#side);
    this.row = this.#curve.y + (this.#downwards ? square * this.#side : 0);
  }

  /** Finds the drawn cell at a column and row; false beside the strip. */
  find(col: number, row: number): boolean {
    const side = this.#side;
    if (col < 0 || row < 0 || (this.#downwards ? col : row) >= side) return false;
    this.square = Math.floor((this.#downwards ? row : col) / side);
    this.#curve.find(col % side, row % side);
    return true;
  }

  /** The drawn cell at a column and row, counted in the disk's order; infinite beside the strip. */
  indexAt(col: number, row: number): number {
    if (!this.find(col, row)) return Number.POSITIVE_INFINITY;
    return this.square * this.#perSquare + this.#curve.high * 4096 + this.#curve.low;
  }

  /** Columns and rows that the first `count` drawn cells take. */
  extent(count: number): { readonly cols: number; readonly rows: number } {
    const whole = Math.floor(count / this.#perSquare);
    const rest = this.#curve.reach(count - whole * this.#perSquare);
    const across = whole > 0 ? this.#side : 0;
    return this.#downwards
      ? { cols: Math.max(across, rest.x), rows: whole * this.#side + rest.y }
      : { cols: whole * this.#side + rest.x, rows: Math.max(across, rest.y) };
  }

  /** Visits the drawn cells [first, end) that lie in `within`; see {@link HilbertCurve.walk}. */
  walk(
    first: number,
    end: number,
    within: PlaceRect,
    visit: (col: number, row: number, index: number) => void,
  ): void {
    this.#eachSquare(first, end, within, (base, inSquare, dx, dy) =>
      this.#curve.walk(first - base, end - base, inSquare, (x, y, index) =>
        visit(x + dx, y + dy, base + index),
      ),
    );
  }

  /** Visits runs of drawn cells that together hold all of `within`; see {@link HilbertCurve.cover}. */
  cover(within: PlaceRect, grain: number, visit: (first: number, end: number) => void): void {
    this.#eachSquare(0, Number.POSITIVE_INFINITY, within, (base, inSquare) =>
      this.#curve.cover(inSquare, grain, (first, end) => visit(base + first, base + end)),
    );
  }

  #eachSquare(
    first: number,
    end: number,
    within: PlaceRect,
    visit: (base: number, inSquare: PlaceRect, dx: number, dy: number) => void,
  ): void {
    const side = this.#side;
    const low = this.#downwards ? within.y0 : within.x0;
    const high = this.#downwards ? within.y1 : within.x1;
    const from = Math.max(Math.floor(first / this.#perSquare), Math.floor(low / side), 0);
    const to = Math.min(Math.ceil(end / this.#perSquare), Math.ceil(high / side));
    for (let square = from; square < to; square += 1) {
      const dx = this.#downwards ? 0 : square * side;
      const dy = this.#downwards ? square * side : 0;
      const { x0, y0, x1, y1 } = within;
      visit(square * this.#perSquare, { x0: x0 - dx, y0: y0 - dy, x1: x1 - dx, y1: y1 - dy }, dx, dy);
    }
  }
}
