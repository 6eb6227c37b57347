import type { Extent } from '#shared/structures/structure.ts';
import type { CachedReader } from './cached-reader.ts';
import { checkRead, clipExtent, type PlacedExtent, type Volume } from './volume.ts';

/** A whole disk of the session. */
export class DiskVolume implements Volume {
  readonly name: string;
  readonly sizeBytes: bigint;
  readonly sectorBytes: number;
  readonly #disk: number;
  readonly #reader: Pick<CachedReader, 'read' | 'sizeBytes'>;

  /**
   * @param disk its number in the session.
   * @param name for sentences: `disk 1`.
   * @param sectorBytes 512 when not known.
   */
  constructor(
    disk: number,
    name: string,
    reader: Pick<CachedReader, 'read' | 'sizeBytes'>,
    sectorBytes = 512,
  ) {
    this.#disk = disk;
    this.name = name;
    this.#reader = reader;
    this.sizeBytes = reader.sizeBytes;
    this.sectorBytes = sectorBytes;
  }

  async read(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    checkRead(this, offsetBytes, lengthBytes);
    return this.#reader.read(offsetBytes, lengthBytes);
  }

  place(extent: Extent): readonly PlacedExtent[] {
    const clipped = clipExtent(extent, this.sizeBytes);
    return clipped === null ? [] : [{ ...clipped, disk: this.#disk }];
  }
}
