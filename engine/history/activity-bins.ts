import type { ByteReader, ByteWriter } from '#shared/bytes/binary.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { OP_COUNT, RowKind } from '#shared/events/vocabulary.ts';
import { MAX_SLOTS } from '#shared/model/in-flight.ts';
import { MAX_DISKS, type SessionState } from '#shared/model/session-state.ts';

/** Buckets of latency in each doubling, and in all: up to 2^32 µs, more than an hour. */
export const BIN_PER_OCTAVE = 3;
export const BIN_BUCKETS = 32 * BIN_PER_OCTAVE;
/** More bins are made half as many, of twice the length. */
const MOST_BINS = 65_536;
/** Disks of which requests are counted one by one. */
const MOST_DISKS = 16;
/** A bin lasts no longer than this share of what has passed when it begins: quiet hours are not one bin with what follows. */
const LONGEST_SHARE = 1 / 2048;
const MOST_COUNT = 0xffff;

/** What is counted of each bin, and how many numbers that are. */
const COLUMNS = [
  { name: 'startUs', width: 1 },
  { name: 'endUs', width: 1 },
  { name: 'requests', width: OP_COUNT },
  { name: 'errors', width: 1 },
  { name: 'maxUs', width: 1 },
  { name: 'depth', width: 1 },
  { name: 'endDepth', width: 1 },
  { name: 'latencies', width: BIN_BUCKETS },
] as const;

/** Requests of one disk, by bin. */
interface DiskBins {
  requests: Uint32Array;
  errors: Uint32Array;
}

/**
 * What went on in a session, in stretches of about as many requests each, for timelines of long spans. Kept while rows come,
 * in some 20 MB at most; requests, their errors and latencies count where the request arrived.
 */
export class ActivityBins {
  /** Bins there are; the last is still being filled. */
  count = 0;
  /** Clocks of a bin's first and last request, µs. */
  startUs = new Float64Array(1024);
  endUs = new Float64Array(1024);
  /** OP_COUNT of each bin. */
  requests = new Uint32Array(1024 * OP_COUNT);
  errors = new Uint32Array(1024);
  maxUs = new Float32Array(1024);
  /** Most in flight at once, and how many were when the next began. */
  depth = new Uint32Array(1024);
  endDepth = new Uint32Array(1024);
  /** BIN_BUCKETS of each bin; what does not fit into 16 bits is not counted. */
  latencies = new Uint16Array(1024 * BIN_BUCKETS);
  readonly #disks = new Map<number, DiskBins>();
  #hasAllDisks = true;
  /** Requests in a bin, at most: twice as many each time that two bins were made one. */
  perBin = 1;
  #inBin = 0;
  #inFlight = 0;
  #firstUs = Number.NaN;
  /** The bin of the request in each slot, by disk. */
  readonly #binOf: Int32Array[] = [];

  /** @param state what the session's state is before the first row. */
  constructor(state: SessionState) {
    for (const disk of state.disks) this.#inFlight += disk?.inFlight.count ?? 0;
  }

  /** All of it, as bytes that {@link read} takes. */
  write(to: ByteWriter): void {
    const { count } = this;
    for (const n of [count, this.perBin, this.#inBin, this.#inFlight, this.#hasAllDisks ? 1 : 0]) to.u32(n);
    to.f64(this.#firstUs);
    for (const { name, width } of COLUMNS) to.array(this[name].subarray(0, count * width));
    to.u32(this.#disks.size);
    for (const [disk, own] of this.#disks) {
      to.u32(disk);
      to.array(own.requests.subarray(0, count * OP_COUNT));
      to.array(own.errors.subarray(0, count));
    }
    to.u32(this.#binOf.length);
    for (let disk = 0; disk < this.#binOf.length; disk += 1) {
      const slots = this.#binOf[disk] ?? new Int32Array(0);
      to.u32(slots.length);
      to.array(slots);
    }
  }

  /** Takes the place of all that was counted. Throws RangeError when the bytes are not whole. */
  read(from: ByteReader): void {
    const count = from.u32();
    if (count > MOST_BINS) throw new RangeError(`activity in ${count} stretches; at most ${MOST_BINS}`);
    this.perBin = from.u32();
    this.#inBin = from.u32();
    this.#inFlight = from.u32();
    this.#hasAllDisks = from.u32() === 1;
    this.#firstUs = from.f64();
    while (this.startUs.length < count) this.#grow();
    this.count = count;
    for (const { name, width } of COLUMNS) from.into(this[name].subarray(0, count * width));
    this.#disks.clear();
    for (let disks = from.u32(); disks > 0; disks -= 1) {
      const disk = from.u32();
      const own = {
        requests: new Uint32Array(this.requests.length),
        errors: new Uint32Array(this.errors.length),
      };
      from.into(own.requests.subarray(0, count * OP_COUNT));
      from.into(own.errors.subarray(0, count));
      this.#disks.set(disk, own);
    }
    const disks = from.u32();
    if (disks > MAX_DISKS) throw new RangeError(`activity of ${disks} disks; at most ${MAX_DISKS}`);
    this.#binOf.length = 0;
    for (let disk = 0; disk < disks; disk += 1) {
      const slots = from.u32();
      if (slots > 2 * MAX_SLOTS) throw new RangeError(`activity of ${slots} slots; at most ${2 * MAX_SLOTS}`);
      this.#binOf[disk] = from.into(new Int32Array(slots));
    }
  }

  /** Counts of a disk; null when there were too many disks to count each. */
  disk(disk: number): Readonly<DiskBins> | null {
    return this.#hasAllDisks ? (this.#disks.get(disk) ?? null) : null;
  }

  /** Disks that had requests; null when there were too many. */
  get disks(): readonly number[] | null {
    return this.#hasAllDisks ? [...this.#disks.keys()] : null;
  }

  /** Takes rows whose clocks are set. Hot path: no allocation per row. */
  append(batch: EventBatch): void {
    for (let i = 0; i < batch.count; i += 1) {
      const kind = batch.kind[i];
      if (kind === RowKind.Request) this.#request(batch, i);
      else if (kind === RowKind.Completion || kind === RowKind.Unanswered) this.#end(batch, i);
    }
  }

  #request(batch: EventBatch, i: number): void {
    const clockUs = batch.clockUs[i] ?? Number.NaN;
    if (Number.isNaN(this.#firstUs)) this.#firstUs = clockUs;
    const open = this.count - 1;
    const lastsUs = clockUs - (this.startUs[open] ?? 0);
    if (open < 0 || this.#inBin >= this.perBin || lastsUs > (clockUs - this.#firstUs) * LONGEST_SHARE + 1) {
      this.#open(clockUs);
    }
    const bin = this.count - 1;
    this.#inBin += 1;
    this.endUs[bin] = clockUs;
    const op = batch.op[i] ?? 0;
    if (op < OP_COUNT) {
      const at = bin * OP_COUNT + op;
      this.requests[at] = (this.requests[at] ?? 0) + 1;
      const own = this.#diskBins(batch.disk[i] ?? 0);
      if (own !== null) own.requests[at] = (own.requests[at] ?? 0) + 1;
    }
    this.#inFlight += 1;
    if (this.#inFlight > (this.depth[bin] ?? 0)) this.depth[bin] = this.#inFlight;
    this.endDepth[bin] = this.#inFlight;
    this.#slots(batch, i)[batch.slot[i] ?? 0] = bin;
  }

  #end(batch: EventBatch, i: number): void {
    this.#inFlight = Math.max(0, this.#inFlight - 1);
    if (this.count > 0) this.endDepth[this.count - 1] = this.#inFlight;
    const slots = this.#slots(batch, i);
    const slot = batch.slot[i] ?? 0;
    const bin = slots[slot] ?? -1;
    slots[slot] = -1;
    if (bin < 0 || batch.kind[i] !== RowKind.Completion) return;
    if (batch.errno[i] !== 0) {
      this.errors[bin] = (this.errors[bin] ?? 0) + 1;
      const own = this.#diskBins(batch.disk[i] ?? 0);
      if (own !== null) own.errors[bin] = (own.errors[bin] ?? 0) + 1;
    }
    const latencyUs = batch.latencyUs[i] ?? Number.NaN;
    if (Number.isNaN(latencyUs)) return;
    if (!(latencyUs <= (this.maxUs[bin] ?? 0))) this.maxUs[bin] = latencyUs;
    const bucket = latencyUs > 1 ? Math.floor(Math.log2(latencyUs) * BIN_PER_OCTAVE) : 0;
    const at = bin * BIN_BUCKETS + Math.min(BIN_BUCKETS - 1, bucket);
    const before = this.latencies[at] ?? 0;
    if (before < MOST_COUNT) this.latencies[at] = before + 1;
  }

  #slots(batch: EventBatch, i: number): Int32Array {
    const disk = batch.disk[i] ?? 0;
    const slot = batch.slot[i] ?? 0;
    const slots = this.#binOf[disk];
    if (slots !== undefined && slot < slots.length) return slots;
    const wider = new Int32Array(Math.max(64, slot + 1, (slots?.length ?? 0) * 2)).fill(-1);
    if (slots !== undefined) wider.set(slots);
    this.#binOf[disk] = wider;
    return wider;
  }

  #diskBins(disk: number): DiskBins | null {
    if (!this.#hasAllDisks) return null;
    const known = this.#disks.get(disk);
    if (known !== undefined) return known;
    if (this.#disks.size === MOST_DISKS) {
      this.#hasAllDisks = false;
      this.#disks.clear();
      return null;
    }
    const made = {
      requests: new Uint32Array(this.requests.length),
      errors: new Uint32Array(this.errors.length),
    };
    this.#disks.set(disk, made);
    return made;
  }

  #open(clockUs: number): void {
    if (this.count === MOST_BINS) this.#halve();
    if (this.count === this.startUs.length) this.#grow();
    this.startUs[this.count] = clockUs;
    this.endUs[this.count] = clockUs;
    this.maxUs[this.count] = Number.NaN;
    this.depth[this.count] = this.#inFlight;
    this.count += 1;
    this.#inBin = 0;
  }

  #grow(): void {
    const bins = this.startUs.length * 2;
    this.startUs = wider(this.startUs, new Float64Array(bins));
    this.endUs = wider(this.endUs, new Float64Array(bins));
    this.requests = wider(this.requests, new Uint32Array(bins * OP_COUNT));
    this.errors = wider(this.errors, new Uint32Array(bins));
    this.maxUs = wider(this.maxUs, new Float32Array(bins));
    this.depth = wider(this.depth, new Uint32Array(bins));
    this.endDepth = wider(this.endDepth, new Uint32Array(bins));
    this.latencies = wider(this.latencies, new Uint16Array(bins * BIN_BUCKETS));
    for (const own of this.#disks.values()) {
      own.requests = wider(own.requests, new Uint32Array(bins * OP_COUNT));
      own.errors = wider(own.errors, new Uint32Array(bins));
    }
  }

  /** Makes one bin of every two. */
  #halve(): void {
    const half = this.count / 2;
    for (let b = 0; b < half; b += 1) {
      const [first, second] = [b * 2, b * 2 + 1];
      this.startUs[b] = this.startUs[first] ?? 0;
      this.endUs[b] = this.endUs[second] ?? 0;
      const [a = Number.NaN, c = Number.NaN] = [this.maxUs[first], this.maxUs[second]];
      this.maxUs[b] = Number.isNaN(a) ? c : Number.isNaN(c) ? a : Math.max(a, c);
      this.depth[b] = Math.max(this.depth[first] ?? 0, this.depth[second] ?? 0);
      this.endDepth[b] = this.endDepth[second] ?? 0;
    }
    foldPairs(this.requests, half, OP_COUNT);
    foldPairs(this.errors, half, 1);
    foldLatencies(this.latencies, half);
    for (const own of this.#disks.values()) {
      foldPairs(own.requests, half, OP_COUNT);
      foldPairs(own.errors, half, 1);
    }
    for (const slots of this.#binOf) {
      if (slots === undefined) continue;
      for (let s = 0; s < slots.length; s += 1) slots[s] = (slots[s] ?? -1) >> 1;
    }
    this.count = half;
    this.perBin *= 2;
  }
}

function wider<T extends Float64Array | Float32Array | Uint32Array | Uint16Array>(column: T, next: T): T {
  next.set(column);
  return next;
}

/** Adds up neighbouring groups of `width` counts: the first `half` groups are then the sums, the rest is 0. */
function foldPairs(counts: Uint32Array, half: number, width: number): void {
  for (let b = 0; b < half; b += 1) {
    for (let n = 0; n < width; n += 1) {
      const first = b * 2 * width + n;
      counts[b * width + n] = (counts[first] ?? 0) + (counts[first + width] ?? 0);
    }
  }
  counts.fill(0, half * width);
}

/** The same for latencies, which are most of it, by itself: one loop for both kinds of array would take several times as long. */
function foldLatencies(counts: Uint16Array, half: number): void {
  for (let b = 0; b < half; b += 1) {
    const to = b * BIN_BUCKETS;
    for (let n = 0; n < BIN_BUCKETS; n += 1) {
      const sum = (counts[2 * to + n] ?? 0) + (counts[2 * to + BIN_BUCKETS + n] ?? 0);
      counts[to + n] = sum < MOST_COUNT ? sum : MOST_COUNT;
    }
  }
  counts.fill(0, half * BIN_BUCKETS);
}
