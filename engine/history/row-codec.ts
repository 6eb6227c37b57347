import type { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import type { ByteSink, ByteSource } from './byte-stream.ts';

/**
 * What writing and reading a chunk of rows have in common: the streams it is made of and what is guessed of each row from
 * those before it, so that little has to be written. Both sides must guess alike.
 *
 * A reply that repeats its request, as all do, is written as how many rows back that request is. Of a request is written how
 * far it lies from the end of the one before of its disk and operation, and how its cookie goes on from its connection's last.
 */

/** The streams of a chunk, in their order. */
export interface Streams<T extends ByteSink | ByteSource> {
  /** Number of the row's {@link TUPLE} in the chunk's table of them. */
  readonly tuples: T;
  /** Rows back to the request, or the slot. */
  readonly links: T;
  readonly times: T;
  /** Rows whose clock is not as guessed: how many rows after the last such, and the clock. */
  readonly clocks: T;
  readonly latencies: T;
  readonly cookies: T;
  readonly offsets: T;
  readonly lengths: T;
}

export const STREAM_NAMES = [
  'tuples',
  'links',
  'times',
  'clocks',
  'latencies',
  'cookies',
  'offsets',
  'lengths',
] as const satisfies readonly (keyof Streams<ByteSink>)[];

/** The streams, made one by one. */
export function streamsOf<T extends ByteSink | ByteSource>(make: () => T): Streams<T> {
  return {
    tuples: make(),
    links: make(),
    times: make(),
    clocks: make(),
    latencies: make(),
    cookies: make(),
    offsets: make(),
    lengths: make(),
  };
}

/** Columns with few different values, written as one number: kind, linked (0 or 1), errno, op, flags, disk, connection. */
export const TUPLE = 7;

/** Codes of a time or a latency before those of numbers. */
export const UNKNOWN = 0;
export const AS_IT_IS = 1;
export const NUMBERS_FROM = 2;

const TABLE = 256;
const SLOTS = 4096;

/** Whether two numbers are the same in their bits, but for numbers that are none. */
export function same(a: number, b: number): boolean {
  return a === b ? a !== 0 || Object.is(a, b) : Number.isNaN(a) && Number.isNaN(b);
}

/** What is guessed of a row of a chunk. */
export class Guesses {
  /** By connection: its last cookie. */
  readonly cookieLow = new Uint32Array(TABLE);
  readonly cookieHigh = new Uint32Array(TABLE);
  /** By disk and operation: where the last request ended, as a double, and how long it was. */
  readonly endBytes = new Float64Array(TABLE);
  readonly lengthLow = new Uint32Array(TABLE);
  readonly lengthHigh = new Uint32Array(TABLE);
  /** By disk and slot: the last row that was a request there; -1 for none. */
  readonly #requests = new Int32Array(SLOTS);
  clockUs = Number.NaN;
  timeUs = 0;

  constructor() {
    this.#requests.fill(-1);
  }

  noteRequest(batch: EventBatch, i: number): void {
    this.#requests[placeOf(batch.disk[i] ?? 0, batch.slot[i] ?? 0)] = i;
  }

  /** The request that a row answers, and repeats in all columns that are not its own; -1 where there is none. */
  requestOf(batch: EventBatch, i: number): number {
    const kind = batch.kind[i];
    if (kind !== RowKind.Completion && kind !== RowKind.Unanswered) return -1;
    const r = this.#requests[placeOf(batch.disk[i] ?? 0, batch.slot[i] ?? 0)] ?? -1;
    return r >= 0 &&
      batch.slot[r] === batch.slot[i] &&
      batch.disk[r] === batch.disk[i] &&
      batch.op[r] === batch.op[i] &&
      batch.flags[r] === batch.flags[i] &&
      batch.connection[r] === batch.connection[i] &&
      batch.cookieLow[r] === batch.cookieLow[i] &&
      batch.cookieHigh[r] === batch.cookieHigh[i] &&
      batch.offsetLow[r] === batch.offsetLow[i] &&
      batch.offsetHigh[r] === batch.offsetHigh[i] &&
      batch.lengthLow[r] === batch.lengthLow[i] &&
      batch.lengthHigh[r] === batch.lengthHigh[i]
      ? r
      : -1;
  }

  /** The session's clock after a row of that time, as the session sets it. */
  clockAfter(timeUs: number): number {
    const { clockUs } = this;
    return timeUs > clockUs || (Number.isNaN(clockUs) && !Number.isNaN(timeUs)) ? timeUs : clockUs;
  }

  /** The latency of row `i`, whose request is row `r`. */
  latencyUs(batch: EventBatch, i: number, r: number): number {
    if (r < 0 || batch.kind[i] !== RowKind.Completion) return Number.NaN;
    const took = (batch.timeUs[i] ?? Number.NaN) - (batch.timeUs[r] ?? Number.NaN);
    return took < 0 ? 0 : took;
  }

  /** Notes where a row's bytes end. */
  noteBytes(place: number, offsetBytes: number, lengthLow: number, lengthHigh: number): void {
    this.endBytes[place] = offsetBytes + lengthHigh * 0x1_0000_0000 + lengthLow;
    this.lengthLow[place] = lengthLow;
    this.lengthHigh[place] = lengthHigh;
  }
}

/** Where the tables by connection keep one. */
export function connectionPlace(connection: number): number {
  return connection & (TABLE - 1);
}

/** Where the tables by disk and operation keep one. */
export function diskPlace(disk: number, op: number): number {
  return (disk * 8 + op) & (TABLE - 1);
}

function placeOf(disk: number, slot: number): number {
  return (slot + disk * 977) & (SLOTS - 1);
}
