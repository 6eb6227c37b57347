/** Lets one loop wait for whatever comes first: a word from elsewhere or the end of a while. */
export class Wake {
  #isDue = false;
  #resolve: (() => void) | null = null;

  /** Ends the wait; with nobody waiting, the next wait is over at once. */
  signal(): void {
    this.#isDue = true;
    this.#resolve?.();
  }

  /** Waits for a signal since the last wait, for `limitMs` at most. */
  async wait(limitMs = Number.POSITIVE_INFINITY): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    if (!this.#isDue) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        if (Number.isFinite(limitMs)) timer = setTimeout(resolve, limitMs);
      });
    }
    clearTimeout(timer);
    this.#resolve = null;
    this.#isDue = false;
  }
}
