import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Extent } from '#shared/structures/structure.ts';
import type { PlacedExtent, Volume } from '../../volume.ts';

/** An image file as a volume, for tests. */
export class FileVolume implements Volume, Disposable {
  readonly name = 'disk 1';
  readonly sectorBytes = 512;
  readonly sizeBytes: bigint;
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.sizeBytes = BigInt(fstatSync(this.#file).size);
  }

  async read(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(lengthBytes);
    const got = readSync(this.#file, bytes, 0, lengthBytes, Number(offsetBytes));
    if (got !== lengthBytes) throw new Error(`read ${lengthBytes} bytes at ${offsetBytes}: got ${got}`);
    return bytes;
  }

  place(extent: Extent): readonly PlacedExtent[] {
    return [{ ...extent, disk: 0 }];
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
