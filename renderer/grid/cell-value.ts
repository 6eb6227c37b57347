/**
 * A drawn cell as two 32-bit numbers: what it stands for as bits, and the session's ms of the last read in it (0 for
 * none) or, where cells are coloured by heat, the heat of its hottest block. Both back ends draw from these alone.
 */
import { SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';

/** One bit a kind: `1 << (kind - 1)` for written, trimmed, zeroed. A cell of several blocks may have several. */
export const CELL_KINDS = 0x07;
export const CELL_WRITTEN = 0x01;
export const CELL_TRIMMED = 0x02;
export const CELL_ZEROED = 0x04;
/** A block in the cell is failed. */
export const CELL_FAILED = 0x08;
/** A request is in flight on the cell. */
export const CELL_IN_FLIGHT = 0x10;
/** A block in the cell was last written with FUA. */
export const CELL_FUA = 0x20;
/** The cell is one block whose sectors differ; their kinds stand from {@link CELL_SECTORS_AT} up, two bits each. */
export const CELL_MIXED = 0x40;
/** Nothing of the disk lies in the cell: it is drawn as ground. */
export const CELL_BEYOND = 0x80;
export const CELL_SECTORS_AT = 16;

/** Numbers a cell takes in a value array. */
export const CELL_WORDS = 2;

/** The bit of a block kind; 0 for untouched. */
export function kindBit(kind: number): number {
  return kind === 0 ? 0 : 1 << (kind - 1);
}

/** The bits of all kinds among eight packed sectors. */
export function kindBitsOf(packedSectors: number): number {
  let bits = 0;
  for (let s = 0; s < SECTORS_PER_BLOCK; s += 1) bits |= kindBit((packedSectors >>> (2 * s)) & 3);
  return bits;
}
