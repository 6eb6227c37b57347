/** One change of a block at a time, in the order in which they were asked for. */
export class BlockLocks {
  readonly #last = new Map<number, Promise<unknown>>();

  /** Runs `work` once every earlier work on that block is over. */
  async run<T>(block: number, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(block);
    const mine = before === undefined ? work() : before.then(work, work);
    // Whoever comes after waits for the end alone, not for how it ended.
    const ended = mine.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(block, ended);
    try {
      return await mine;
    } finally {
      if (this.#last.get(block) === ended) this.#last.delete(block);
    }
  }
}
