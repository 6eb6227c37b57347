import { hasText } from './vocabulary.ts';

/**
 * The event batch: what every source produces, and what the session, the host channel and the window hand on.
 *
 * A struct of arrays over one ArrayBuffer, little-endian, 64 bytes a row; no object per event anywhere. Columns
 * are laid out widest first so that each is aligned for its typed array. Texts (captions, marks, fault changes) stand after the
 * columns as UTF-8, and a row points into them with its offset and length columns.
 *
 * Encoded form: a 32-byte header (u32 magic, u32 version, u32 row count, u32 text bytes, f64 first sequence
 * number, 8 bytes reserved), the columns for exactly that many rows, the text.
 */

/** Bytes that one row takes in the columns. */
export const ROW_BYTES = 64;

const MAGIC = 0x5453424e; // "NBST"
const VERSION = 1;
const HEADER_BYTES = 32;
/** So many rows are copied one by one: views of the columns would cost more. */
const FEW_ROWS = 8;

/** Numbers of one row, for callers that are not on a hot path (tests, notices). */
export interface RowInit {
  readonly kind: number;
  readonly op?: number;
  readonly flags?: number;
  readonly disk?: number;
  readonly errno?: number;
  readonly connection?: number;
  readonly slot?: number;
  readonly cookie?: bigint | number;
  readonly offsetBytes?: bigint | number;
  readonly lengthBytes?: bigint | number;
  readonly timeUs?: number;
  readonly clockUs?: number;
  readonly latencyUs?: number;
}

/**
 * A run of rows in arrival order. Fill one with {@link EventBatch.push} or, on a hot path, by writing the columns at
 * index `count` and then adding one to `count`.
 *
 * Columns (all of length `capacity`, valid below `count`):
 * - `timeUs` f64: the source's own time of the row, µs since the epoch; NaN where the source says `Time unknown`.
 * - `clockUs` f64: the session's clock: the running maximum of the times so far. Set by the session.
 * - `latencyUs` f64: for a completion, reply time minus request time, never below 0; NaN when unknown.
 * - `connection` u32, `slot` u32 (a small number that a request holds from its arrival to its completion, unique among
 *   the disk's requests in flight), `cookieLow/High` u32 (the id in the log, or the NBD cookie).
 * - `offsetLow/High`, `lengthLow/High` u32: bytes on the disk.
 * - `disk` u16, `flags` u16, `errno` u16, `kind` u8, `op` u8: see vocabulary.ts.
 */
export class EventBatch {
  readonly capacity: number;
  /** Rows filled so far. */
  count = 0;
  /** Sequence number of row 0 in its session; row i has `firstSequence + i`. Sequence numbers start at 1. */
  firstSequence = 0;
  /** UTF-8 texts that rows point into. */
  text: Uint8Array = new Uint8Array(0);

  readonly buffer: ArrayBuffer;
  readonly timeUs: Float64Array;
  readonly clockUs: Float64Array;
  readonly latencyUs: Float64Array;
  readonly connection: Uint32Array;
  readonly slot: Uint32Array;
  readonly cookieLow: Uint32Array;
  readonly cookieHigh: Uint32Array;
  readonly offsetLow: Uint32Array;
  readonly offsetHigh: Uint32Array;
  readonly lengthLow: Uint32Array;
  readonly lengthHigh: Uint32Array;
  readonly disk: Uint16Array;
  readonly flags: Uint16Array;
  readonly errno: Uint16Array;
  readonly kind: Uint8Array;
  readonly op: Uint8Array;

  /**
   * @param capacity rows it can hold, at least 1.
   * @param buffer an existing buffer to view, `byteOffset` into it at a multiple of 8.
   */
  constructor(capacity: number, buffer?: ArrayBuffer, byteOffset = 0) {
    const n = capacity;
    this.capacity = n;
    this.buffer = buffer ?? new ArrayBuffer(n * ROW_BYTES + 8);
    const b = this.buffer;
    let at = byteOffset;
    const f64 = (): Float64Array => {
      const column = new Float64Array(b, at, n);
      at += 8 * n;
      return column;
    };
    const u32 = (): Uint32Array => {
      const column = new Uint32Array(b, at, n);
      at += 4 * n;
      return column;
    };
    const u16 = (): Uint16Array => {
      const column = new Uint16Array(b, at, n);
      at += 2 * n;
      return column;
    };
    this.timeUs = f64();
    this.clockUs = f64();
    this.latencyUs = f64();
    this.connection = u32();
    this.slot = u32();
    this.cookieLow = u32();
    this.cookieHigh = u32();
    this.offsetLow = u32();
    this.offsetHigh = u32();
    this.lengthLow = u32();
    this.lengthHigh = u32();
    this.disk = u16();
    this.flags = u16();
    this.errno = u16();
    this.kind = new Uint8Array(b, at, n);
    this.op = new Uint8Array(b, at + n, n);
  }

  get isFull(): boolean {
    return this.count === this.capacity;
  }

  /** Appends one row. Throws RangeError when the batch is full or a number is out of its column's range. */
  push(row: RowInit): void {
    if (this.isFull) throw new RangeError(`event batch is full at ${this.capacity} rows`);
    const i = this.count;
    const offset = BigInt(row.offsetBytes ?? 0);
    const length = BigInt(row.lengthBytes ?? 0);
    const cookie = BigInt(row.cookie ?? 0);
    if (offset < 0n || length < 0n || offset >> 64n || length >> 64n) {
      throw new RangeError(`offset ${offset} and length ${length} must be unsigned 64-bit numbers`);
    }
    this.timeUs[i] = row.timeUs ?? Number.NaN;
    this.clockUs[i] = row.clockUs ?? Number.NaN;
    this.latencyUs[i] = row.latencyUs ?? Number.NaN;
    this.connection[i] = row.connection ?? 0;
    this.slot[i] = row.slot ?? 0;
    this.cookieLow[i] = Number(cookie & 0xffff_ffffn);
    this.cookieHigh[i] = Number(cookie >> 32n);
    this.offsetLow[i] = Number(offset & 0xffff_ffffn);
    this.offsetHigh[i] = Number(offset >> 32n);
    this.lengthLow[i] = Number(length & 0xffff_ffffn);
    this.lengthHigh[i] = Number(length >> 32n);
    this.disk[i] = row.disk ?? 0;
    this.flags[i] = row.flags ?? 0;
    this.errno[i] = row.errno ?? 0;
    this.kind[i] = row.kind;
    this.op[i] = row.op ?? 0;
    this.count = i + 1;
  }

  /** Appends rows `from` to `to` (exclusive) of another batch, with their words. The caller has seen that they fit. */
  appendRows(other: EventBatch, from: number, to: number): void {
    const at = this.count;
    this.#copyColumns(other, from, to);
    this.#takeTexts(other, at);
  }

  #copyColumns(other: EventBatch, from: number, to: number): void {
    if (to - from <= FEW_ROWS) {
      for (let i = from; i < to; i += 1) this.#copyRow(other, i);
      return;
    }
    const at = this.count;
    this.timeUs.set(other.timeUs.subarray(from, to), at);
    this.clockUs.set(other.clockUs.subarray(from, to), at);
    this.latencyUs.set(other.latencyUs.subarray(from, to), at);
    this.connection.set(other.connection.subarray(from, to), at);
    this.slot.set(other.slot.subarray(from, to), at);
    this.cookieLow.set(other.cookieLow.subarray(from, to), at);
    this.cookieHigh.set(other.cookieHigh.subarray(from, to), at);
    this.offsetLow.set(other.offsetLow.subarray(from, to), at);
    this.offsetHigh.set(other.offsetHigh.subarray(from, to), at);
    this.lengthLow.set(other.lengthLow.subarray(from, to), at);
    this.lengthHigh.set(other.lengthHigh.subarray(from, to), at);
    this.disk.set(other.disk.subarray(from, to), at);
    this.flags.set(other.flags.subarray(from, to), at);
    this.errno.set(other.errno.subarray(from, to), at);
    this.kind.set(other.kind.subarray(from, to), at);
    this.op.set(other.op.subarray(from, to), at);
    this.count = at + (to - from);
  }

  #copyRow(other: EventBatch, i: number): void {
    const at = this.count;
    this.timeUs[at] = other.timeUs[i] ?? 0;
    this.clockUs[at] = other.clockUs[i] ?? 0;
    this.latencyUs[at] = other.latencyUs[i] ?? 0;
    this.connection[at] = other.connection[i] ?? 0;
    this.slot[at] = other.slot[i] ?? 0;
    this.cookieLow[at] = other.cookieLow[i] ?? 0;
    this.cookieHigh[at] = other.cookieHigh[i] ?? 0;
    this.offsetLow[at] = other.offsetLow[i] ?? 0;
    this.offsetHigh[at] = other.offsetHigh[i] ?? 0;
    this.lengthLow[at] = other.lengthLow[i] ?? 0;
    this.lengthHigh[at] = other.lengthHigh[i] ?? 0;
    this.disk[at] = other.disk[i] ?? 0;
    this.flags[at] = other.flags[i] ?? 0;
    this.errno[at] = other.errno[i] ?? 0;
    this.kind[at] = other.kind[i] ?? 0;
    this.op[at] = other.op[i] ?? 0;
    this.count = at + 1;
  }

  /**
   * Copies the stretch of text that the rows from `first` on point into: they still point into that of `other`. Rows
   * from outside may point to the same bytes many times over; these are copied once.
   */
  #takeTexts(other: EventBatch, first: number): void {
    const end = other.text.length;
    let from = end;
    let to = 0;
    let hasAny = false;
    for (let i = first; i < this.count; i += 1) {
      if (!hasText(this.kind[i])) continue;
      const start = Math.min(this.offsetLow[i] ?? 0, end);
      hasAny = true;
      from = Math.min(from, start);
      to = Math.max(to, Math.min(start + (this.lengthLow[i] ?? 0), end));
    }
    // Hardly any rows have words: most batches are gone through once.
    if (!hasAny) return;
    const shift = this.text.length - from;
    for (let i = first; i < this.count; i += 1) {
      if (!hasText(this.kind[i])) continue;
      const start = Math.min(this.offsetLow[i] ?? 0, end);
      this.lengthLow[i] = Math.min(this.lengthLow[i] ?? 0, end - start);
      this.offsetLow[i] = start + shift;
    }
    if (to > from) this.text = joined(this.text, other.text.subarray(from, to));
  }

  /** Appends a row of a kind that carries words (see `hasText`), which are `text`. Throws RangeError when full. */
  pushText(text: string, row: Omit<RowInit, 'offsetBytes' | 'lengthBytes'>): void {
    const bytes = new TextEncoder().encode(text);
    this.push({ ...row, offsetBytes: this.text.length, lengthBytes: bytes.length });
    this.text = joined(this.text, bytes);
  }

  /** The words that row `i` points to; empty when it points outside the text. */
  textOf(i: number): string {
    const from = this.offsetLow[i] ?? 0;
    return new TextDecoder().decode(this.text.subarray(from, from + (this.lengthLow[i] ?? 0)));
  }

  /** The batch as bytes to send or store: header, columns for `count` rows, text. Always a fresh copy. */
  encode(): Uint8Array<ArrayBuffer> {
    const columnsBytes = this.count * ROW_BYTES;
    const bytes = new Uint8Array(HEADER_BYTES + columnsBytes + this.text.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, MAGIC, true);
    view.setUint32(4, VERSION, true);
    view.setUint32(8, this.count, true);
    view.setUint32(12, this.text.length, true);
    view.setFloat64(16, this.firstSequence, true);
    const packed = new EventBatch(this.count, bytes.buffer, HEADER_BYTES);
    packed.#copyColumns(this, 0, this.count);
    bytes.set(this.text, HEADER_BYTES + columnsBytes);
    return bytes;
  }

  /**
   * Reads what {@link encode} wrote. Views `bytes` where alignment allows, copies them otherwise.
   * Throws RangeError when the header does not fit the bytes.
   */
  static decode(bytes: Uint8Array): EventBatch {
    if (bytes.length < HEADER_BYTES)
      throw new RangeError(`event batch of ${bytes.length} bytes has no header`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = view.getUint32(8, true);
    const textBytes = view.getUint32(12, true);
    if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION) {
      throw new RangeError('not an event batch of version 1');
    }
    if (bytes.length !== HEADER_BYTES + count * ROW_BYTES + textBytes) {
      throw new RangeError(
        `event batch of ${count} rows and ${textBytes} text bytes in ${bytes.length} bytes`,
      );
    }
    const aligned = (bytes.byteOffset + HEADER_BYTES) % 8 === 0 && bytes.buffer instanceof ArrayBuffer;
    const source = aligned ? bytes : bytes.slice();
    const batch = new EventBatch(count, source.buffer as ArrayBuffer, source.byteOffset + HEADER_BYTES);
    batch.count = count;
    batch.firstSequence = view.getFloat64(16, true);
    batch.text = source.subarray(HEADER_BYTES + count * ROW_BYTES);
    return batch;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
