import type { ByteReader, ByteWriter } from '../bytes/binary.ts';
import type { EventBatch } from '../events/event-batch.ts';
import { OP_COUNT, Op } from '../events/vocabulary.ts';
import { LatencyHistogram } from './latency-histogram.ts';

const COLUMNS = 6;

/** What has been counted of one disk, per operation. Arrays are indexed by Op; bytes stay exact up to 2^53. */
export class DiskCounters {
  readonly requests = new Float64Array(OP_COUNT);
  readonly bytes = new Float64Array(OP_COUNT);
  readonly errors = new Float64Array(OP_COUNT);
  readonly unanswered = new Float64Array(OP_COUNT);
  /** Requests whose offset or length is no multiple of 4096. */
  readonly unaligned = new Float64Array(OP_COUNT);
  readonly largestBytes = new Float64Array(OP_COUNT);
  readonly latency: readonly LatencyHistogram[] = Array.from(
    { length: OP_COUNT },
    () => new LatencyHistogram(),
  );
  connections = 0;
  inFlight = 0;
  mostInFlight = 0;
  /** Session clock of the first and the last row, µs since the epoch; NaN before the first. */
  firstUs = Number.NaN;
  lastUs = Number.NaN;

  request(batch: EventBatch, i: number): void {
    const op = batch.op[i] ?? 0;
    if (op >= OP_COUNT) return;
    const lengthLow = batch.lengthLow[i] ?? 0;
    const length = (batch.lengthHigh[i] ?? 0) * 0x1_0000_0000 + lengthLow;
    this.requests[op] = (this.requests[op] ?? 0) + 1;
    this.bytes[op] = (this.bytes[op] ?? 0) + length;
    if (length > (this.largestBytes[op] ?? 0)) this.largestBytes[op] = length;
    if (op !== Op.Flush && (((batch.offsetLow[i] ?? 0) | lengthLow) & 0xfff) !== 0) {
      this.unaligned[op] = (this.unaligned[op] ?? 0) + 1;
    }
    this.inFlight += 1;
    if (this.inFlight > this.mostInFlight) this.mostInFlight = this.inFlight;
  }

  completion(batch: EventBatch, i: number): void {
    const op = batch.op[i] ?? 0;
    if (op >= OP_COUNT) return;
    if ((batch.errno[i] ?? 0) !== 0) this.errors[op] = (this.errors[op] ?? 0) + 1;
    this.latency[op]?.add(batch.latencyUs[i] ?? Number.NaN);
    this.inFlight -= 1;
  }

  noReply(batch: EventBatch, i: number): void {
    const op = batch.op[i] ?? 0;
    if (op >= OP_COUNT) return;
    this.unanswered[op] = (this.unanswered[op] ?? 0) + 1;
    this.inFlight -= 1;
  }

  /** Notes that a row of this disk happened at `clockUs`. */
  at(clockUs: number): void {
    if (Number.isNaN(clockUs)) return;
    if (Number.isNaN(this.firstUs)) this.firstUs = clockUs;
    this.lastUs = clockUs;
  }

  #columns(): readonly Float64Array[] {
    return [this.requests, this.bytes, this.errors, this.unanswered, this.unaligned, this.largestBytes];
  }

  write(to: ByteWriter): void {
    to.u32(COLUMNS);
    for (const column of this.#columns()) to.array(column);
    for (const histogram of this.latency) histogram.write(to);
    for (const n of [this.connections, this.inFlight, this.mostInFlight, this.firstUs, this.lastUs])
      to.f64(n);
  }

  read(from: ByteReader): void {
    if (from.u32() !== COLUMNS) throw new RangeError('snapshot has other counters than this version');
    for (const column of this.#columns()) from.into(column);
    for (const histogram of this.latency) histogram.read(from);
    this.connections = from.f64();
    this.inFlight = from.f64();
    this.mostInFlight = from.f64();
    this.firstUs = from.f64();
    this.lastUs = from.f64();
  }
}
