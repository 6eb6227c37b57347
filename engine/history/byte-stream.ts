const RAW = new DataView(new ArrayBuffer(8));
const TWO_31 = 0x8000_0000;

/** Bytes that are written one number after another: whole numbers below 2^53 in as few bytes as they need. */
export class ByteSink {
  #bytes = new Uint8Array(1 << 14);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  #grow(extra: number): void {
    const wider = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + extra));
    wider.set(this.#bytes);
    this.#bytes = wider;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, low bits first. */
  whole(value: number): void {
    if (this.length + 8 > this.#bytes.length) this.#grow(8);
    const bytes = this.#bytes;
    let at = this.length;
    let rest = value;
    while (rest >= TWO_31) {
      bytes[at] = (rest % 128) | 128;
      at += 1;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      bytes[at] = rest | 128;
      at += 1;
      rest >>>= 7;
    }
    bytes[at] = rest;
    this.length = at + 1;
  }

  u32(value: number): void {
    RAW.setUint32(0, value, true);
    this.#raw(4);
  }

  f64(value: number): void {
    RAW.setFloat64(0, value, true);
    this.#raw(8);
  }

  #raw(count: number): void {
    if (this.length + count > this.#bytes.length) this.#grow(count);
    for (let i = 0; i < count; i += 1) this.#bytes[this.length + i] = RAW.getUint8(i);
    this.length += count;
  }

  bytes(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A view of what was written, good until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Reads what a {@link ByteSink} wrote. Bytes are our own: past the end it reads zeroes. */
export class ByteSource {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    // A Buffer of Node's has a slice that copies nothing.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  whole(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.at] ?? 0;
    this.at += 1;
    if (byte < 128) return byte;
    let value = byte & 127;
    let weight = 128;
    do {
      byte = bytes[this.at] ?? 0;
      this.at += 1;
      value += (byte & 127) * weight;
      weight *= 128;
    } while (byte >= 128);
    return value;
  }

  u32(): number {
    this.#raw(4);
    return RAW.getUint32(0, true);
  }

  f64(): number {
    this.#raw(8);
    return RAW.getFloat64(0, true);
  }

  #raw(count: number): void {
    for (let i = 0; i < count; i += 1) RAW.setUint8(i, this.#bytes[this.at + i] ?? 0);
    this.at += count;
  }

  bytes(count: number): Uint8Array {
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }
}

/** A whole number of either sign as one that is not negative, small where its size is small. */
export function folded(value: number): number {
  return value < 0 ? -value * 2 - 1 : value * 2;
}

export function unfolded(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
