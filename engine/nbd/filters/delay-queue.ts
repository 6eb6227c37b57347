import { STEADY_CLOCK, type SteadyClock } from './steady-clock.ts';

/** One waiter of a {@link DelayQueue}. */
export interface Waiting {
  readonly dueMs: number;
  readonly order: number;
  readonly go: () => void;
}

/**
 * Wakes many waiters with one timer, those that are due together in one turn, so that their replies go out together.
 * Waiters due at the same time wake in the order they came.
 */
export class DelayQueue {
  /** A binary heap, soonest first. */
  #heap: Waiting[] = [];
  readonly #clock: SteadyClock;
  #order = 0;
  /** Calls the timer off; null while there is none. */
  #disarm: (() => void) | null = null;
  #timerDueMs = 0;

  constructor(clock: SteadyClock = STEADY_CLOCK) {
    this.#clock = clock;
  }

  /** Resolves `ms` from now; never when the queue is disposed before. */
  after(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.add(ms, resolve);
    });
  }

  /** Calls `go` in `ms` from now, unless what is returned is removed before. */
  add(ms: number, go: () => void): Waiting {
    const dueMs = this.#clock.nowMs() + ms;
    this.#order += 1;
    const waiting = { dueMs, order: this.#order, go };
    this.#push(waiting);
    if (this.#disarm === null || dueMs < this.#timerDueMs) this.#arm(dueMs);
    return waiting;
  }

  /** Lets go of waiters that are not to be woken. */
  remove(gone: ReadonlySet<Waiting>): void {
    const kept = this.#heap.filter((waiting) => !gone.has(waiting));
    if (kept.length === 0) this.dispose();
    else {
      this.#heap = [];
      for (const waiting of kept) this.#push(waiting);
    }
  }

  dispose(): void {
    this.#disarm?.();
    this.#disarm = null;
    this.#heap.length = 0;
  }

  #arm(dueMs: number): void {
    this.#disarm?.();
    this.#timerDueMs = dueMs;
    this.#disarm = this.#clock.after(dueMs - this.#clock.nowMs(), () => this.#wake());
  }

  #wake(): void {
    this.#disarm = null;
    const now = this.#clock.nowMs();
    for (let first = this.#heap[0]; first !== undefined && first.dueMs <= now; first = this.#heap[0]) {
      this.#pop();
      first.go();
    }
    const next = this.#heap[0];
    if (next !== undefined) this.#arm(next.dueMs);
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(waiting);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(waiting, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = waiting;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below !== undefined && right !== undefined && isBefore(right, below)) {
        child += 1;
        below = right;
      }
      if (below === undefined || !isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}
