/**
 * The disk as a plane of cells, `rowCells` wide, and its drawn cells: squares of 2^level x 2^level cells. Everything is
 * exact to 2^63 bytes: byte sizes are bigint, all else counts rows, columns or 4 KiB blocks, which a double holds.
 * Where on the plane a block lies is in plane-place.ts.
 */
import { BLOCK_SHIFT } from '#shared/model/block-state.ts';
import { HilbertStrip, squareShiftFor } from './hilbert-strip.ts';

/** Finest and coarsest cell: 512 B to 1 MiB. */
export const MIN_CELL_SHIFT = 9;
export const MAX_CELL_SHIFT = 20;
/** A row holds at least this many cells, so that a row of 512-byte cells still holds whole blocks. */
export const MIN_ROW_CELLS = 8;

/**
 * Which way the disk goes over the plane: rows from left to right; rows there and back in turns; along a Hilbert curve, so
 * that neighbours on the disk stay neighbours in the picture.
 */
export const CELL_ORDERS = ['rows', 'serpentine', 'hilbert'] as const;
export type CellOrder = (typeof CELL_ORDERS)[number];

/** How the disk is laid out; a GridView (grid-view.ts) has it. */
export interface PlaneLayout {
  readonly order: CellOrder;
  /** log2 of the side, in cells, of a Hilbert curve's square; 0 in the other orders. */
  readonly squareShift: number;
  /** log2 of the bytes a cell stands for. */
  readonly cellShift: number;
  /** Cells in a row, a power of two. */
  readonly rowCells: number;
  /** log2 of the cells along the side of a drawn cell. */
  readonly level: number;
}

/** What there is to draw of a disk in one layout. */
export interface Plane {
  /** Drawn cells across and down, at least 1 where the disk has bytes. */
  readonly cols: number;
  readonly rows: number;
  /**
   * In rows, there and back or not: drawn cells in the last row, 1 to `cols`; beyond them the disk has ended. Along a
   * curve: all drawn cells, which do not end with a row.
   */
  readonly ending: number;
}

/** The layout of a disk at its finest level: a cell is drawn as one. */
export function layoutOf(
  sizeBytes: bigint,
  options: { readonly cellShift?: number; readonly rowCells?: number; readonly order?: CellOrder } = {},
): PlaneLayout {
  const { cellShift = BLOCK_SHIFT, order = 'rows' } = options;
  const rowCells = options.rowCells ?? defaultRowCells(sizeBytes, cellShift);
  const cells = Number(ceilDiv(sizeBytes, 1n << BigInt(cellShift)));
  const squareShift = order === 'hilbert' ? squareShiftFor(cells, rowCells) : 0;
  return { cellShift, rowCells, level: 0, order, squareShift };
}

/** Bytes in one row of cells. */
function rowBytes(layout: PlaneLayout): bigint {
  return BigInt(layout.rowCells) << BigInt(layout.cellShift);
}

function ceilDiv(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

/** The drawn cells of a disk; a disk of no bytes has none. */
export function planeOf(sizeBytes: bigint, layout: PlaneLayout): Plane {
  const cols = layout.rowCells / 2 ** layout.level;
  if (sizeBytes <= 0n) return { cols, rows: 0, ending: 0 };
  if (layout.order === 'hilbert') return planeOfCurve(sizeBytes, layout);
  const drawnRowBytes = rowBytes(layout) << BigInt(layout.level);
  const rows = ceilDiv(sizeBytes, drawnRowBytes);
  const leftBytes = sizeBytes - (rows - 1n) * drawnRowBytes;
  // The first of the cell rows in a drawn row reaches farthest right.
  const firstRowBytes = leftBytes < rowBytes(layout) ? leftBytes : rowBytes(layout);
  const drawnCellBytes = 1n << BigInt(layout.cellShift + layout.level);
  return { cols, rows: Number(rows), ending: Number(ceilDiv(firstRowBytes, drawnCellBytes)) };
}

function planeOfCurve(sizeBytes: bigint, layout: PlaneLayout): Plane {
  const strip = new HilbertStrip(layout);
  const drawn = ceilDiv(sizeBytes, BigInt(strip.cellsPerDrawn) << BigInt(layout.cellShift));
  return { ...strip.extent(Number(drawn)), ending: Number(drawn) };
}

/** Blocks of 4 KiB in one row of cells, a whole number because of {@link MIN_ROW_CELLS}. */
export function rowBlocks(layout: PlaneLayout): number {
  return layout.rowCells * 2 ** (layout.cellShift - BLOCK_SHIFT);
}

/** Blocks of 4 KiB on the disk, the last perhaps in part. */
export function blockCount(sizeBytes: bigint): number {
  return Number(ceilDiv(sizeBytes, 1n << BigInt(BLOCK_SHIFT)));
}

/** Whether a drawn cell stands for several neighbours at once, so that their states have to share it. */
export function isAggregated(layout: PlaneLayout): boolean {
  return layout.level > 0 || layout.cellShift > BLOCK_SHIFT;
}

/**
 * The row width that makes the picture most nearly square, at least as wide as high: 64 MiB of 4 KiB cells
 * gives 128.
 */
export function defaultRowCells(sizeBytes: bigint, cellShift: number): number {
  const cells = Number(ceilDiv(sizeBytes, 1n << BigInt(cellShift)));
  return Math.max(MIN_ROW_CELLS, 2 ** Math.ceil(Math.ceil(Math.log2(Math.max(cells, 1))) / 2));
}

/** The row widths to offer by hand: narrower or wider ones would make a ribbon that no window can show. */
export function rowCellsRange(
  sizeBytes: bigint,
  cellShift: number,
): { readonly min: number; readonly max: number } {
  const usual = defaultRowCells(sizeBytes, cellShift);
  return { min: Math.max(MIN_ROW_CELLS, usual / 16), max: usual * 16 };
}
