/** A clock that never goes back, and its timers; another one in tests. */
export interface SteadyClock {
  /** ms since some moment. */
  nowMs(): number;
  /**
   * Calls `go` after `ms`, or sooner where that is very long or timers are not as fine as the clock: look at the clock
   * again then. Returns what calls it off.
   */
  after(ms: number, go: () => void): () => void;
}

/** Timers take no more than this. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** The machine's own, which setting the time of day does not move. */
export const STEADY_CLOCK: SteadyClock = {
  nowMs: () => performance.now(),
  after: (ms, go) => {
    const timer = setTimeout(go, Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(ms))));
    return () => clearTimeout(timer);
  },
};
