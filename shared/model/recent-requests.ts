import type { ByteReader, ByteWriter } from '../bytes/binary.ts';
import type { EventBatch } from '../events/event-batch.ts';
import { ALL_DISKS } from '../events/vocabulary.ts';

/** How many of the latest requests are kept for the list. */
export const RECENT_CAPACITY = 4096;

/** Error number that stands for "no reply yet". */
export const ERRNO_PENDING = 0xffff;
/** Error number that stands for "no reply will ever come". */
export const ERRNO_UNANSWERED = 0xfffe;

/** The latest requests of a session in a ring of columns, each joined with its reply when that comes. */
export class RecentRequests {
  /** Requests noted so far; the ring holds the last {@link RECENT_CAPACITY} of them. */
  total = 0;
  readonly sequence = new Float64Array(RECENT_CAPACITY);
  readonly clockUs = new Float64Array(RECENT_CAPACITY);
  readonly latencyUs = new Float64Array(RECENT_CAPACITY);
  readonly connection = new Uint32Array(RECENT_CAPACITY);
  readonly cookieLow = new Uint32Array(RECENT_CAPACITY);
  readonly cookieHigh = new Uint32Array(RECENT_CAPACITY);
  readonly offsetLow = new Uint32Array(RECENT_CAPACITY);
  readonly offsetHigh = new Uint32Array(RECENT_CAPACITY);
  readonly lengthLow = new Uint32Array(RECENT_CAPACITY);
  readonly lengthHigh = new Uint32Array(RECENT_CAPACITY);
  readonly disk = new Uint16Array(RECENT_CAPACITY);
  readonly flags = new Uint16Array(RECENT_CAPACITY);
  readonly errno = new Uint16Array(RECENT_CAPACITY);
  readonly op = new Uint8Array(RECENT_CAPACITY);

  /** Notes the request in row `i`; returns its number, to be handed to {@link answer}. Numbers start at 1. */
  add(batch: EventBatch, i: number): number {
    const at = this.total % RECENT_CAPACITY;
    this.sequence[at] = batch.firstSequence + i;
    this.clockUs[at] = batch.clockUs[i] ?? 0;
    this.latencyUs[at] = Number.NaN;
    this.connection[at] = batch.connection[i] ?? 0;
    this.cookieLow[at] = batch.cookieLow[i] ?? 0;
    this.cookieHigh[at] = batch.cookieHigh[i] ?? 0;
    this.offsetLow[at] = batch.offsetLow[i] ?? 0;
    this.offsetHigh[at] = batch.offsetHigh[i] ?? 0;
    this.lengthLow[at] = batch.lengthLow[i] ?? 0;
    this.lengthHigh[at] = batch.lengthHigh[i] ?? 0;
    this.disk[at] = batch.disk[i] ?? 0;
    this.flags[at] = batch.flags[i] ?? 0;
    this.errno[at] = ERRNO_PENDING;
    this.op[at] = batch.op[i] ?? 0;
    this.total += 1;
    return this.total;
  }

  /** Notes the end of request `number`; does nothing when it has left the ring. */
  answer(number: number, errno: number, latencyUs: number): void {
    if (number <= this.total - RECENT_CAPACITY || number < 1) return;
    const at = (number - 1) % RECENT_CAPACITY;
    this.errno[at] = errno;
    this.latencyUs[at] = latencyUs;
  }

  /** Takes the requests of a disk that is gone out of its name: they stay listed, and get no reply any more. */
  leaveDisk(disk: number): void {
    for (let at = 0; at < this.length; at += 1) {
      if (this.disk[at] !== disk) continue;
      this.disk[at] = ALL_DISKS;
      if (this.errno[at] === ERRNO_PENDING) this.errno[at] = ERRNO_UNANSWERED;
    }
  }

  /** Index into the columns of the `age`-th latest request, 0 being the latest. */
  indexOf(age: number): number {
    return (this.total - 1 - age) % RECENT_CAPACITY;
  }

  get length(): number {
    return Math.min(this.total, RECENT_CAPACITY);
  }

  #columns(): readonly ArrayBufferView[] {
    return [
      this.sequence,
      this.clockUs,
      this.latencyUs,
      this.connection,
      this.cookieLow,
      this.cookieHigh,
      this.offsetLow,
      this.offsetHigh,
      this.lengthLow,
      this.lengthHigh,
      this.disk,
      this.flags,
      this.errno,
      this.op,
    ];
  }

  write(to: ByteWriter): void {
    to.f64(this.total);
    for (const column of this.#columns()) to.array(column);
  }

  read(from: ByteReader): void {
    this.total = from.f64();
    for (const column of this.#columns()) from.into(column);
  }
}
