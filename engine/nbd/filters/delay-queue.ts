interface Waiting {
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
  readonly #heap: Waiting[] = [];
  #order = 0;
  #timer: NodeJS.Timeout | null = null;
  #timerDueMs = 0;

  /** Resolves `ms` from now; never when the queue is disposed before. */
  after(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const dueMs = performance.now() + ms;
      this.#order += 1;
      this.#push({ dueMs, order: this.#order, go: resolve });
      if (this.#timer === null || dueMs < this.#timerDueMs) this.#arm(dueMs);
    });
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#heap.length = 0;
  }

  #arm(dueMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, Math.ceil(dueMs - performance.now())));
  }

  #wake(): void {
    this.#timer = null;
    const now = performance.now();
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
