import {
  CHUNK_DONE,
  Chunk,
  Command,
  Errno,
  EXTENDED_REPLY_MAGIC,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_MAGIC,
} from '../protocol.ts';
import type { ByteReader } from './byte-reader.ts';
import type { DiskFacts } from './client-handshake.ts';

/** Error chunks with longer texts than this are not believed. */
const MAX_ERROR_CHUNK_BYTES = 64 << 10;
/** Chunk types from here on are errors ("Structured reply types"). */
const FIRST_ERROR_CHUNK = 0x8000;

/** A request that waits for its reply. */
export interface PendingReply {
  readonly command: number;
  readonly offset: bigint;
  /** For a read: where the bytes go. */
  readonly data: Buffer;
  /** Bytes of `data` that have come. */
  filled: number;
  errno: number;
  readonly resolve: (errno: number) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Reads one simple reply or one chunk of a structured one and settles what it ends.
 * @throws Error when the server breaks the protocol or the connection ends; the connection is of no use then.
 */
export async function readReply(
  reader: ByteReader,
  pending: Map<bigint, PendingReply>,
  { structuredReplies, extendedHeaders }: DiskFacts,
): Promise<void> {
  const start = await reader.take(16);
  const magic = start.readUInt32BE(0);
  const chunkMagic = extendedHeaders ? EXTENDED_REPLY_MAGIC : STRUCTURED_REPLY_MAGIC;
  if (magic === SIMPLE_REPLY_MAGIC && !extendedHeaders) {
    await readSimpleReply(reader, start, pending, structuredReplies);
  } else if (magic === chunkMagic && structuredReplies) {
    await readChunk(reader, start, pending, extendedHeaders);
  } else throw new Error(`the server sent something that is no reply (0x${magic.toString(16)})`);
}

async function readSimpleReply(
  reader: ByteReader,
  start: Buffer,
  pending: Map<bigint, PendingReply>,
  structuredReplies: boolean,
): Promise<void> {
  const cookie = start.readBigUInt64BE(8);
  const request = find(pending, cookie);
  const errno = start.readUInt32BE(4);
  if (request.command === Command.Read) {
    if (structuredReplies) throw new Error('the server answered a read with a simple reply');
    if (errno === Errno.Ok) (await reader.take(request.data.length)).copy(request.data);
  }
  pending.delete(cookie);
  request.resolve(errno);
}

async function readChunk(
  reader: ByteReader,
  start: Buffer,
  pending: Map<bigint, PendingReply>,
  extended: boolean,
): Promise<void> {
  const flags = start.readUInt16BE(4);
  const type = start.readUInt16BE(6);
  const cookie = start.readBigUInt64BE(8);
  const request = find(pending, cookie);
  const length = extended ? await extendedLength(reader, request) : (await reader.take(4)).readUInt32BE(0);
  if (type >= FIRST_ERROR_CHUNK) {
    if (length < 6 || length > MAX_ERROR_CHUNK_BYTES) {
      throw new Error(`the server sent an error of ${length} bytes`);
    }
    request.errno = (await reader.take(length)).readUInt32BE(0);
    if (request.errno === Errno.Ok) throw new Error('the server sent an error without a number');
  } else if (type === Chunk.OffsetData) {
    const to = place(request, (await reader.take(8)).readBigUInt64BE(0), length - 8);
    (await reader.take(length - 8)).copy(request.data, to);
  } else if (type === Chunk.OffsetHole) {
    if (length !== 12) throw new Error(`the server sent a hole of ${length} bytes on the wire`);
    const hole = await reader.take(12);
    const bytes = hole.readUInt32BE(8);
    const to = place(request, hole.readBigUInt64BE(0), bytes);
    request.data.fill(0, to, to + bytes);
  } else if (type !== Chunk.None || length !== 0) {
    throw new Error(`the server sent a chunk of type ${type} and ${length} bytes that was not asked for`);
  }
  if ((flags & CHUNK_DONE) === 0) return;
  if (request.errno === Errno.Ok && request.filled !== request.data.length) {
    throw new Error(`the server sent ${request.filled} bytes of ${request.data.length}`);
  }
  pending.delete(cookie);
  request.resolve(request.errno);
}

/** The rest of an extended header: the request's offset, and a length. */
async function extendedLength(reader: ByteReader, request: PendingReply): Promise<number> {
  const rest = await reader.take(16);
  if (rest.readBigUInt64BE(0) !== request.offset) {
    throw new Error('the server answered a request with the offset of another');
  }
  const length = rest.readBigUInt64BE(8);
  if (length > 0xffff_ffffn) throw new Error(`the server sent a chunk of ${length} bytes`);
  return Number(length);
}

/** Where in the request's data a chunk belongs. */
function place(request: PendingReply, offset: bigint, length: number): number {
  const to = offset - request.offset;
  if (length <= 0 || to < 0n || to + BigInt(length) > BigInt(request.data.length)) {
    throw new Error('the server sent bytes that were not asked for');
  }
  request.filled += length;
  return Number(to);
}

function find(pending: ReadonlyMap<bigint, PendingReply>, cookie: bigint): PendingReply {
  const request = pending.get(cookie);
  if (request === undefined) throw new Error(`the server answered a request that was not made (${cookie})`);
  return request;
}
