import { MAX_SLOTS } from '#shared/model/in-flight.ts';

/** The sequence numbers of the requests in flight, by disk and slot: a late reply names its request by them. */
export class InFlightSequences {
  readonly #byDisk = new Map<number, Float64Array>();

  set(disk: number, slot: number, sequence: number): void {
    if (slot >= MAX_SLOTS) return;
    let column = this.#byDisk.get(disk);
    if (column === undefined || slot >= column.length) {
      const wider = new Float64Array(Math.min(MAX_SLOTS, Math.max(64, 2 * slot)));
      wider.set(column ?? []);
      this.#byDisk.set(disk, wider);
      column = wider;
    }
    column[slot] = sequence;
  }

  /** The request that holds a slot, 0 for none; it holds it no more. */
  take(disk: number, slot: number): number {
    const column = this.#byDisk.get(disk);
    if (column === undefined || slot >= column.length) return 0;
    const sequence = column[slot] ?? 0;
    column[slot] = 0;
    return sequence;
  }
}
