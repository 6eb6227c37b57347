const CHUNK_BYTES = 1 << 20;

/**
 * A growing little-endian byte buffer, for snapshots. Arrays are padded so that they can be viewed in place. Grows by
 * chunks: a snapshot may be hundreds of MB, and is copied once only.
 */
export class ByteWriter {
  readonly #full: Uint8Array[] = [];
  #fullBytes = 0;
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  /** Bytes written to `#bytes`. */
  #length = 0;

  /** Bytes written so far. */
  get byteLength(): number {
    return this.#fullBytes + this.#length;
  }

  #room(extra: number): void {
    if (this.#length + extra <= this.#bytes.length) return;
    this.#full.push(this.#bytes.subarray(0, this.#length));
    this.#fullBytes += this.#length;
    this.#bytes = new Uint8Array(Math.max(extra, CHUNK_BYTES));
    this.#view = new DataView(this.#bytes.buffer);
    this.#length = 0;
  }

  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  f64(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** The array's length in bytes as u32, then its bytes at the next multiple of 8. */
  array(values: ArrayBufferView): void {
    this.u32(values.byteLength);
    this.#room(8 + values.byteLength);
    this.#length += -(this.#fullBytes + this.#length) & 7;
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), this.#length);
    this.#length += values.byteLength;
  }

  /** What has been written, behind `reservedBytes` zero bytes for the caller's own use. */
  finish(reservedBytes = 0): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(reservedBytes + this.#fullBytes + this.#length);
    let at = reservedBytes;
    for (const part of [...this.#full, this.#bytes.subarray(0, this.#length)]) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

/** Reads what {@link ByteWriter} wrote. Every method throws RangeError past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A Buffer of Node's has a slice that copies nothing.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(): number {
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  f64(): number {
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  /** A copy of an array's bytes, whatever its length. */
  bytes(): Uint8Array {
    const byteLength = this.u32();
    this.#at = Math.ceil(this.#at / 8) * 8;
    if (this.#at + byteLength > this.#bytes.length) throw new RangeError('snapshot ends early');
    const copy = this.#bytes.slice(this.#at, this.#at + byteLength);
    this.#at += byteLength;
    return copy;
  }

  /** Copies an array into `target`. Throws RangeError when its length is another. */
  into<T extends ArrayBufferView>(target: T): T {
    const byteLength = this.u32();
    if (byteLength !== target.byteLength) {
      throw new RangeError(`snapshot holds ${byteLength} bytes where ${target.byteLength} are expected`);
    }
    this.#at = Math.ceil(this.#at / 8) * 8;
    if (this.#at + byteLength > this.#bytes.length) throw new RangeError('snapshot ends early');
    new Uint8Array(target.buffer, target.byteOffset, byteLength).set(
      this.#bytes.subarray(this.#at, this.#at + byteLength),
    );
    this.#at += byteLength;
    return target;
  }
}
