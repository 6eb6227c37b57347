import type { FileHandle } from 'node:fs/promises';

const PRINT_BYTES = 64;

/**
 * The first bytes of a file and those just before the reader's position, by which a file that was truncated and has
 * grown past the position again is told from one that only grew: nbdkit's lines differ in their times.
 */
export class Fingerprint {
  readonly #head = new Uint8Array(PRINT_BYTES);
  #headLength = 0;
  readonly #tail = new Uint8Array(PRINT_BYTES);
  #tailLength = 0;
  readonly #found = new Uint8Array(PRINT_BYTES);

  /** Notes bytes that were read at `position`, in order of reading. */
  note(position: number, bytes: Uint8Array): void {
    if (position < PRINT_BYTES && position === this.#headLength) {
      const part = bytes.subarray(0, PRINT_BYTES - position);
      this.#head.set(part, position);
      this.#headLength += part.length;
    }
    const fresh = Math.min(bytes.length, PRINT_BYTES);
    this.#tail.copyWithin(0, fresh);
    this.#tail.set(bytes.subarray(bytes.length - fresh), PRINT_BYTES - fresh);
    this.#tailLength = Math.min(PRINT_BYTES, this.#tailLength + fresh);
  }

  /** Whether the file still has these bytes; `hole` when only zero bytes stand before the position now. */
  async check(handle: FileHandle, position: number): Promise<'same' | 'hole' | 'other'> {
    const tail = this.#tail.subarray(PRINT_BYTES - this.#tailLength);
    if (!(await this.#has(handle, position - tail.length, tail))) {
      const zeros = this.#found.subarray(0, tail.length).every((byte) => byte === 0);
      return zeros && tail.length > 0 ? 'hole' : 'other';
    }
    const head = this.#head.subarray(0, this.#headLength);
    return (await this.#has(handle, 0, head)) ? 'same' : 'other';
  }

  async #has(handle: FileHandle, position: number, bytes: Uint8Array): Promise<boolean> {
    if (bytes.length === 0) return true;
    this.#found.fill(1);
    const { bytesRead } = await handle.read(this.#found, 0, bytes.length, position);
    return bytesRead === bytes.length && bytes.every((byte, i) => byte === this.#found[i]);
  }
}
