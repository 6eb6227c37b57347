import { setTimeout as pause } from 'node:timers/promises';

/** The longest that reading goes on without letting others have their turn, ms. */
const SLICE_MS = 5;

export interface BudgetOptions {
  /** Share of all time that may be spent, 0 to 1. */
  readonly share: number;
  /** Time that can be saved up, ms. */
  readonly mostMs: number;
  /** Whether nobody else wants the time: what is spent then is not counted. */
  isIdle(): boolean;
  /** A clock that goes on evenly, ms. */
  readonly nowMs?: () => number;
}

/**
 * Time that reading structures may take of the engine's while that has other work: a share of it, by a clock of its own. What is
 * spent beyond is waited for.
 */
export class TimeBudget {
  readonly #options: BudgetOptions;
  readonly #nowMs: () => number;
  #leftMs: number;
  #filledMs: number;
  #sliceMs: number | null = null;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#leftMs = options.mostMs;
    this.#filledMs = this.#nowMs();
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
    const waitMs = this.waitMs();
    if (waitMs > 0) await pause(waitMs, undefined, { signal });
    signal.throwIfAborted();
  }

  /** How long it takes until there is time to spend, ms. */
  waitMs(): number {
    const { share, mostMs } = this.#options;
    const nowMs = this.#nowMs();
    this.#leftMs = Math.min(mostMs, this.#leftMs + (nowMs - this.#filledMs) * share);
    this.#filledMs = nowMs;
    if (this.#options.isIdle()) this.#leftMs = Math.max(0, this.#leftMs);
    return this.#leftMs >= 0 ? 0 : -this.#leftMs / share;
  }
}
