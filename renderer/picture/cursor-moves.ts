import { BLOCK_BYTES, BLOCK_SHIFT } from '#shared/model/block-state.ts';
import type { GridView } from '../grid/grid-view.ts';

/** Where the keyboard cursor can go. Rows and cells are those that are drawn. */
export type CursorMove =
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'rowStart'
  | 'rowEnd'
  | 'pageUp'
  | 'pageDown'
  | 'diskStart'
  | 'diskEnd';

/** The parts of a view that moves depend on. */
export type MoveView = Pick<GridView, 'cellShift' | 'rowCells' | 'level' | 'cellPx'>;

/** The block that a move from `block` leads to; the disk's edges stop it. `gridHeightPx` is the page, in device px. */
export function moveCursor(
  view: MoveView,
  sizeBytes: bigint,
  gridHeightPx: number,
  block: number,
  move: CursorMove,
): number {
  const last = Math.max(0, Number((sizeBytes + BigInt(BLOCK_BYTES - 1)) >> BigInt(BLOCK_SHIFT)) - 1);
  const rowBlocks = view.rowCells * 2 ** (view.cellShift - BLOCK_SHIFT);
  const cellBlocks = Math.max(1, 2 ** (view.cellShift + view.level - BLOCK_SHIFT));
  const drawnRowBlocks = rowBlocks * 2 ** view.level;
  const pageRows = Math.max(1, Math.floor(gridHeightPx / view.cellPx) - 1);
  const column = block % rowBlocks;
  const rowStart = block - column;
  const vertical = (rows: number): number => {
    const target = block + rows * drawnRowBlocks;
    if (target < 0) return column;
    if (target <= last) return target;
    const inLastRow = last - (last % rowBlocks) + column;
    return inLastRow <= last ? inLastRow : Math.max(block, inLastRow - rowBlocks);
  };
  switch (move) {
    case 'left':
      return Math.max(0, block - cellBlocks);
    case 'right':
      return Math.min(last, block + cellBlocks);
    case 'up':
      return vertical(-1);
    case 'down':
      return vertical(1);
    case 'pageUp':
      return vertical(-pageRows);
    case 'pageDown':
      return vertical(pageRows);
    case 'rowStart':
      return rowStart;
    case 'rowEnd':
      return Math.min(last, rowStart + rowBlocks - 1);
    case 'diskStart':
      return 0;
    case 'diskEnd':
      return last;
  }
}
