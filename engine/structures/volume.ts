import type { Extent } from '#shared/structures/structure.ts';

/** A part of a volume as it lies on one of the session's disks. */
export interface PlacedExtent extends Extent {
  readonly disk: number;
}

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
  /** The bytes [offsetBytes, offsetBytes + lengthBytes), which must lie inside the volume; at most 1 MiB at once. */
  read(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array>;
  /** Where an extent of the volume lies on disks; what lies nowhere (a missing member) is left out. */
  place(extent: Extent): readonly PlacedExtent[];
}

/** Bytes could not be had: why, as the end of a sentence that begins "not understood here, because". */
export class VolumeReadError extends Error {
  override readonly name = 'VolumeReadError';
}
