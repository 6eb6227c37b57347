/** A step of the system's clock, or a sleep of the machine, that is followed; smaller ones are noise. */
const STEP_MS = 20;

/**
 * The time of day for times taken from the monotonic clock (`performance.now()`): fine and steady, yet right again after
 * the machine has slept or its clock was set, once {@link anchor} has been called.
 */
export class WallClock {
  #originMs = performance.timeOrigin;

  /** µs since the epoch, for a time in ms of `performance.now()`. */
  us(monotonicMs: number): number {
    return (this.#originMs + monotonicMs) * 1000;
  }

  /** Looks at the system's clock; to be called every so often. */
  anchor(): void {
    const beforeMs = performance.now();
    const offMs = Date.now() - (this.#originMs + beforeMs);
    // Where the process was held up between looking at the two clocks, they say nothing of each other.
    if (performance.now() - beforeMs > STEP_MS / 2) return;
    if (Math.abs(offMs) > STEP_MS) this.#originMs += offMs;
  }
}
