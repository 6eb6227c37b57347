/**
 * Ranges of blocks that are marked over the grid: ranges that fail, the members of a stripe, what a person selected.
 * A field of marks is to them what a CellGrid is to blocks: what to draw, cell by cell.
 */
import { BLOCK_SHIFT } from '#shared/model/block-state.ts';
import type { CellWindow } from './cell-grid.ts';
import { HilbertStrip } from './hilbert-strip.ts';
import { blockCount, type PlaneLayout, rowBlocks } from './plane.ts';
import { isBackwards } from './plane-place.ts';

/** Kinds of mark, each one bit of a cell's marks; how they look is in mark-look.ts. */
export const MARK_KINDS = [
  'fault',
  'stripe-data',
  'stripe-parity',
  'stripe-q',
  'mirror',
  'selection',
] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** Blocks [firstBlock, endBlock) of a disk, marked. */
export interface RangeMark {
  readonly firstBlock: number;
  readonly endBlock: number;
  readonly kind: MarkKind;
}

/** Disjoint ranges of blocks, in order: the union of the marks of one kind, within the disk. */
export function unionOf(
  marks: readonly RangeMark[],
  kind: MarkKind,
  blocks: number,
): readonly (readonly [first: number, end: number])[] {
  const union: [number, number][] = [];
  const mine = marks.filter((mark) => mark.kind === kind).sort((a, b) => a.firstBlock - b.firstBlock);
  for (const mark of mine) {
    const first = Math.max(0, mark.firstBlock);
    const end = Math.min(blocks, mark.endBlock);
    if (first >= end) continue;
    const before = union.at(-1);
    if (before !== undefined && first <= before[1]) before[1] = Math.max(before[1], end);
    else union.push([first, end]);
  }
  return union;
}

/**
 * Which marks each drawn cell of a window has. Made anew when marks, layout or window change; the cost is bounded by
 * the window's cells and the number of marks, however long the ranges are.
 */
export class MarkField {
  /** The window's columns and one more on each side, so that every cell has neighbours. */
  readonly stride: number;
  /** One bit a kind, in the order of {@link MARK_KINDS}; cell (col, row) of the window is at `(row + 1) * stride + col + 1`. */
  readonly bits: Uint8Array<ArrayBuffer>;

  readonly #layout: PlaneLayout;
  readonly #window: CellWindow;

  /** @param padTo the array's length is a multiple of this: the width of a texture. */
  constructor(
    sizeBytes: bigint,
    layout: PlaneLayout,
    window: CellWindow,
    marks: readonly RangeMark[],
    padTo: number,
  ) {
    this.#layout = layout;
    this.#window = window;
    this.stride = window.cols + 2;
    this.bits = new Uint8Array(Math.ceil((this.stride * (window.rows + 2)) / padTo) * padTo);
    const blocks = blockCount(sizeBytes);
    for (const [k, kind] of MARK_KINDS.entries()) {
      for (const [first, end] of unionOf(marks, kind, blocks)) this.#mark(1 << k, first, end);
    }
  }

  /** Where a cell of the window stands in {@link bits}. */
  indexOf(col: number, row: number): number {
    return (row + 1) * this.stride + col + 1;
  }

  #mark(bit: number, first: number, end: number): void {
    if (this.#layout.order === 'hilbert') this.#markOnCurve(bit, first, end);
    else this.#markInRows(bit, first, end);
  }

  #markOnCurve(bit: number, first: number, end: number): void {
    const { col, row, cols, rows } = this.#window;
    const strip = new HilbertStrip(this.#layout);
    const perDrawn = strip.cellsPerDrawn * 2 ** (this.#layout.cellShift - BLOCK_SHIFT);
    const within = { x0: col - 1, y0: row - 1, x1: col + cols + 1, y1: row + rows + 1 };
    strip.walk(Math.floor(first / perDrawn), Math.ceil(end / perDrawn), within, (x, y) => {
      const at = this.indexOf(x - col, y - row);
      this.bits[at] = (this.bits[at] ?? 0) | bit;
    });
  }

  #markInRows(bit: number, first: number, end: number): void {
    const perRow = rowBlocks(this.#layout);
    const firstRow = Math.floor(first / perRow);
    const lastRow = Math.floor((end - 1) / perRow);
    if (firstRow === lastRow) {
      this.#markPart(bit, firstRow, first - firstRow * perRow, end - firstRow * perRow);
      return;
    }
    this.#markPart(bit, firstRow, first - firstRow * perRow, perRow);
    this.#markPart(bit, lastRow, 0, end - lastRow * perRow);
    const rowsPerDrawn = 2 ** this.#layout.level;
    const { row, rows } = this.#window;
    const from = Math.max(Math.floor((firstRow + 1) / rowsPerDrawn), row - 1);
    const to = Math.min(Math.ceil(lastRow / rowsPerDrawn), row + rows + 1);
    for (let y = from; y < to; y += 1) {
      if (firstRow + 1 < lastRow) this.#fill(bit, y, 0, this.#layout.rowCells / rowsPerDrawn);
    }
  }

  /** The blocks [from, to) of a row of cells. */
  #markPart(bit: number, row: number, from: number, to: number): void {
    const perDrawn = 2 ** (this.#layout.cellShift + this.#layout.level - BLOCK_SHIFT);
    const x0 = Math.floor(from / perDrawn);
    const x1 = Math.ceil(to / perDrawn);
    const cols = this.#layout.rowCells / 2 ** this.#layout.level;
    const y = Math.floor(row / 2 ** this.#layout.level);
    if (isBackwards(this.#layout, row)) this.#fill(bit, y, cols - x1, cols - x0);
    else this.#fill(bit, y, x0, x1);
  }

  /** Drawn cells [x0, x1) of a drawn row of the plane. */
  #fill(bit: number, y: number, x0: number, x1: number): void {
    const { col, row, cols, rows } = this.#window;
    if (y < row - 1 || y > row + rows) return;
    const base = (y - row + 1) * this.stride + 1 - col;
    const end = Math.min(x1, col + cols + 1);
    for (let x = Math.max(x0, col - 1); x < end; x += 1) {
      this.bits[base + x] = (this.bits[base + x] ?? 0) | bit;
    }
  }
}
