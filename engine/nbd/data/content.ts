/**
 * Bytes that are not there yet: what an expression of the data language comes to, without the memory it would take.
 * Pieces are shared, so a repetition costs as much as what is repeated.
 */

/** Where contents are painted to. Later calls go over earlier ones. */
export interface Canvas {
  /** Puts bytes at an offset. */
  put(offset: bigint, bytes: Buffer): void;
  /** Makes a range zeroes. */
  clear(offset: bigint, length: bigint): void;
}

/** A run of bytes. */
export interface Content {
  readonly size: bigint;
  /** At most so many bytes are painted that may be other than zero. */
  readonly dataBytes: bigint;
  /** At most so many pieces are looked at to paint it. */
  readonly pieces: bigint;
  /** Paints the bytes from `from` to before `to` at `at`; where none are, zeroes. */
  paint(canvas: Canvas, at: bigint, from: bigint, to: bigint): void;
}

/** Contents up to this size are put together at once, so that painting takes large steps. */
export const SMALL_BYTES = 32_768n;

class Zeroes implements Content {
  readonly size: bigint;
  readonly dataBytes = 0n;
  readonly pieces = 1n;

  constructor(size: bigint) {
    this.size = size;
  }

  paint(canvas: Canvas, at: bigint, from: bigint, to: bigint): void {
    canvas.clear(at, to - from);
  }
}

class Bytes implements Content {
  readonly size: bigint;
  readonly dataBytes: bigint;
  readonly pieces = 1n;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.size = BigInt(bytes.length);
    this.dataBytes = this.size;
  }

  paint(canvas: Canvas, at: bigint, from: bigint, to: bigint): void {
    canvas.put(at, this.#bytes.subarray(Number(from), Number(to)));
  }
}

class Placed implements Content {
  readonly size: bigint;
  readonly dataBytes: bigint;
  readonly pieces: bigint;
  readonly #parts: readonly { readonly at: bigint; readonly content: Content }[];

  constructor(size: bigint, parts: readonly { readonly at: bigint; readonly content: Content }[]) {
    this.size = size;
    this.#parts = parts;
    this.dataBytes = parts.reduce((sum, { content }) => sum + content.dataBytes, 0n);
    this.pieces = parts.reduce((sum, { content }) => sum + content.pieces, 1n);
  }

  paint(canvas: Canvas, at: bigint, from: bigint, to: bigint): void {
    canvas.clear(at, to - from);
    for (const part of this.#parts) {
      const start = part.at > from ? part.at : from;
      const end = part.at + part.content.size < to ? part.at + part.content.size : to;
      if (start < end) part.content.paint(canvas, at + start - from, start - part.at, end - part.at);
    }
  }
}

class Repeated implements Content {
  readonly size: bigint;
  readonly dataBytes: bigint;
  readonly pieces: bigint;
  readonly #of: Content;

  constructor(of: Content, times: bigint) {
    this.#of = of;
    this.size = of.size * times;
    this.dataBytes = of.dataBytes * times;
    this.pieces = of.pieces * times;
  }

  paint(canvas: Canvas, at: bigint, from: bigint, to: bigint): void {
    const each = this.#of.size;
    for (let position = from; position < to; ) {
      const within = position % each;
      const end = position - within + each < to ? position - within + each : to;
      this.#of.paint(canvas, at + position - from, within, within + end - position);
      position = end;
    }
  }
}

class Slice implements Content {
  readonly size: bigint;
  readonly dataBytes: bigint;
  readonly pieces: bigint;
  readonly #of: Content;
  readonly #from: bigint;

  constructor(of: Content, from: bigint, to: bigint) {
    this.#of = of;
    this.#from = from;
    this.size = to - from;
    this.dataBytes = of.dataBytes < this.size ? of.dataBytes : this.size;
    this.pieces = of.pieces;
  }

  paint(canvas: Canvas, at: bigint, from: bigint, to: bigint): void {
    this.#of.paint(canvas, at, this.#from + from, this.#from + to);
  }
}

class BufferCanvas implements Canvas {
  readonly bytes: Buffer;

  constructor(length: number) {
    this.bytes = Buffer.alloc(length);
  }

  put(offset: bigint, bytes: Buffer): void {
    bytes.copy(this.bytes, Number(offset));
  }

  clear(offset: bigint, length: bigint): void {
    this.bytes.fill(0, Number(offset), Number(offset + length));
  }
}

export const EMPTY: Content = new Zeroes(0n);

export function bytesContent(bytes: Buffer): Content {
  return bytes.every((byte) => byte === 0) ? new Zeroes(BigInt(bytes.length)) : new Bytes(bytes);
}

/** Contents at their places, a later one over an earlier one; zeroes where none is. */
export function placed(
  size: bigint,
  parts: readonly { readonly at: bigint; readonly content: Content }[],
): Content {
  const filled = parts.filter(({ content }) => content.size > 0n);
  if (filled.every(({ content }) => content.dataBytes === 0n)) return new Zeroes(size);
  const [only] = filled;
  if (filled.length === 1 && only?.at === 0n && only.content.size === size) return only.content;
  return together(new Placed(size, filled));
}

export function repeated(of: Content, times: bigint): Content {
  if (times === 0n || of.size === 0n) return EMPTY;
  if (of.dataBytes === 0n) return new Zeroes(of.size * times);
  if (times === 1n) return of;
  const whole = new Repeated(of, times);
  const perChunk = SMALL_BYTES / of.size;
  if (whole.size <= SMALL_BYTES || perChunk < 2n) return filled(of, times);
  const chunk = filled(of, perChunk);
  const chunks = new Repeated(chunk, times / perChunk);
  const rest = times % perChunk;
  if (rest === 0n) return chunks;
  const last = filled(of, rest);
  return new Placed(whole.size, [
    { at: 0n, content: chunks },
    { at: chunks.size, content: last },
  ]);
}

/** @param to at most the size. */
export function sliced(of: Content, from: bigint, to: bigint): Content {
  if (from >= to) return EMPTY;
  if (of.dataBytes === 0n) return new Zeroes(to - from);
  if (from === 0n && to === of.size) return of;
  return together(new Slice(of, from, to));
}

/** Whether it costs little to put it together. */
function isSmall({ size, dataBytes, pieces }: Content): boolean {
  return size <= SMALL_BYTES && dataBytes <= SMALL_BYTES * 4n && pieces <= SMALL_BYTES;
}

function together(content: Content): Content {
  return isSmall(content) ? bytesContent(painted(content)) : content;
}

/** As {@link together} of a repetition, without a step for every one. */
function filled(of: Content, times: bigint): Content {
  if (of.size * times > SMALL_BYTES || !isSmall(of)) return new Repeated(of, times);
  return bytesContent(Buffer.alloc(Number(of.size * times), painted(of)));
}

function painted(content: Content): Buffer {
  const canvas = new BufferCanvas(Number(content.size));
  content.paint(canvas, 0n, 0n, content.size);
  return canvas.bytes;
}
