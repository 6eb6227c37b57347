import { LF } from './ascii.ts';

/** Lines longer than this, without their line feed, are not kept whole. */
export const MAX_LINE_BYTES = 65_536;
/** Bytes that may be read past the last line handed on. */
export const MARGIN_BYTES = 64;
/** What is kept of a line that is too long: so much of its head and so much of its end. */
const HEAD_BYTES = 128;
const TAIL_BYTES = 64;

export interface LineSink {
  /**
   * Whole lines from `from` to `to`; `view` views the same bytes, and {@link MARGIN_BYTES} more can be read. Every line
   * but those in the middle of a large piece is at most {@link MAX_LINE_BYTES} long.
   */
  lines(bytes: Uint8Array, view: DataView, from: number, to: number): void;
  /** A line that is too long, as its head and its end put together: `length` bytes with the line feed. */
  longLine(bytes: Uint8Array, view: DataView, length: number): void;
  /** NUL bytes were left out at the head of a line: the hole that stays where a file was emptied in place. */
  nuls(count: number): void;
}

/**
 * Makes lines of pieces of any size. Lines within a piece are handed on where they lie; only one that a piece's end
 * cuts is copied, together with those so near the end that reading ahead would leave the piece.
 */
export class LineBuffer {
  readonly #sink: LineSink;
  readonly #kept = new Uint8Array(MAX_LINE_BYTES + 1 + MARGIN_BYTES);
  readonly #keptView = new DataView(this.#kept.buffer);
  #keptLength = 0;
  /** The line is too long: its head is in `#kept`, its last bytes so far in `#tail`. */
  #skipping = false;
  readonly #short = new Uint8Array(HEAD_BYTES + TAIL_BYTES + 1 + MARGIN_BYTES);
  readonly #shortView = new DataView(this.#short.buffer);
  readonly #tail = new Uint8Array(TAIL_BYTES);

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  push(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = bytes.length;
    let p = 0;
    while (p < length) {
      if (this.#keptLength === 0 && !this.#skipping) {
        p = this.#skipNuls(bytes, p);
        const to = length - p > MARGIN_BYTES ? bytes.lastIndexOf(LF, length - MARGIN_BYTES) + 1 : 0;
        if (to > p) {
          this.#sink.lines(bytes, view, p, to);
          p = to;
          continue;
        }
      }
      const lf = bytes.indexOf(LF, p);
      const end = lf < 0 ? length : lf;
      this.#keep(bytes, p, end);
      if (lf >= 0) this.#finish();
      p = end + 1;
    }
  }

  /** No more bytes come: hands on what is left as if a line feed followed. */
  end(): void {
    if (this.#keptLength > 0) this.#finish();
  }

  /** Leaves out what has been kept. */
  forget(): void {
    this.#keptLength = 0;
    this.#skipping = false;
  }

  /** Hands on a line of `bytes` that is too long. `lf` is where its line feed stands. */
  longLineIn(bytes: Uint8Array, from: number, lf: number): void {
    this.#short.set(bytes.subarray(from, from + HEAD_BYTES));
    this.#short.set(bytes.subarray(lf - TAIL_BYTES, lf + 1), HEAD_BYTES);
    this.#sink.longLine(this.#short, this.#shortView, HEAD_BYTES + TAIL_BYTES + 1);
  }

  #skipNuls(bytes: Uint8Array, from: number): number {
    let p = from;
    while (p < bytes.length && bytes[p] === 0) p += 1;
    if (p > from) this.#sink.nuls(p - from);
    return p;
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    if (!this.#skipping && this.#keptLength + (to - from) > MAX_LINE_BYTES) {
      this.#skipping = true;
      const room = Math.max(0, HEAD_BYTES - this.#keptLength);
      const headEnd = Math.min(to, from + room);
      this.#append(bytes, from, headEnd);
      this.#tail.set(this.#kept.subarray(Math.max(0, this.#keptLength - TAIL_BYTES), this.#keptLength));
    }
    if (!this.#skipping) {
      this.#append(bytes, from, to);
      return;
    }
    const fresh = Math.min(TAIL_BYTES, to - from);
    this.#tail.copyWithin(0, fresh);
    this.#tail.set(bytes.subarray(to - fresh, to), TAIL_BYTES - fresh);
  }

  #append(bytes: Uint8Array, from: number, to: number): void {
    this.#kept.set(bytes.subarray(from, to), this.#keptLength);
    this.#keptLength += to - from;
  }

  #finish(): void {
    if (this.#skipping) {
      this.#short.set(this.#kept.subarray(0, HEAD_BYTES));
      this.#short.set(this.#tail, HEAD_BYTES);
      this.#short[HEAD_BYTES + TAIL_BYTES] = LF;
      this.forget();
      this.#sink.longLine(this.#short, this.#shortView, HEAD_BYTES + TAIL_BYTES + 1);
      return;
    }
    const length = this.#keptLength;
    this.#kept[length] = LF;
    this.#keptLength = 0;
    this.#sink.lines(this.#kept, this.#keptView, 0, length + 1);
  }
}
