import type { Schema } from 'apache-arrow';
import { CompressionType } from 'apache-arrow/fb/compression-type';
import { Message as MessageTable } from 'apache-arrow/fb/message';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { RecordBatch as RecordBatchTable } from 'apache-arrow/fb/record-batch';
import {
  BodyCompression,
  BufferRegion,
  DictionaryBatch,
  FieldNode,
  Message,
  RecordBatch,
} from 'apache-arrow/ipc/metadata/message';
import { ByteBuffer } from 'flatbuffers';
import type { EncodedBody, Region } from './arrow-body.ts';
import type { Words } from './capture-schema.ts';

/**
 * The messages of an Arrow IPC stream: `0xFFFFFFFF`, the length of the metadata (u32), the metadata (a flatbuffer, padded so
 * that what follows is at a multiple of 8), the body. Written through apache-arrow; read by hand from its generated tables,
 * as every length is checked before it is believed.
 */

export const CONTINUATION = 0xffff_ffff;
/** In front of the metadata. */
export const PREFIX_BYTES = 8;
/** Metadata longer than this is none of ours. */
export const MAX_METADATA_BYTES = 4 * 1024 * 1024;
/** A body longer than this is none of ours either. */
export const MAX_BODY_BYTES = 512 * 1024 * 1024;
const MAX_BUFFERS = 4096;
const MAX_KEYS = 64;

/** What ends a stream that was finished. */
export const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

export function schemaMessage(schema: Schema): Uint8Array {
  return framed(Message.encode(Message.from(schema)), new Uint8Array(0));
}

export function dictionaryMessage({ id, names }: Words): Uint8Array {
  const words = names.map((name) => new TextEncoder().encode(name));
  const ends = new Int32Array(names.length + 1);
  for (const [i, word] of words.entries()) ends[i + 1] = (ends[i] ?? 0) + word.length;
  const textBytes = ends[names.length] ?? 0;
  const endsBytes = aligned(ends.byteLength);
  const body = new Uint8Array(endsBytes + aligned(textBytes));
  body.set(new Uint8Array(ends.buffer));
  for (const [i, word] of words.entries()) body.set(word, endsBytes + (ends[i] ?? 0));
  const regions = [
    new BufferRegion(0, 0),
    new BufferRegion(0, ends.byteLength),
    new BufferRegion(endsBytes, textBytes),
  ];
  const data = new RecordBatch(names.length, [new FieldNode(names.length, 0)], regions, null);
  return framed(Message.encode(Message.from(new DictionaryBatch(data, id), body.length)), body);
}

/** A record batch of `count` rows whose buffers are packed with zstd, with `metadata` of its own. */
export function batchMessage(
  count: number,
  { bytes, regions, nullCounts }: EncodedBody,
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  const nodes = nullCounts.map((nulls) => new FieldNode(count, nulls));
  const buffers = regions.map(({ offset, length }) => new BufferRegion(offset, length));
  const packed = new BodyCompression(CompressionType.ZSTD);
  const batch = new RecordBatch(count, nodes, buffers, packed, [], new Map(metadata));
  return framed(Message.encode(Message.from(batch, bytes.length)), bytes);
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

function framed(metadata: Uint8Array, body: Uint8Array): Uint8Array {
  const metadataBytes = aligned(metadata.length);
  const bytes = new Uint8Array(PREFIX_BYTES + metadataBytes + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CONTINUATION, true);
  view.setUint32(4, metadataBytes, true);
  bytes.set(metadata, PREFIX_BYTES);
  bytes.set(body, PREFIX_BYTES + metadataBytes);
  return bytes;
}

/** What the metadata of a message says. */
export interface MessageFacts {
  readonly type: 'schema' | 'dictionary' | 'batch' | 'other';
  readonly bodyBytes: number;
  readonly table: MessageTable;
}

/** @throws RangeError when the bytes are no metadata. */
export function readMessage(metadata: Uint8Array): MessageFacts {
  const table = MessageTable.getRootAsMessage(new ByteBuffer(metadata));
  const bodyBytes = Number(table.bodyLength());
  if (!(bodyBytes >= 0 && bodyBytes <= MAX_BODY_BYTES && bodyBytes % 8 === 0)) {
    throw new RangeError(`a message of ${bodyBytes} bytes; at most ${MAX_BODY_BYTES} can be right`);
  }
  return { type: typeOf(table.headerType()), bodyBytes, table };
}

function typeOf(header: MessageHeader): MessageFacts['type'] {
  if (header === MessageHeader.Schema) return 'schema';
  if (header === MessageHeader.DictionaryBatch) return 'dictionary';
  return header === MessageHeader.RecordBatch ? 'batch' : 'other';
}

/** Keys and words of a table of the metadata. */
export interface KeyedTable {
  customMetadataLength(): number;
  customMetadata(i: number): { key(): string | null; value(): string | null } | null;
}

/** @throws RangeError when there are more than can be right. */
export function readKeys(table: KeyedTable): ReadonlyMap<string, string> {
  const count = table.customMetadataLength();
  if (!(count <= MAX_KEYS))
    throw new RangeError(`${count} keys of metadata; at most ${MAX_KEYS} can be right`);
  const keys = new Map<string, string>();
  for (let i = 0; i < count; i += 1) {
    const entry = table.customMetadata(i);
    keys.set(entry?.key() ?? '', entry?.value() ?? '');
  }
  return keys;
}

/** Where the columns of a record batch lie in its body. */
export interface BatchLayout {
  readonly count: number;
  readonly regions: readonly Region[];
  readonly isPacked: boolean;
}

/** The layout of a message of type batch. @throws RangeError when it cannot be right. */
export function readLayout({ table, bodyBytes }: MessageFacts, maxRows: number): BatchLayout {
  const batch: unknown = table.header(new RecordBatchTable());
  if (!(batch instanceof RecordBatchTable)) throw new RangeError('a message without its record batch');
  return layoutOf(batch, bodyBytes, maxRows);
}

export function layoutOf(batch: RecordBatchTable, bodyBytes: number, maxRows: number): BatchLayout {
  const count = Number(batch.length());
  if (!(count >= 0 && count <= maxRows))
    throw new RangeError(`a batch of ${count} rows; at most ${maxRows} can be right`);
  const buffers = batch.buffersLength();
  if (!(buffers <= MAX_BUFFERS)) throw new RangeError(`a batch of ${buffers} buffers`);
  const regions: Region[] = [];
  for (let i = 0; i < buffers; i += 1) {
    const buffer = batch.buffers(i);
    const offset = Number(buffer?.offset());
    const length = Number(buffer?.length());
    if (!(offset >= 0 && length >= 0 && offset + length <= bodyBytes)) {
      throw new RangeError(`a buffer of ${length} bytes at ${offset} in a batch of ${bodyBytes}`);
    }
    regions.push({ offset, length });
  }
  const compression = batch.compression();
  if (compression !== null && compression.codec() !== CompressionType.ZSTD) {
    throw new RangeError(
      'buffers packed with LZ4; nbdscope reads those that are packed with zstd, or not at all',
    );
  }
  return { count, regions, isPacked: compression !== null };
}
