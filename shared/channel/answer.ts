/**
 * The payload of an Answer frame: u32 length of the JSON, the JSON as UTF-8, zero bytes up to a multiple of 8, then the
 * columns one after another, each beginning at a multiple of 8. The JSON is `{ json, columns: [name, type, length][] }`.
 * Little-endian.
 */

const TYPES = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
  u64: BigUint64Array,
} as const;
type TypeName = keyof typeof TYPES;
export type Column = InstanceType<(typeof TYPES)[TypeName]>;

/** What came of a question: facts as JSON, and columns of numbers by name. */
export interface Answer {
  readonly json: unknown;
  readonly columns: Readonly<Record<string, Column>>;
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export function encodeAnswer(answer: Answer): Uint8Array<ArrayBuffer> {
  const columns = Object.entries(answer.columns);
  const head = new TextEncoder().encode(
    JSON.stringify({
      json: answer.json ?? null,
      columns: columns.map(([name, column]) => [name, typeOf(column), column.length]),
    }),
  );
  const start = aligned(4 + head.length);
  const bytes = new Uint8Array(
    start + columns.reduce((sum, [, { byteLength }]) => sum + aligned(byteLength), 0),
  );
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  let at = start;
  for (const [, column] of columns) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += aligned(column.byteLength);
  }
  return bytes;
}

/** Reads what {@link encodeAnswer} wrote. Throws RangeError when the bytes are no answer. */
export function decodeAnswer(payload: Uint8Array): Answer {
  if (payload.length < 4) throw new RangeError(`an answer of ${payload.length} bytes`);
  // A copy of its own: columns then lie aligned wherever the frame did.
  const bytes = payload.slice();
  const headBytes = new DataView(bytes.buffer).getUint32(0, true);
  if (4 + headBytes > bytes.length)
    throw new RangeError(`an answer whose head of ${headBytes} bytes is cut off`);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headBytes))) as {
    readonly json: unknown;
    readonly columns: readonly (readonly [string, TypeName, number])[];
  };
  const columns: Record<string, Column> = {};
  let at = aligned(4 + headBytes);
  for (const [name, type, length] of head.columns) {
    const Type = TYPES[type];
    if (Type === undefined) throw new RangeError(`an answer with a column of type "${type}"`);
    columns[name] = new Type(bytes.buffer, at, length);
    at += aligned(length * Type.BYTES_PER_ELEMENT);
  }
  return { json: head.json, columns };
}

function typeOf(column: Column): TypeName {
  for (const [name, Type] of Object.entries(TYPES)) if (column instanceof Type) return name as TypeName;
  throw new RangeError('a column of no type that travels');
}
