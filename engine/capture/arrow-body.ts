import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ColumnBuffers } from './capture-rows.ts';
import { CaptureRows } from './capture-rows.ts';
import { COLUMNS, VALUE_BYTES } from './capture-schema.ts';
import type { Dictionaries } from './dictionaries.ts';

/** Where a buffer lies in the body of a message, bytes. */
export interface Region {
  readonly offset: number;
  readonly length: number;
}

export interface EncodedBody {
  readonly bytes: Uint8Array;
  readonly regions: readonly Region[];
  readonly nullCounts: readonly number[];
}

/** The cheapest level: a session is recorded while it goes. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Buffers shorter than this are stored as they are. */
const MIN_PACKED_BYTES = 64;

/** The length in front of a packed buffer when it is not packed. */
const NOT_PACKED = -1n;

/** Texts of one batch at most: more is no capture of ours. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** The body of a record batch: each buffer packed with zstd on its own, at a multiple of 8. */
export function encodeBody(rows: CaptureRows, dictionaries: Dictionaries): EncodedBody {
  const parts: Uint8Array[] = [];
  const regions: Region[] = [];
  const nullCounts: number[] = [];
  let at = 0;
  const add = (buffer: Uint8Array): void => {
    const packed = pack(buffer);
    regions.push({ offset: at, length: packed.length });
    parts.push(packed);
    at += aligned(packed.length);
  };
  for (const [i, { type }] of COLUMNS.entries()) {
    const { nullCount, validity, ends, values } = rows.buffers(i);
    nullCounts.push(nullCount);
    add(validity);
    if (type === 'utf8') add(ends);
    add(type === 'kind' || type === 'op' ? dictionaries.toIndexes(type, values) : values);
  }
  const bytes = new Uint8Array(at);
  for (const [i, part] of parts.entries()) bytes.set(part, regions[i]?.offset ?? 0);
  return { bytes, regions, nullCounts };
}

function pack(buffer: Uint8Array): Uint8Array {
  if (buffer.length === 0) return buffer;
  const packed = buffer.length < MIN_PACKED_BYTES ? buffer : zstdCompressSync(buffer, LEVEL);
  const isShorter = packed.length < buffer.length;
  const content = isShorter ? packed : buffer;
  const bytes = new Uint8Array(8 + content.length);
  new DataView(bytes.buffer).setBigInt64(0, isShorter ? BigInt(buffer.length) : NOT_PACKED, true);
  bytes.set(content, 8);
  return bytes;
}

/** Which of a file's buffers hold a column of ours; null where the file has none, and every row is without. */
export interface ColumnPlace {
  readonly firstBuffer: number;
}

/**
 * Reads the body of a record batch of `count` rows. What it says of lengths is believed only where it fits the rows.
 * @param isPacked whether buffers are packed with zstd; false where they lie as they are.
 * @throws RangeError when it does not hold what it should.
 */
export function decodeBody(
  body: Uint8Array,
  regions: readonly Region[],
  places: readonly ColumnPlace[],
  count: number,
  isPacked: boolean,
  dictionaries: Dictionaries,
): CaptureRows {
  const rows = new CaptureRows(count);
  rows.count = count;
  const buffer = (number: number, maxBytes: number): Uint8Array => {
    const region = regions[number];
    if (region === undefined) throw new RangeError(`a batch without its buffer ${number}`);
    if (region.offset + region.length > body.length)
      throw new RangeError('a buffer that ends past its batch');
    const bytes = body.subarray(region.offset, region.offset + region.length);
    return isPacked ? unpack(bytes, maxBytes) : bytes;
  };
  for (const [i, { name, type, nullable }] of COLUMNS.entries()) {
    const first = places[i]?.firstBuffer ?? 0;
    const bitmapBytes = Math.ceil(count / 8);
    const validity = nullable ? buffer(first, 8 * Math.ceil(bitmapBytes / 8)) : new Uint8Array(0);
    if (validity.length > 0 && validity.length < bitmapBytes) throw short(name);
    let column: ColumnBuffers;
    if (type === 'utf8') {
      const ends = exactly(buffer(first + 1, aligned(4 * (count + 1))), 4 * (count + 1), name);
      column = { nullCount: 0, validity, ends, values: buffer(first + 2, MAX_TEXT_BYTES) };
    } else {
      const bytes = count * VALUE_BYTES[type];
      const values = exactly(buffer(first + 1, aligned(bytes)), bytes, name);
      const numbers = type === 'kind' || type === 'op' ? dictionaries.toNumbers(type, values) : values;
      column = { nullCount: 0, validity, ends: new Uint8Array(0), values: numbers };
    }
    rows.take(i, column);
  }
  checkTexts(rows);
  return rows;
}

function unpack(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.length === 0) return bytes;
  if (bytes.length < 8) throw new RangeError('a packed buffer without its length');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
  const content = bytes.subarray(8);
  if (length === NOT_PACKED) return content;
  if (length < 0n || length > BigInt(maxBytes)) {
    throw new RangeError(`a buffer that says it holds ${length} bytes; ${maxBytes} at most would be right`);
  }
  const unpacked = zstdDecompressSync(content, { maxOutputLength: Math.max(1, Number(length)) });
  if (unpacked.length !== Number(length)) throw new RangeError('a buffer that is not as long as it says');
  return unpacked;
}

function exactly(bytes: Uint8Array, length: number, name: string): Uint8Array {
  if (bytes.length < length) throw short(name);
  return bytes.subarray(0, length);
}

function short(name: string): RangeError {
  return new RangeError(`the column ${name} is shorter than its rows`);
}

/** Texts lie one behind the other, within what there is. */
function checkTexts(rows: CaptureRows): void {
  let end = 0;
  for (let i = 0; i <= rows.count; i += 1) {
    const next = rows.textEnds[i] ?? 0;
    if (next < end || next > rows.text.length) throw new RangeError('the texts of a batch overlap');
    end = next;
  }
}
