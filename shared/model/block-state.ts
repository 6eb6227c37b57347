import type { EventBatch } from '../events/event-batch.ts';

/**
 * What a block shows, in one byte: a kind in the low two bits, marks above it.
 *
 * A read leaves the kind as it was. A failed request sets Failed over the old kind, and the next request that
 * succeeds on the block, of any operation, takes it away (docs/architecture.md, "What a block shows").
 */
export const BlockKind = { Untouched: 0, Written: 1, Trimmed: 2, Zeroed: 3 } as const;
export type BlockKind = (typeof BlockKind)[keyof typeof BlockKind];

export const KIND_MASK = 0x03;
/** The last request on the block failed. */
export const FAILED = 0x04;
/** The last change was a write with FUA. */
export const FUA_MARK = 0x08;
/** The block's sectors differ: see DiskModel.sectorKinds. */
export const MIXED = 0x10;
/** Known only in part: the model's memory was full, so a whole page stands for what was touched in it. */
export const COARSE = 0x20;

/** log2 of the model's block: one cell of the picture is a block of 4 KiB. */
export const BLOCK_SHIFT = 12;
export const BLOCK_BYTES = 1 << BLOCK_SHIFT;
/** log2 of a sector, the finest thing the picture can show. */
export const SECTOR_SHIFT = 9;
export const SECTORS_PER_BLOCK = 1 << (BLOCK_SHIFT - SECTOR_SHIFT);
/** Blocks in one page of the model. */
export const PAGE_BLOCKS = 1024;

const TWO_32 = 0x1_0000_0000;
/** High half of the offset 4 EiB. */
const FOUR_EIB_HIGH = 0x4000_0000;

/**
 * The sectors that a byte range covers, from 32-bit halves: a byte offset may need 63 bits, more than a double
 * holds, but a sector number needs 54 and a block number 51. Sector ends round up, so a range counts every sector
 * and block it touches. Past 4 EiB (2^53 sectors) a double holds every second sector only: there the range grows by
 * a sector where it must, so that nothing touched is lost. Results are written to `out` as [first sector, end
 * sector), allocation-free.
 */
export function sectorRange(
  offsetHigh: number,
  offsetLow: number,
  lengthHigh: number,
  lengthLow: number,
  out: Float64Array,
): void {
  const low = offsetLow + lengthLow;
  const carry = low >= TWO_32 ? 1 : 0;
  const endHigh = offsetHigh + lengthHigh + carry;
  const endLow = low - carry * TWO_32;
  const first = offsetLow >>> SECTOR_SHIFT;
  const end = Math.ceil(endLow / 512);
  out[0] = offsetHigh * 0x80_0000 + (offsetHigh < FOUR_EIB_HIGH ? first : first - (first & 1));
  out[1] = endHigh * 0x80_0000 + (endHigh < FOUR_EIB_HIGH ? end : end + (end & 1));
}

/** The sectors that row `i` is about, as {@link sectorRange} tells them. Hot path. */
export function rowSectors(batch: EventBatch, i: number, out: Float64Array): void {
  sectorRange(
    batch.offsetHigh[i] ?? 0,
    batch.offsetLow[i] ?? 0,
    batch.lengthHigh[i] ?? 0,
    batch.lengthLow[i] ?? 0,
    out,
  );
}
