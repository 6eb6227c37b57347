import type { BatchFacts } from './batch-facts.ts';

const COLUMNS = 7;
const [OFFSET, BYTES, FIRST, LAST, FIRST_US, LAST_US, REQUESTS_BEFORE] = [0, 1, 2, 3, 4, 5, 6] as const;

/** Where the batches of a capture lie and what they hold: 56 bytes each. Batches are in the order of their rows, without gaps. */
export class BatchTable {
  length = 0;
  /** Requests in all of them. */
  requests = 0;
  /** Batches that hold rows with words. */
  readonly withTexts: number[] = [];
  #numbers = new Float64Array(64 * COLUMNS);

  /** @param bytes of the whole message at `offset`. */
  add(offset: number, bytes: number, facts: BatchFacts): void {
    if ((this.length + 1) * COLUMNS > this.#numbers.length) {
      const wider = new Float64Array(this.#numbers.length * 2);
      wider.set(this.#numbers);
      this.#numbers = wider;
    }
    const firstUs = facts.firstUs ?? Number.NaN;
    const lastUs = facts.lastUs ?? Number.NaN;
    this.#numbers.set(
      [offset, bytes, facts.first, facts.last, firstUs, lastUs, this.requests],
      this.length * COLUMNS,
    );
    if (facts.texts > 0) this.withTexts.push(this.length);
    this.requests += facts.requests;
    this.length += 1;
  }

  /** Forgets the batches from number `batch` on. */
  cut(batch: number): void {
    if (batch >= this.length) return;
    this.requests = this.#at(batch, REQUESTS_BEFORE);
    this.length = batch;
    while ((this.withTexts.at(-1) ?? -1) >= batch) this.withTexts.pop();
  }

  offset(batch: number): number {
    return this.#at(batch, OFFSET);
  }

  bytes(batch: number): number {
    return this.#at(batch, BYTES);
  }

  first(batch: number): number {
    return this.#at(batch, FIRST);
  }

  last(batch: number): number {
    return this.#at(batch, LAST);
  }

  /** NaN while no time is known. */
  firstUs(batch: number): number {
    return this.#at(batch, FIRST_US);
  }

  lastUs(batch: number): number {
    return this.#at(batch, LAST_US);
  }

  /** The batch that holds a row; the one nearest to it when none does. */
  holding(sequence: number): number {
    return this.#lastWith((batch) => this.first(batch) <= sequence);
  }

  /** The last batch that begins no later than `us`; the first when all begin later. */
  at(us: number): number {
    return this.#lastWith((batch) => !(this.firstUs(batch) > us));
  }

  /** The last batch for which `holds`, which is so of a stretch from the first on; 0 when it is of none. */
  #lastWith(holds: (batch: number) => boolean): number {
    let low = 0;
    let high = Math.max(0, this.length - 1);
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (holds(middle)) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #at(batch: number, column: number): number {
    return this.#numbers[batch * COLUMNS + column] ?? Number.NaN;
  }
}
