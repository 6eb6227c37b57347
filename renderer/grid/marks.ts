/**
 * Ranges of blocks that are marked over the grid: ranges that fail, the members of a stripe, what a person selected.
 * A field of marks is to them what a CellGrid is to blocks: what to draw, cell by cell.
 */
import type { CellWindow } from './cell-grid.ts';
import { blockCount, type PlaneLayout } from './plane.ts';
import { RangeCells } from './range-cells.ts';

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

  /** @param padTo the array's length is a multiple of this: the width of a texture. */
  constructor(
    sizeBytes: bigint,
    layout: PlaneLayout,
    window: CellWindow,
    marks: readonly RangeMark[],
    padTo: number,
  ) {
    this.stride = window.cols + 2;
    this.bits = new Uint8Array(Math.ceil((this.stride * (window.rows + 2)) / padTo) * padTo);
    const blocks = blockCount(sizeBytes);
    let bit = 0;
    const cells = new RangeCells(layout, window, (y, x0, x1) => {
      const base = (y - window.row + 1) * this.stride + 1 - window.col;
      for (let x = x0; x < x1; x += 1) this.bits[base + x] = (this.bits[base + x] ?? 0) | bit;
    });
    for (const [k, kind] of MARK_KINDS.entries()) {
      bit = 1 << k;
      for (const [first, end] of unionOf(marks, kind, blocks)) cells.find(first, end);
    }
  }

  /** Where a cell of the window stands in {@link bits}. */
  indexOf(col: number, row: number): number {
    return (row + 1) * this.stride + col + 1;
  }
}
