/**
 * Requests that have arrived and whose end has not been seen, by disk and slot. As large as the most that were in flight at
 * once, however long the history is. Hot path: nothing is allocated once a disk's highest slot is known.
 */
export class Pending {
  /** Sequence numbers by disk and slot; 0 where none is in flight. */
  readonly #sequences: Float64Array[] = [];
  readonly #arrivals: Float64Array[] = [];
  /** How many there are. */
  count = 0;
  /** Clock at which the request arrived that was last taken, µs. */
  arrivalUs = Number.NaN;

  add(disk: number, slot: number, sequence: number, arrivalUs: number): void {
    let sequences = this.#sequences[disk];
    if (sequences === undefined || slot >= sequences.length) sequences = this.#grow(disk, slot);
    if (sequences[slot] === 0) this.count += 1;
    sequences[slot] = sequence;
    const arrivals = this.#arrivals[disk];
    if (arrivals !== undefined) arrivals[slot] = arrivalUs;
  }

  /** Ends the request in a slot; its sequence number, with {@link arrivalUs}, or 0 when none is known there. */
  take(disk: number, slot: number): number {
    const sequences = this.#sequences[disk];
    const sequence = sequences?.[slot] ?? 0;
    if (sequences === undefined || sequence === 0) return 0;
    sequences[slot] = 0;
    this.count -= 1;
    this.arrivalUs = this.#arrivals[disk]?.[slot] ?? Number.NaN;
    return sequence;
  }

  /** Sequence numbers of all that are left, ascending. */
  left(): number[] {
    return this.#sequences
      .flatMap((sequences) => [...sequences].filter((n) => n !== 0))
      .sort((a, b) => a - b);
  }

  #grow(disk: number, slot: number): Float64Array {
    const before = this.#sequences[disk] ?? new Float64Array(0);
    const size = Math.max(64, slot + 1, before.length * 2);
    const sequences = new Float64Array(size);
    sequences.set(before);
    this.#sequences[disk] = sequences;
    const arrivals = new Float64Array(size);
    arrivals.set(this.#arrivals[disk] ?? []);
    this.#arrivals[disk] = arrivals;
    return sequences;
  }
}
