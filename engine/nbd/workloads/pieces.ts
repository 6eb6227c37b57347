/** Requests are of whole blocks of this many bytes where the disk is large enough. */
export const BLOCK_BYTES = 4096;
/** A workload that goes through a stretch of the disk takes at most so much of it. */
export const STRETCH_BYTES = 64 << 20;

/** A stretch of the disk for one request. */
export interface Piece {
  readonly offset: bigint;
  readonly length: number;
}

/** The part of a disk that a workload goes through: the beginning, {@link STRETCH_BYTES} at most. */
export function stretchOf(sizeBytes: bigint): number {
  return sizeBytes < BigInt(STRETCH_BYTES) ? Number(sizeBytes) : STRETCH_BYTES;
}

/** Cuts a stretch into at most `count` pieces of whole blocks; the last has what is left. */
export function pieces(offset: bigint, lengthBytes: number, count: number): Piece[] {
  const each = Math.ceil(Math.ceil(lengthBytes / count) / BLOCK_BYTES) * BLOCK_BYTES;
  const cut: Piece[] = [];
  for (let at = 0; at < lengthBytes; at += each) {
    cut.push({ offset: offset + BigInt(at), length: Math.min(each, lengthBytes - at) });
  }
  return cut;
}

/** A whole block somewhere on the disk (the whole disk, when it is smaller than one). */
export function randomBlock(sizeBytes: bigint, random: () => number): Piece {
  const blocks = sizeBytes / BigInt(BLOCK_BYTES);
  if (blocks === 0n) return { offset: 0n, length: Number(sizeBytes) };
  // Two draws, as one has fewer bits than the number of blocks may have.
  const draw = (BigInt(Math.floor(random() * 2 ** 31)) << 31n) | BigInt(Math.floor(random() * 2 ** 31));
  return { offset: ((draw * blocks) >> 62n) * BigInt(BLOCK_BYTES), length: BLOCK_BYTES };
}

/** Bytes that tell where they were meant to go: each block begins with its own offset. */
export function stamped({ offset, length }: Piece): Buffer {
  const data = Buffer.alloc(length, 0x5a);
  for (let at = 0; at + 8 <= length; at += BLOCK_BYTES) data.writeBigUInt64BE(offset + BigInt(at), at);
  return data;
}
