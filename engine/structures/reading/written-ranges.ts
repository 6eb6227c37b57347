/** Writes that are remembered one by one between two readings. */
const MOST = 4_096;

/**
 * What was written to a disk since it was last read, with the sequence number of each write; of too many the oldest are forgotten,
 * and then known by the last of them alone. Written to for every request: no allocation there.
 */
export class WrittenRanges {
  readonly #first = new Float64Array(MOST);
  readonly #end = new Float64Array(MOST);
  readonly #sequence = new Float64Array(MOST);
  #count = 0;
  #forgotten = 0;

  /** Notes a write to the blocks [firstBlock, endBlock). */
  add(firstBlock: number, endBlock: number, sequence: number): void {
    const at = this.#count % MOST;
    if (this.#count >= MOST) this.#forgotten = this.#sequence[at] ?? 0;
    this.#first[at] = firstBlock;
    this.#end[at] = endBlock;
    this.#sequence[at] = sequence;
    this.#count += 1;
  }

  /** The last write to something of which `isOfInterest` says so; of writes that were forgotten none is left out. 0 for none. */
  lastOn(isOfInterest: (firstBlock: number, endBlock: number) => boolean): number {
    for (let i = this.#count - 1; i >= Math.max(0, this.#count - MOST); i -= 1) {
      const at = i % MOST;
      if (isOfInterest(this.#first[at] ?? 0, this.#end[at] ?? 0)) return this.#sequence[at] ?? 0;
    }
    return this.#forgotten;
  }

  clear(): void {
    this.#count = 0;
    this.#forgotten = 0;
  }
}
