/** log2 of the page: what a sparse disk takes and gives back at a time, and the finest hole it reports. */
export const PAGE_SHIFT = 16;
export const PAGE_BYTES = 1 << PAGE_SHIFT;
export const PAGE_MASK = PAGE_BYTES - 1;
/** Pages for each unit of an offset's high half. */
export const PAGES_PER_HIGH = 2 ** (32 - PAGE_SHIFT);

/** Empty directories walked over one by one before their numbers are looked up in order. */
const MAX_WALK = 64;
const DIRECTORY_SHIFT = 10;
/** Pages in one directory. */
export const DIRECTORY_PAGES = 1 << DIRECTORY_SHIFT;

/** Stands for a page that is promised to the client (NBD_CMD_FLAG_NO_HOLE) and holds only zeroes so far. */
export const PROMISED = Buffer.alloc(PAGE_BYTES);

interface Directory {
  readonly pages: (Buffer | null)[];
  used: number;
}

/**
 * The pages of a sparse disk by page number, below 2^47. Two levels, so that a disk of 7 EiB takes memory only for what
 * was written. The last directory is remembered: most requests fall into the one before.
 */
export class SparsePages {
  readonly #directories = new Map<number, Directory>();
  /** The directories' numbers in order, and some that are gone; null when one was added since. */
  #sorted: Float64Array | null = null;
  #gone = 0;
  #lastNumber = -1;
  #last: Directory | null = null;

  #directory(page: number): Directory | null {
    const number = Math.floor(page / DIRECTORY_PAGES);
    if (number === this.#lastNumber) return this.#last;
    this.#lastNumber = number;
    this.#last = this.#directories.get(number) ?? null;
    return this.#last;
  }

  /** The page, {@link PROMISED}, or null where nothing is. */
  get(page: number): Buffer | null {
    return this.#directory(page)?.pages[page % DIRECTORY_PAGES] ?? null;
  }

  set(page: number, bytes: Buffer): void {
    let directory = this.#directory(page);
    if (directory === null) {
      directory = { pages: new Array<Buffer | null>(DIRECTORY_PAGES).fill(null), used: 0 };
      this.#directories.set(this.#lastNumber, directory);
      this.#last = directory;
      this.#sorted = null;
    }
    const index = page % DIRECTORY_PAGES;
    if (directory.pages[index] === null) directory.used += 1;
    directory.pages[index] = bytes;
  }

  /** Forgets a page; returns whether there was one. */
  delete(page: number): boolean {
    const directory = this.#directory(page);
    const index = page % DIRECTORY_PAGES;
    if (directory === null || (directory.pages[index] ?? null) === null) return false;
    directory.pages[index] = null;
    directory.used -= 1;
    if (directory.used === 0) {
      this.#directories.delete(this.#lastNumber);
      this.#last = null;
      this.#gone += 1;
    }
    return true;
  }

  /**
   * The first page at or after `page` whose directory holds anything, and at most `end`: a walk over a hole goes by
   * directories, 64 MiB a step, and over a large one straight to the next that is there.
   */
  skipEmpty(page: number, end: number): number {
    let at = page;
    for (let steps = 0; at < end && this.#directory(at) === null; steps += 1) {
      const number = Math.floor(at / DIRECTORY_PAGES) + 1;
      at = (steps < MAX_WALK ? number : this.#nextDirectory(number)) * DIRECTORY_PAGES;
    }
    return Math.min(at, end);
  }

  /** The lowest directory from `number` on; Infinity when there is none. */
  #nextDirectory(number: number): number {
    const sorted = this.#inOrder();
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    for (; low < sorted.length; low += 1) {
      const found = sorted[low] ?? 0;
      if (this.#directories.has(found)) return found;
    }
    return Number.POSITIVE_INFINITY;
  }

  #inOrder(): Float64Array {
    if (this.#sorted === null || this.#gone * 2 > this.#sorted.length) {
      this.#sorted = Float64Array.from(this.#directories.keys()).sort();
      this.#gone = 0;
    }
    return this.#sorted;
  }

  clear(): void {
    this.#directories.clear();
    this.#sorted = null;
    this.#last = null;
    this.#lastNumber = -1;
  }
}
