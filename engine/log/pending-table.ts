import { MAX_SLOTS } from '#shared/model/in-flight.ts';

const FIRST_BUCKETS_BITS = 8;
const NONE = -1;

/**
 * The requests of a log that have no reply yet, found by connection and id, kept in order of arrival. A request holds
 * a slot from 0 to {@link MAX_SLOTS} - 1; the slot last given back is handed out first, so that the slots used are
 * never more than were in flight at once.
 *
 * Columns have their full length from the start, so that a hot path may hold on to them; the system gives memory only
 * to the part that is touched. Open addressing, at most a quarter full, with backward-shift deletion.
 */
export class PendingTable {
  readonly connection = new Uint32Array(MAX_SLOTS);
  readonly id = new Float64Array(MAX_SLOTS);
  readonly timeUs = new Float64Array(MAX_SLOTS);
  readonly offsetLow = new Uint32Array(MAX_SLOTS);
  readonly offsetHigh = new Uint32Array(MAX_SLOTS);
  readonly lengthLow = new Uint32Array(MAX_SLOTS);
  readonly disk = new Uint16Array(MAX_SLOTS);
  readonly flags = new Uint8Array(MAX_SLOTS);
  readonly op = new Uint8Array(MAX_SLOTS);
  count = 0;

  /** Of a used slot its neighbours by arrival; of a free one, `#next` is the next free slot. */
  readonly #next = new Int32Array(MAX_SLOTS);
  readonly #previous = new Int32Array(MAX_SLOTS);
  #oldest = NONE;
  #latest = NONE;
  #free = NONE;
  /** Slots from here on were never used. */
  #fresh = 0;

  /** A slot plus 1, or 0 for an empty bucket. */
  readonly #buckets = new Int32Array(MAX_SLOTS * 4);
  /** Where the last search ended. */
  #bucket = 0;
  #bits = FIRST_BUCKETS_BITS;

  get isFull(): boolean {
    return this.count === MAX_SLOTS;
  }

  /** The slot of the request that has waited longest; -1 when there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The slot of the request that came after the one in `slot`; -1 when there is none. */
  after(slot: number): number {
    return this.#next[slot] ?? NONE;
  }

  #home(connection: number, id: number): number {
    return Math.imul(Math.imul(connection, 0x85ebca6b) ^ id, 0x9e3779b1) >>> (32 - this.#bits);
  }

  /** The slot of a request; -1 when it is not here. */
  find(connection: number, id: number): number {
    const buckets = this.#buckets;
    const mask = (1 << this.#bits) - 1;
    let bucket = this.#home(connection, id);
    for (;;) {
      const slot = (buckets[bucket] ?? 0) - 1;
      if (slot < 0 || (this.id[slot] === id && this.connection[slot] === connection)) {
        this.#bucket = bucket;
        return slot;
      }
      bucket = (bucket + 1) & mask;
    }
  }

  /**
   * Takes in a request and returns its slot; the caller fills the other columns. Returns -1 and does nothing when the
   * request is here already. The table must not be full.
   */
  add(connection: number, id: number): number {
    if ((this.count + 1) << 2 > 1 << this.#bits) this.#widen();
    if (this.find(connection, id) >= 0) return NONE;
    let slot = this.#free;
    if (slot === NONE) {
      slot = this.#fresh;
      this.#fresh = slot + 1;
    } else {
      this.#free = this.#next[slot] ?? NONE;
    }
    this.connection[slot] = connection;
    this.id[slot] = id;
    this.#buckets[this.#bucket] = slot + 1;
    this.#next[slot] = NONE;
    this.#previous[slot] = this.#latest;
    if (this.#latest === NONE) this.#oldest = slot;
    else this.#next[this.#latest] = slot;
    this.#latest = slot;
    this.count += 1;
    return slot;
  }

  #widen(): void {
    this.#buckets.fill(0, 0, 1 << this.#bits);
    this.#bits += 1;
    for (let slot = this.#oldest; slot !== NONE; slot = this.after(slot)) {
      this.find(this.connection[slot] ?? 0, this.id[slot] ?? 0);
      this.#buckets[this.#bucket] = slot + 1;
    }
  }

  /** Gives a used slot back. Its other columns stay readable until the next {@link add}. */
  remove(slot: number): void {
    this.#leaveBucket(slot);
    const next = this.#next[slot] ?? NONE;
    const previous = this.#previous[slot] ?? NONE;
    if (previous === NONE) this.#oldest = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#latest = previous;
    else this.#previous[next] = previous;
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.count -= 1;
  }

  #leaveBucket(slot: number): void {
    const buckets = this.#buckets;
    const mask = (1 << this.#bits) - 1;
    if (buckets[this.#bucket] !== slot + 1) this.find(this.connection[slot] ?? 0, this.id[slot] ?? 0);
    let hole = this.#bucket;
    let bucket = hole;
    for (;;) {
      bucket = (bucket + 1) & mask;
      const other = (buckets[bucket] ?? 0) - 1;
      if (other < 0) break;
      const home = this.#home(this.connection[other] ?? 0, this.id[other] ?? 0);
      if (((bucket - home) & mask) < ((bucket - hole) & mask)) continue;
      buckets[hole] = other + 1;
      hole = bucket;
    }
    buckets[hole] = 0;
  }
}
