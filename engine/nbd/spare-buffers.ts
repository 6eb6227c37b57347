/** The smallest and the largest buffer that is kept, as powers of two: 4 KiB and 1 MiB. */
const MIN_SHIFT = 12;
const MAX_SHIFT = 20;
/** Bytes that are kept at most. */
const MAX_SPARE_BYTES = 16 << 20;

/**
 * Memory that is used again instead of being made anew: fresh memory costs the kernel a page fault for each of its pages,
 * and Node a collection now and then.
 */
export class SpareBuffers {
  readonly #spares: readonly Buffer[][] = Array.from({ length: MAX_SHIFT - MIN_SHIFT + 1 }, () => []);
  #spareBytes = 0;

  /** Bytes that are kept now. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /** A buffer of at least `length` bytes, whatever is in them. */
  take(length: number): Buffer {
    const size = sizeClass(length);
    const spare = this.#spares[size]?.pop();
    if (spare !== undefined) {
      this.#spareBytes -= spare.length;
      return spare;
    }
    return Buffer.allocUnsafeSlow(size > MAX_SHIFT - MIN_SHIFT ? length : 1 << (size + MIN_SHIFT));
  }

  /** Takes a buffer back that {@link take} gave and that nobody looks at or writes to any more. */
  give(buffer: Buffer): void {
    const spares = this.#spares[sizeClass(buffer.length)];
    if (spares === undefined || this.#spareBytes + buffer.length > MAX_SPARE_BYTES) return;
    spares.push(buffer);
    this.#spareBytes += buffer.length;
  }
}

/** The place among the sizes kept of the smallest that holds `length` bytes. */
function sizeClass(length: number): number {
  return Math.max(0, 32 - Math.clz32(length - 1) - MIN_SHIFT);
}

/** Those of the server: its disks share them. */
export const spareBuffers = new SpareBuffers();
