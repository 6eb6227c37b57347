const FIRST_MS = 250;
const LONGEST_MS = 5000;

/** How long to wait before each try to reconnect, in ms: doubled from try to try, up to five seconds. */
export class BackOff {
  #nextMs = FIRST_MS;

  next(): number {
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(LONGEST_MS, waitMs * 2);
    return waitMs;
  }

  /** The connection stood: the next loss is answered quickly again. */
  reset(): void {
    this.#nextMs = FIRST_MS;
  }
}
