/** Where on the plane a block lies, and what lies at a place of it, in each order of the cells. */
import { BLOCK_SHIFT, SECTOR_SHIFT, SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';
import { HilbertStrip } from './hilbert-strip.ts';
import { type Plane, type PlaneLayout, rowBlocks } from './plane.ts';

/** A place on the disk: a block of 4 KiB and a 512-byte sector in it, 0 to 7. */
export interface DiskPlace {
  readonly block: number;
  readonly sector: number;
}

/** Drawn cells, `cols` across and `rows` down. */
export interface DrawnRect {
  readonly col: number;
  readonly row: number;
  readonly cols: number;
  readonly rows: number;
}

/** Blocks [first, end) of the disk. */
export interface BlockRange {
  readonly first: number;
  readonly end: number;
}

/** Whether a row of cells, counted from 0, runs from right to left. */
export function isBackwards(layout: Pick<PlaneLayout, 'order'>, row: number): boolean {
  return layout.order === 'serpentine' && row % 2 === 1;
}

/** Blocks that a drawn cell of a curve stands for; below 1 where a block is several cells. */
function curveBlocks(layout: PlaneLayout, strip: HilbertStrip): number {
  return strip.cellsPerDrawn * 2 ** (layout.cellShift - BLOCK_SHIFT);
}

/** The drawn cells that show a block: one, or several where cells are smaller than blocks. */
export function drawnRectOf(layout: PlaneLayout, block: number): DrawnRect {
  if (layout.order === 'hilbert') return rectOnCurve(layout, block);
  const perRow = rowBlocks(layout);
  const row = Math.floor(block / perRow);
  const blockInRow = block - row * perRow;
  const blocksPerDrawn = 2 ** (layout.cellShift + layout.level - BLOCK_SHIFT);
  const cols = Math.max(1, 1 / blocksPerDrawn);
  const col = Math.floor(blockInRow / blocksPerDrawn);
  return {
    col: isBackwards(layout, row) ? layout.rowCells / 2 ** layout.level - col - cols : col,
    row: Math.floor(row / 2 ** layout.level),
    cols,
    rows: 1,
  };
}

function rectOnCurve(layout: PlaneLayout, block: number): DrawnRect {
  const strip = new HilbertStrip(layout);
  const blocks = curveBlocks(layout, strip);
  if (blocks >= 1) {
    strip.locate(Math.floor(block / blocks));
    return { col: strip.col, row: strip.row, cols: 1, rows: 1 };
  }
  if (blocks <= 1 / 4) {
    // Four neighbours on the curve are a square.
    const above = rectOnCurve({ ...layout, level: layout.level + 1 }, block);
    return { col: above.col * 2, row: above.row * 2, cols: above.cols * 2, rows: above.rows * 2 };
  }
  strip.locate(block * 2);
  const { col, row } = strip;
  strip.locate(block * 2 + 1);
  return {
    col: Math.min(col, strip.col),
    row: Math.min(row, strip.row),
    cols: 1 + Math.abs(col - strip.col),
    rows: 1 + Math.abs(row - strip.row),
  };
}

/** Whether any of the disk lies in the drawn cell at a column and row. */
export function isOnDisk(layout: PlaneLayout, plane: Plane, col: number, row: number): boolean {
  if (col < 0 || row < 0 || col >= plane.cols || row >= plane.rows) return false;
  if (layout.order === 'hilbert') return new HilbertStrip(layout).indexAt(col, row) < plane.ending;
  if (row < plane.rows - 1) return true;
  // A drawn row of several cell rows begins with one that runs to the right.
  const backwards = layout.level === 0 && isBackwards(layout, row);
  return backwards ? col >= plane.cols - plane.ending : col < plane.ending;
}

/** What the cell at a column and row stands for, counted in cells, not drawn cells; it must lie on the plane. */
export function placeOfCell(layout: PlaneLayout, col: number, row: number): DiskPlace {
  const cellSectors = 2 ** (layout.cellShift - SECTOR_SHIFT);
  if (layout.order !== 'hilbert') {
    const sectors = (isBackwards(layout, row) ? layout.rowCells - 1 - col : col) * cellSectors;
    const block = Math.floor(sectors / SECTORS_PER_BLOCK);
    return { block: row * rowBlocks(layout) + block, sector: sectors - block * SECTORS_PER_BLOCK };
  }
  const strip = new HilbertStrip({ ...layout, level: 0 });
  strip.find(col, row);
  const cellBlocks = cellSectors / SECTORS_PER_BLOCK;
  const lowSectors = strip.low * cellSectors;
  const block = Math.floor(lowSectors / SECTORS_PER_BLOCK);
  return {
    block: strip.square * strip.perSquare * cellBlocks + strip.high * 4096 * cellBlocks + block,
    sector: lowSectors - block * SECTORS_PER_BLOCK,
  };
}

/** The run of neighbouring blocks around `block` that one drawn cell shows: all of its row of cells, or of its curve. */
export function blocksAround(layout: PlaneLayout, block: number): BlockRange {
  const across =
    layout.order === 'hilbert'
      ? curveBlocks(layout, new HilbertStrip(layout))
      : 2 ** (layout.cellShift + layout.level - BLOCK_SHIFT);
  const count = Math.max(1, across);
  const first = Math.floor(block / count) * count;
  return { first, end: first + count };
}
