import type { Sweep } from './sweep-lanes.ts';

/** Sweeps in the order of their starts, so that those at the same time as another are found without asking them all. */
export class SweepTimes {
  readonly #sorted: readonly Sweep[];
  readonly #longestUs: number;

  constructor(sweeps: readonly Sweep[]) {
    this.#sorted = sweeps.toSorted((a, b) => a.startUs - b.startUs);
    this.#longestUs = sweeps.reduce((longest, { startUs, lastUs }) => Math.max(longest, lastUs - startUs), 0);
  }

  /** Every sweep that has a moment in common with `sweep`, and maybe some that have not. */
  near({ startUs, lastUs }: Sweep): readonly Sweep[] {
    return this.#sorted.slice(this.#from(startUs - this.#longestUs), this.#from(lastUs + 1));
  }

  /** How many sweeps start before `us`. */
  #from(us: number): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle]?.startUs ?? 0) < us) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
