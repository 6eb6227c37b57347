import { BLOCK_SHIFT } from '#shared/model/block-state.ts';
import type { GridView } from '../grid/grid-view.ts';
import { blockCount, type Plane, planeOf } from '../grid/plane.ts';
import { drawnRectOf, isOnDisk, placeOfCell } from '../grid/plane-place.ts';

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
export type MoveView = Pick<
  GridView,
  'cellShift' | 'rowCells' | 'level' | 'cellPx' | 'order' | 'squareShift'
>;

/**
 * The block that a move from `block` leads to; the disk's edges stop it. In rows, left and right go on in the row before and
 * after; in the other orders every move is over the plane as it is seen. `gridHeightPx` is the page, in device px.
 */
export function moveCursor(
  view: MoveView,
  sizeBytes: bigint,
  gridHeightPx: number,
  block: number,
  move: CursorMove,
): number {
  const last = Math.max(0, blockCount(sizeBytes) - 1);
  if (move === 'diskStart') return 0;
  if (move === 'diskEnd') return last;
  const pageRows = Math.max(1, Math.floor(gridHeightPx / view.cellPx) - 1);
  return view.order === 'rows'
    ? moveInRows(view, last, pageRows, block, move)
    : moveOverPlane(view, sizeBytes, last, pageRows, block, move);
}

type PlaneMove = Exclude<CursorMove, 'diskStart' | 'diskEnd'>;

function moveInRows(view: MoveView, last: number, pageRows: number, block: number, move: PlaneMove): number {
  const rowBlocks = view.rowCells * 2 ** (view.cellShift - BLOCK_SHIFT);
  const cellBlocks = Math.max(1, 2 ** (view.cellShift + view.level - BLOCK_SHIFT));
  const drawnRowBlocks = rowBlocks * 2 ** view.level;
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
  }
}

const EVER = Number.POSITIVE_INFINITY;

function moveOverPlane(
  view: MoveView,
  sizeBytes: bigint,
  last: number,
  pageRows: number,
  block: number,
  move: PlaneMove,
): number {
  switch (move) {
    case 'left':
      return step(view, sizeBytes, last, block, -1, 0);
    case 'right':
      return step(view, sizeBytes, last, block, 1, 0);
    case 'up':
      return step(view, sizeBytes, last, block, 0, -1);
    case 'down':
      return step(view, sizeBytes, last, block, 0, 1);
    case 'pageUp':
      return step(view, sizeBytes, last, block, 0, -pageRows);
    case 'pageDown':
      return step(view, sizeBytes, last, block, 0, pageRows);
    case 'rowStart':
      return step(view, sizeBytes, last, block, -EVER, 0);
    case 'rowEnd':
      return step(view, sizeBytes, last, block, EVER, 0);
  }
}

/** The block so many drawn cells away, or as far on the way there as the disk goes on. */
function step(
  view: MoveView,
  sizeBytes: bigint,
  last: number,
  block: number,
  dx: number,
  dy: number,
): number {
  const plane = planeOf(sizeBytes, view);
  const from = drawnRectOf(view, block);
  const away = farthest(
    Math.abs(dx + dy),
    (n) => {
      const { col, row } = moved(from, Math.sign(dx) * n, Math.sign(dy) * n);
      return isOnDisk(view, plane, col, row);
    },
    plane,
  );
  if (away === 0) return block;
  const { col, row } = moved(from, Math.sign(dx) * away, Math.sign(dy) * away);
  // Where a drawn cell is many cells, the same part of the next one.
  const side = 2 ** view.level;
  const fine = drawnRectOf({ ...view, level: 0 }, block);
  const to = placeOfCell(view, col * side + (fine.col % side), row * side + (fine.row % side));
  return Math.min(to.block, last);
}

/** A drawn place beside a block's rectangle, `dx` or `dy` rectangles on. */
function moved(
  from: ReturnType<typeof drawnRectOf>,
  dx: number,
  dy: number,
): { readonly col: number; readonly row: number } {
  return { col: from.col + dx * from.cols, row: from.row + dy * from.rows };
}

/** The largest step up to `most` that stays on the disk, where those that do come before those that do not. */
function farthest(most: number, stays: (n: number) => boolean, plane: Plane): number {
  let good = 0;
  let bad = Math.min(most, Math.max(plane.cols, plane.rows)) + 1;
  if (stays(bad - 1)) return bad - 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (stays(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
