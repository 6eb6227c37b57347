import type { SteadyClock } from '../filters/steady-clock.ts';

/** A clock that stands still until it is moved. */
export class HandClock implements SteadyClock {
  #nowMs = 1000;
  readonly #timers = new Set<{ readonly dueMs: number; readonly go: () => void }>();

  /** Timers that have neither gone off nor been called off. */
  get timers(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, go: () => void): () => void {
    const timer = { dueMs: this.#nowMs + ms, go };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves on by `ms`, timer by timer, and lets promises settle. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ dueMs }) => dueMs <= endMs)
        .sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.go();
    }
    this.#nowMs = endMs;
    await settled();
  }
}

/** Lets every promise that can settle do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
