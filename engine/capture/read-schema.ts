import { DictionaryBatch as DictionaryTable } from 'apache-arrow/fb/dictionary-batch';
import type { Field as FieldTable } from 'apache-arrow/fb/field';
import { FloatingPoint } from 'apache-arrow/fb/floating-point';
import { Int } from 'apache-arrow/fb/int';
import { Schema as SchemaTable } from 'apache-arrow/fb/schema';
import { TimeUnit } from 'apache-arrow/fb/time-unit';
import { Timestamp } from 'apache-arrow/fb/timestamp';
import { Type } from 'apache-arrow/fb/type';
import type { ColumnPlace } from './arrow-body.ts';
import { layoutOf, type MessageFacts, readKeys } from './arrow-messages.ts';
import { CAPTURE_VERSION, COLUMNS, META } from './capture-schema.ts';

const MAX_FIELDS = 256;
const MAX_WORDS = 256;

/** What the schema of a capture says. */
export interface SchemaFacts {
  /** Where our columns lie among the buffers of a batch, by their place in COLUMNS. */
  readonly places: readonly ColumnPlace[];
  readonly metadata: ReadonlyMap<string, string>;
  /** The ids of the dictionaries of the columns kind and op. */
  readonly kindDictionary: number;
  readonly opDictionary: number;
}

/**
 * Reads the schema of a capture. @throws RangeError naming what is missing when it is another table's, or of a version to
 * come.
 */
export function readSchema({ table }: MessageFacts): SchemaFacts {
  const schema: unknown = table.header(new SchemaTable());
  if (!(schema instanceof SchemaTable)) throw new RangeError('a message without its schema');
  const metadata = readKeys(schema);
  const version = metadata.get(META.version);
  if (version === undefined) throw new RangeError('an Arrow file, but no capture of nbdscope');
  if (version !== `${CAPTURE_VERSION}`) {
    throw new RangeError(
      `a capture of version ${version.slice(0, 20)}; this nbdscope reads version ${CAPTURE_VERSION}: use a later one`,
    );
  }
  const fields = fieldsOf(schema);
  const places: ColumnPlace[] = [];
  const ids = { kind: 0, op: 0 };
  for (const { name, type } of COLUMNS) {
    const found = fields.get(name);
    if (found === undefined || typeOf(found.field) !== type) {
      throw new RangeError(`a capture whose column ${name} is missing or of another type`);
    }
    places.push({ firstBuffer: found.firstBuffer });
    if (type === 'kind' || type === 'op') ids[type] = Number(found.field.dictionary()?.id() ?? 0);
  }
  return { places, metadata, kindDictionary: ids.kind, opDictionary: ids.op };
}

interface FoundField {
  readonly field: FieldTable;
  readonly firstBuffer: number;
}

function fieldsOf(schema: SchemaTable): ReadonlyMap<string, FoundField> {
  const count = schema.fieldsLength();
  if (!(count <= MAX_FIELDS)) throw new RangeError(`a table of ${count} columns`);
  const fields = new Map<string, FoundField>();
  let firstBuffer = 0;
  for (let i = 0; i < count; i += 1) {
    const field = schema.fields(i);
    if (field === null) continue;
    const name = field.name() ?? '';
    fields.set(name, { field, firstBuffer });
    const buffers = buffersOf(field);
    if (buffers === 0) throw new RangeError(`a column ${name.slice(0, 80)} of a type that is not known here`);
    firstBuffer += buffers;
  }
  return fields;
}

/** How many buffers of a batch are a column's; 0 for a type that captures do not have. */
function buffersOf(field: FieldTable): number {
  if (field.childrenLength() !== 0) return 0;
  if (field.dictionary() !== null) return 2;
  switch (field.typeType()) {
    case Type.Utf8:
    case Type.Binary:
      return 3;
    case Type.Int:
    case Type.FloatingPoint:
    case Type.Bool:
    case Type.Timestamp:
    case Type.Duration:
      return 2;
    default:
      return 0;
  }
}

/** The type in our words; of a dictionary column its name, as there is one of each. */
function typeOf(field: FieldTable): string {
  const dictionary = field.dictionary();
  if (dictionary !== null) {
    const isU8 = dictionary.indexType()?.bitWidth() === 8;
    return isU8 && field.typeType() === Type.Utf8 ? (field.name() ?? '') : 'other';
  }
  switch (field.typeType()) {
    case Type.Int: {
      const type: unknown = field.type(new Int());
      return type instanceof Int && !type.isSigned() ? `u${type.bitWidth()}` : 'other';
    }
    case Type.FloatingPoint: {
      const type: unknown = field.type(new FloatingPoint());
      return type instanceof FloatingPoint && type.precision() === 2 ? 'f64' : 'other';
    }
    case Type.Timestamp: {
      const type: unknown = field.type(new Timestamp());
      return type instanceof Timestamp && type.unit() === TimeUnit.NANOSECOND ? 'time' : 'other';
    }
    case Type.Utf8:
      return 'utf8';
    default:
      return 'other';
  }
}

/** The words of a message of type dictionary, and of which dictionary. @throws RangeError when they cannot be right. */
export function readDictionary(
  facts: MessageFacts,
  body: Uint8Array,
): { readonly id: number; readonly names: readonly string[] } {
  const dictionary: unknown = facts.table.header(new DictionaryTable());
  if (!(dictionary instanceof DictionaryTable) || dictionary.isDelta()) {
    throw new RangeError('a dictionary that is not whole');
  }
  const data = dictionary.data();
  if (data === null) throw new RangeError('a dictionary without its words');
  const { count, regions, isPacked } = layoutOf(data, facts.bodyBytes, MAX_WORDS);
  const [, endsRegion, textRegion] = regions;
  if (
    isPacked ||
    endsRegion === undefined ||
    textRegion === undefined ||
    endsRegion.length < 4 * (count + 1)
  ) {
    throw new RangeError('a dictionary that is packed or cut');
  }
  const view = new DataView(body.buffer, body.byteOffset + endsRegion.offset, endsRegion.length);
  const text = body.subarray(textRegion.offset, textRegion.offset + textRegion.length);
  const names: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const word = text.subarray(view.getInt32(4 * i, true), view.getInt32(4 * i + 4, true));
    names.push(new TextDecoder().decode(word));
  }
  return { id: Number(dictionary.id()), names };
}
