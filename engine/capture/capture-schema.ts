import {
  Dictionary,
  Field,
  Float64,
  Schema,
  TimestampNanosecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { OP_NAMES, RowKind } from '#shared/events/vocabulary.ts';

/**
 * The columns of a capture, as docs/capture-format.md tells of them. Readers find a column by its name, so that later
 * versions may add some.
 */

/** Raised when a reader of before could take a file for something it is not; added columns and kinds do not raise it. */
export const CAPTURE_VERSION = 1;

/** Keys of the schema's metadata. */
export const META = {
  version: 'nbdscope.version',
  producer: 'nbdscope.producer',
  session: 'nbdscope.session',
} as const;

/** The key of a record batch's metadata. */
export const BATCH_META = 'nbdscope.batch';

/** In the kind column of rows that are none of the session's: a description of its disks and arrays, in force from there on. */
export const SESSION_ROW = 0xff;

/** The same for what is known of the structures on a disk from some row on. */
export const STRUCTURES_ROW = 0xfe;

/** How the rows' kinds are called in a capture, by RowKind. */
const KIND_NAMES: readonly (readonly [number, string])[] = [
  [0, 'unknown'],
  [RowKind.Request, 'request'],
  [RowKind.Completion, 'reply'],
  [RowKind.Unanswered, 'unanswered'],
  [RowKind.Connect, 'connect'],
  [RowKind.Disconnect, 'disconnect'],
  [RowKind.ClearPicture, 'clear'],
  [RowKind.Caption, 'caption'],
  [RowKind.FaultChange, 'fault'],
  [RowKind.Mark, 'mark'],
  [SESSION_ROW, 'session'],
  [STRUCTURES_ROW, 'structures'],
];

/** Words of a dictionary column, and which number each stands for here. */
export interface Words {
  readonly id: number;
  readonly names: readonly string[];
  readonly numbers: readonly number[];
}

export const KIND_WORDS: Words = {
  id: 0,
  names: KIND_NAMES.map(([, name]) => name),
  numbers: KIND_NAMES.map(([number]) => number),
};

/** What is no operation we know is `other`. */
export const OP_WORDS: Words = {
  id: 1,
  names: [...OP_NAMES, 'other'],
  numbers: [...OP_NAMES, 'other'].map((_, op) => op),
};

export type ColumnType = 'kind' | 'op' | 'u16' | 'u32' | 'u64' | 'time' | 'f64' | 'utf8';

interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

const column = <N extends string>(name: N, type: ColumnType, nullable = false) => ({ name, type, nullable });

export const COLUMNS = [
  column('sequence', 'u64'),
  column('kind', 'kind'),
  column('op', 'op', true),
  column('disk', 'u16'),
  column('flags', 'u16'),
  column('connection', 'u32'),
  column('cookie', 'u64'),
  column('offset', 'u64'),
  column('length', 'u64'),
  column('arrival', 'time', true),
  column('clock', 'time', true),
  column('errno', 'u16', true),
  column('latency_us', 'f64', true),
  column('reply_sequence', 'u64', true),
  column('reply_time', 'time', true),
  column('request_sequence', 'u64', true),
  column('slot', 'u32'),
  column('text', 'utf8', true),
] as const satisfies readonly ColumnSpec[];

export type ColumnName = (typeof COLUMNS)[number]['name'];

/** Bytes of one value; text has 4 of each row's end, and its own. */
export const VALUE_BYTES: Readonly<Record<ColumnType, number>> = {
  kind: 1,
  op: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  time: 8,
  f64: 8,
  utf8: 4,
};

function arrowType(type: ColumnType) {
  switch (type) {
    case 'kind':
    case 'op':
      return new Dictionary(new Utf8(), new Uint8(), type === 'kind' ? KIND_WORDS.id : OP_WORDS.id);
    case 'u16':
      return new Uint16();
    case 'u32':
      return new Uint32();
    case 'u64':
      return new Uint64();
    case 'time':
      return new TimestampNanosecond('UTC');
    case 'f64':
      return new Float64();
    case 'utf8':
      return new Utf8();
  }
}

/** The schema as Arrow spells it, with the metadata of one file. */
export function arrowSchema(metadata: ReadonlyMap<string, string>): Schema {
  const fields = COLUMNS.map(({ name, type, nullable }) => new Field(name, arrowType(type), nullable));
  return new Schema(fields, new Map(metadata));
}
