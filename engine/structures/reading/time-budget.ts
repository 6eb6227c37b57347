import { setTimeout as pause } from 'node:timers/promises';

/** The longest that reading goes on without letting others have their turn, ms. */
const SLICE_MS = 5;

/**
 * Time that reading structures may take of the engine's: a share of all time, and a little ahead of it at once after a pause, by a
 * clock of its own. What is spent beyond is waited for.
 */
export class TimeBudget {
  readonly #share: number;
  readonly #mostMs: number;
  readonly #nowMs: () => number;
  #leftMs: number;
  #filledMs: number;
  #sliceMs: number | null = null;

  /**
   * @param share of the time, 0 to 1.
   * @param mostMs what can be saved up.
   */
  constructor(share: number, mostMs: number, nowMs: () => number = () => performance.now()) {
    this.#share = share;
    this.#mostMs = mostMs;
    this.#nowMs = nowMs;
    this.#leftMs = mostMs;
    this.#filledMs = nowMs();
  }

  /** Time from here on is spent. */
  begin(): void {
    this.#sliceMs ??= this.#nowMs();
  }

  /** Time from here on is not. */
  end(): void {
    if (this.#sliceMs === null) return;
    this.#leftMs -= this.#nowMs() - this.#sliceMs;
    this.#sliceMs = null;
  }

  /** To be awaited often while time is spent: others have their turn when the slice is over, and until there is time left. */
  async breathe(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#sliceMs === null || this.#nowMs() - this.#sliceMs < SLICE_MS) return;
    this.end();
    await this.rest(signal);
    this.begin();
  }

  /** Waits until there is time to spend. @throws the signal's reason. */
  async rest(signal: AbortSignal): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const waitMs = this.#waitMs();
    if (waitMs > 0) await pause(waitMs, undefined, { signal });
    signal.throwIfAborted();
  }

  #waitMs(): number {
    const nowMs = this.#nowMs();
    this.#leftMs = Math.min(this.#mostMs, this.#leftMs + (nowMs - this.#filledMs) * this.#share);
    this.#filledMs = nowMs;
    return this.#leftMs >= 0 ? 0 : -this.#leftMs / this.#share;
  }
}
