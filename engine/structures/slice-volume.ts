import type { Extent } from '#shared/structures/structure.ts';
import { checkRead, clipExtent, type PlacedExtent, type Volume } from './volume.ts';

/** A part of another volume: a partition, the data of an array's member. */
export class SliceVolume implements Volume {
  readonly name: string;
  readonly sizeBytes: bigint;
  readonly sectorBytes: number;
  readonly #whole: Volume;
  readonly #startBytes: bigint;

  /** @param extent its place in `whole`; what reaches past the end there is left off. */
  constructor(whole: Volume, extent: Extent, name: string, sectorBytes: number = whole.sectorBytes) {
    const clipped = clipExtent(extent, whole.sizeBytes);
    this.#whole = whole;
    this.#startBytes = clipped?.startBytes ?? 0n;
    this.sizeBytes = clipped === null ? 0n : clipped.endBytes - clipped.startBytes;
    this.name = name;
    this.sectorBytes = sectorBytes;
  }

  async read(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    checkRead(this, offsetBytes, lengthBytes);
    return this.#whole.read(this.#startBytes + offsetBytes, lengthBytes);
  }

  place(extent: Extent, mostPieces?: number): readonly PlacedExtent[] {
    const clipped = clipExtent(extent, this.sizeBytes);
    if (clipped === null) return [];
    return this.#whole.place(
      {
        ...clipped,
        startBytes: this.#startBytes + clipped.startBytes,
        endBytes: this.#startBytes + clipped.endBytes,
      },
      mostPieces,
    );
  }
}
