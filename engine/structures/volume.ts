import type { Extent } from '#shared/structures/structure.ts';

/** A part of a volume as it lies on one of the session's disks. */
export interface PlacedExtent extends Extent {
  readonly disk: number;
}

/** The most that is read at once, bytes. */
export const MAX_READ_BYTES = 1 << 20;

/** Pieces that {@link Volume.place} makes of an extent where the caller names no other number. */
export const MOST_PIECES = 16_384;

/**
 * Bytes that structures are looked for in: a disk, a partition of one, an array assembled from several. Reading is
 * bounded by the reader behind it, which throws {@link VolumeReadError} when a budget is spent or the bytes cannot be had.
 */
export interface Volume {
  /** `disk 1`, `partition 2 of disk 1`. */
  readonly name: string;
  readonly sizeBytes: bigint;
  /** The smallest piece that the disk below reads and writes, in bytes; 512 when not known. */
  readonly sectorBytes: number;
  /**
   * The bytes [offsetBytes, offsetBytes + lengthBytes), at most {@link MAX_READ_BYTES}; not to be written to.
   * @throws VolumeReadError also when some of them lie outside of the volume.
   */
  read(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array>;
  /**
   * Where an extent of the volume lies on disks, in no particular order; what lies nowhere (a missing member, past the
   * volume's end) is left out. Where that would take more than some `mostPieces` (of an array with small chunks, say), whole
   * ranges of the members are named instead, with what of other things lies between, and without `fileBytes`.
   */
  place(extent: Extent, mostPieces?: number): readonly PlacedExtent[];
}

/** Bytes could not be had: why, as the end of a sentence that begins "not understood here, because". */
export class VolumeReadError extends Error {
  override readonly name = 'VolumeReadError';
}

/** @throws VolumeReadError when the bytes are more than may be read at once, or not all inside the volume. */
export function checkRead(volume: Volume, offsetBytes: bigint, lengthBytes: number): void {
  if (!Number.isSafeInteger(lengthBytes) || lengthBytes < 0 || lengthBytes > MAX_READ_BYTES) {
    throw new VolumeReadError(`${lengthBytes} bytes would have to be read at once`);
  }
  if (offsetBytes < 0n || offsetBytes + BigInt(lengthBytes) > volume.sizeBytes) {
    throw new VolumeReadError(
      `bytes ${offsetBytes} to ${offsetBytes + BigInt(lengthBytes)} are not inside ${volume.name}, which has ${volume.sizeBytes}`,
    );
  }
}

/** The part of an extent within [0, sizeBytes); null when there is none. */
export function clipExtent(extent: Extent, sizeBytes: bigint): Extent | null {
  const startBytes = extent.startBytes < 0n ? 0n : extent.startBytes;
  const endBytes = extent.endBytes > sizeBytes ? sizeBytes : extent.endBytes;
  if (startBytes >= endBytes) return null;
  if (extent.fileBytes === undefined) return { startBytes, endBytes };
  return { startBytes, endBytes, fileBytes: extent.fileBytes + (startBytes - extent.startBytes) };
}
