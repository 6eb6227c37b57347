/**
 * The numbers and words of a structure on a disk, by their offset in it. Reading past the end throws a RangeError, which
 * whoever calls parsers turns into "not understood".
 */
export class Fields {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #isLittle: boolean;

  constructor(bytes: Uint8Array, endianness: 'little' | 'big' = 'little') {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#isLittle = endianness === 'little';
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.#isLittle);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.#isLittle);
  }

  i32(at: number): number {
    return this.#view.getInt32(at, this.#isLittle);
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(at, this.#isLittle);
  }

  /** Bytes up to the first zero as UTF-8; what no text has becomes U+FFFD, control characters too. */
  text(at: number, length: number): string {
    const field = this.slice(at, length);
    const end = field.indexOf(0);
    return printable(Buffer.from(field.subarray(0, end < 0 ? length : end)).toString('utf8'));
  }

  /** The same for UTF-16LE; `length` in bytes. */
  text16(at: number, length: number): string {
    const whole = Buffer.from(this.slice(at, length)).toString('utf16le');
    const end = whole.indexOf('\0');
    return printable(end < 0 ? whole : whole.slice(0, end));
  }

  /** Lower-case hexadecimal digits. */
  hex(at: number, length: number): string {
    return Buffer.from(this.slice(at, length)).toString('hex');
  }

  /** A UUID whose bytes stand in the order of its digits (RFC 9562), lower case. */
  uuid(at: number): string {
    return this.hex(at, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  slice(at: number, length: number): Uint8Array {
    if (at < 0 || at + length > this.bytes.length) throw new RangeError(`no ${length} bytes at ${at}`);
    return this.bytes.subarray(at, at + length);
  }
}

function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Cs}/gu, '\ufffd');
}
