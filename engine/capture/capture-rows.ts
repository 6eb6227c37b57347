import { COLUMNS, type ColumnName, type ColumnType, VALUE_BYTES } from './capture-schema.ts';

/** The two or three buffers of one column, as Arrow lays them out. */
export interface ColumnBuffers {
  readonly nullCount: number;
  /** A bit for each row, set where there is a value; empty where every row has one. */
  readonly validity: Uint8Array;
  /** Ends of texts; empty for columns of numbers. */
  readonly ends: Uint8Array;
  readonly values: Uint8Array;
}

/**
 * Rows of a capture in columns, before they are written and after they are read. 64-bit columns are pairs of 32-bit halves.
 * Everything is valid below `count`; a nullable column's value counts only where {@link CaptureRows.has} says so.
 */
export class CaptureRows {
  count = 0;
  readonly capacity: number;
  readonly sequence: Uint32Array;
  readonly kind: Uint8Array;
  readonly op: Uint8Array;
  readonly disk: Uint16Array;
  readonly flags: Uint16Array;
  readonly connection: Uint32Array;
  readonly cookie: Uint32Array;
  readonly offset: Uint32Array;
  readonly length: Uint32Array;
  readonly arrival: Uint32Array;
  readonly clock: Uint32Array;
  readonly errno: Uint16Array;
  readonly latencyUs: Float64Array;
  readonly replySequence: Uint32Array;
  readonly replyTime: Uint32Array;
  readonly requestSequence: Uint32Array;
  readonly slot: Uint32Array;
  /** Where each row's text ends; it begins where that of the row before ends. One element more than rows, the first 0. */
  readonly textEnds: Int32Array;
  text: Uint8Array = new Uint8Array(0);
  /** One bitmap for each column, by its place in COLUMNS; an empty one where no row may lack the value. */
  readonly validity: readonly Uint8Array[];

  constructor(capacity: number) {
    const n = capacity;
    this.capacity = n;
    this.sequence = new Uint32Array(2 * n);
    this.kind = new Uint8Array(n);
    this.op = new Uint8Array(n);
    this.disk = new Uint16Array(n);
    this.flags = new Uint16Array(n);
    this.connection = new Uint32Array(n);
    this.cookie = new Uint32Array(2 * n);
    this.offset = new Uint32Array(2 * n);
    this.length = new Uint32Array(2 * n);
    this.arrival = new Uint32Array(2 * n);
    this.clock = new Uint32Array(2 * n);
    this.errno = new Uint16Array(n);
    this.latencyUs = new Float64Array(n);
    this.replySequence = new Uint32Array(2 * n);
    this.replyTime = new Uint32Array(2 * n);
    this.requestSequence = new Uint32Array(2 * n);
    this.slot = new Uint32Array(n);
    this.textEnds = new Int32Array(n + 1);
    this.validity = COLUMNS.map(({ nullable }) => new Uint8Array(nullable ? Math.ceil(n / 8) : 0));
  }

  /** Makes room for other rows; what a row does not set is 0 or null. */
  clear(): void {
    for (const { name } of COLUMNS) this.numbers(name).fill(0);
    for (const bits of this.validity) bits.fill(0);
    this.text = new Uint8Array(0);
    this.count = 0;
  }

  /** The array behind a column; the ends of the texts for `text`. */
  numbers(name: ColumnName): Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array {
    switch (name) {
      case 'latency_us':
        return this.latencyUs;
      case 'reply_sequence':
        return this.replySequence;
      case 'reply_time':
        return this.replyTime;
      case 'request_sequence':
        return this.requestSequence;
      case 'text':
        return this.textEnds;
      default:
        return this[name];
    }
  }

  has(column: number, i: number): boolean {
    return ((this.validity[column]?.[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
  }

  /** Says that row `i` has a value in a nullable column. */
  mark(column: number, i: number): void {
    const bits = this.validity[column];
    if (bits !== undefined) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
  }

  /** The buffers of a column, viewed in place. */
  buffers(column: number): ColumnBuffers {
    const { name, type, nullable } = COLUMNS[column] ?? COLUMNS[0];
    const values = this.#bytes(name, type);
    const bits = this.validity[column] ?? new Uint8Array(0);
    const nullCount = nullable ? this.count - bitsSet(bits, this.count) : 0;
    const validity = nullCount === 0 ? new Uint8Array(0) : bits.subarray(0, Math.ceil(this.count / 8));
    if (type === 'utf8') return { nullCount, validity, ends: values, values: this.text };
    return { nullCount, validity, ends: new Uint8Array(0), values };
  }

  /** Takes over a column that was read. The caller has seen that the lengths fit. */
  take(column: number, read: ColumnBuffers): void {
    const { name, type, nullable } = COLUMNS[column] ?? COLUMNS[0];
    if (type === 'utf8') this.text = read.values;
    this.#bytes(name, type).set(type === 'utf8' ? read.ends : read.values);
    const bits = this.validity[column];
    if (!nullable || bits === undefined) return;
    if (read.validity.length === 0) bits.fill(0xff);
    else bits.set(read.validity.subarray(0, bits.length));
  }

  #bytes(name: ColumnName, type: ColumnType): Uint8Array {
    const array = this.numbers(name);
    const bytes = (type === 'utf8' ? this.count + 1 : this.count) * VALUE_BYTES[type];
    return new Uint8Array(array.buffer, array.byteOffset, bytes);
  }
}

/** The places of the nullable columns, for {@link CaptureRows.has} and {@link CaptureRows.mark}. */
export const AT: Readonly<Record<ColumnName, number>> = Object.fromEntries(
  COLUMNS.map(({ name }, i) => [name, i]),
) as Record<ColumnName, number>;

function bitsSet(bits: Uint8Array, count: number): number {
  let set = 0;
  for (let i = 0; i < count >> 3; i += 1) {
    let byte = bits[i] ?? 0;
    byte -= (byte >> 1) & 0x55;
    byte = (byte & 0x33) + ((byte >> 2) & 0x33);
    set += (byte + (byte >> 4)) & 0x0f;
  }
  for (let i = count & ~7; i < count; i += 1) set += ((bits[i >> 3] ?? 0) >> (i & 7)) & 1;
  return set;
}
