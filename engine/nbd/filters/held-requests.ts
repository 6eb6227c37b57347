import { DelayQueue, type Waiting } from './delay-queue.ts';
import type { SteadyClock } from './steady-clock.ts';

/** What becomes of a request that was held: it is carried out, or nobody waits for it any more. */
export type Release = 'go' | 'drop';

interface Held {
  readonly connection: number;
  readonly resolve: (release: Release) => void;
}

/** Whoever freezes requests; counts those it holds. */
export interface Freezer {
  frozen: number;
}

/**
 * Requests that are answered later, or not before somebody says so. When a client has gone its requests are let go of,
 * so that one which comes back again and again leaves nothing behind.
 */
export class HeldRequests {
  readonly #queue: DelayQueue;
  readonly #delayed = new Map<Held, Waiting>();
  readonly #frozen = new Map<Held, Freezer>();

  constructor(clock: SteadyClock) {
    this.#queue = new DelayQueue(clock);
  }

  delay(connection: number, ms: number): Promise<Release> {
    return new Promise((resolve) => {
      const held = { connection, resolve };
      const waiting = this.#queue.add(ms, () => {
        this.#delayed.delete(held);
        resolve('go');
      });
      this.#delayed.set(held, waiting);
    });
  }

  freeze(connection: number, by: Freezer): Promise<Release> {
    return new Promise((resolve) => {
      this.#frozen.set({ connection, resolve }, by);
      by.frozen += 1;
    });
  }

  /** Lets what was frozen by one be carried out, in the order in which it came. */
  thaw(by: Freezer): void {
    if (by.frozen === 0) return;
    for (const [held, freezer] of this.#frozen) if (freezer === by) this.#release(held, 'go');
  }

  /** The client is gone: its requests are not carried out. */
  drop(connection: number): void {
    this.#dropWhere((held) => held.connection === connection);
  }

  dropAll(): void {
    this.#dropWhere(() => true);
  }

  #release(held: Held, release: Release): void {
    const freezer = this.#frozen.get(held);
    if (freezer !== undefined) freezer.frozen -= 1;
    this.#frozen.delete(held);
    held.resolve(release);
  }

  #dropWhere(isGone: (held: Held) => boolean): void {
    const woken = new Set<Waiting>();
    for (const [held, waiting] of this.#delayed) {
      if (!isGone(held)) continue;
      woken.add(waiting);
      this.#delayed.delete(held);
      held.resolve('drop');
    }
    if (woken.size > 0) this.#queue.remove(woken);
    for (const held of this.#frozen.keys()) if (isGone(held)) this.#release(held, 'drop');
  }
}
