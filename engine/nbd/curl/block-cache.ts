/** Blocks of an image by their number, the least recently used of which go first when there are too many. */
export class BlockCache {
  readonly #maxBytes: number;
  /** The most recently used last. */
  readonly #blocks = new Map<number, Buffer>();
  #bytes = 0;

  /** @param maxBytes the most it keeps. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(block: number): Buffer | undefined {
    const bytes = this.#blocks.get(block);
    if (bytes === undefined) return undefined;
    this.#blocks.delete(block);
    this.#blocks.set(block, bytes);
    return bytes;
  }

  has(block: number): boolean {
    return this.#blocks.has(block);
  }

  put(block: number, bytes: Buffer): void {
    this.#drop(block);
    this.#blocks.set(block, bytes);
    this.#bytes += bytes.length;
    for (const oldest of this.#blocks.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#blocks.clear();
    this.#bytes = 0;
  }

  #drop(block: number): void {
    this.#bytes -= this.#blocks.get(block)?.length ?? 0;
    this.#blocks.delete(block);
  }
}
