const WINDOW = 4096;

/** Which connection numbers were seen lately: numbers rise through a run, so old ones need not be kept for ever. */
export class RecentNumbers {
  readonly #seen = new Set<number>();
  #highest = 0;

  /** Notes a number; false when it was seen before or lies far below the highest. */
  add(number: number): boolean {
    if (number <= this.#highest - WINDOW || this.#seen.has(number)) return false;
    this.#seen.add(number);
    if (number > this.#highest) this.#highest = number;
    if (this.#seen.size > 2 * WINDOW) {
      for (const old of this.#seen) if (old <= this.#highest - WINDOW) this.#seen.delete(old);
    }
    return true;
  }

  has(number: number): boolean {
    return this.#seen.has(number);
  }

  clear(): void {
    this.#seen.clear();
    this.#highest = 0;
  }
}
