import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress, zstdDecompress } from 'node:zlib';
import type { BlobFile } from '#engine/history/blob-store.ts';
import { SNAPSHOT_VERSION } from '#shared/model/snapshot.ts';

const MAGIC = 0x5849424e; // "NBIX"
/** To be raised with the form of this file and of what is in it. */
const VERSION = 2;
const HEAD_BYTES = 32;
const RECORD_MAGIC = 0x5249424e; // "NBIR"
const RECORD_BYTES = 32;
/** A checksum stands before each piece. */
const CRC_BYTES = 4;
/** Read at the place of each record: its head and mostly what it says. */
const HEAD_READ_BYTES = 8192;
/** What a record says of itself is no longer than this. */
const MAX_FACTS_BYTES = 0x400_0000;
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** By what a capture is told from another at the same place. */
export interface CaptureMark {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** CRC-32 of its first bytes. */
  readonly startCrc: number;
}

/** What was found in the file: what a record says, and where its pieces begin. */
export interface IndexRecord {
  readonly facts: Uint8Array;
  readonly piecesAt: number;
  /** Where the next record begins. */
  readonly end: number;
}

/** Where the piece behind one of `length` bytes at `at` is. */
export function nextPiece(at: number, length: number): number {
  return at + length + CRC_BYTES;
}

/**
 * A file that can be made again from a capture at any time. Records are added to its end; one that is cut or damaged ends what is
 * believed of it. A record says what it holds, and holds pieces of bytes that are read one by one when somebody wants them.
 *
 * Head, 32 bytes: u32 magic, u32 version, f64 size of the capture, f64 its time of change in ms, u32 checksum of its beginning, u32
 * version of the states. Record: u32 magic, u32 bytes of the packed facts, u32 of the facts, u32 checksum of the packed facts, f64 bytes of
 * the pieces, u32 zero, u32 checksum of the 28 bytes before; the facts, packed with zstd; then the pieces, each behind its checksum (u32).
 */
export class IndexFile implements BlobFile {
  readonly path: string;
  readonly #file: FileHandle;
  #end = HEAD_BYTES;
  #isClosed = false;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Opens the index of a capture, or makes an empty one where there is none of this very capture.
   * @throws Error when there cannot be such a file at that place.
   */
  static async open(path: string, mark: CaptureMark): Promise<IndexFile> {
    const file = await open(path, 'r+').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return open(path, 'wx+');
      throw error;
    });
    try {
      const index = new IndexFile(path, file);
      await index.#begin(headOf(mark));
      return index;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#end;
  }

  async #begin(expected: Uint8Array): Promise<void> {
    const { size } = await this.#file.stat();
    const head = new Uint8Array(HEAD_BYTES);
    await this.#file.read(head, 0, HEAD_BYTES, 0);
    if (size >= HEAD_BYTES && head.every((byte, i) => byte === expected[i])) return;
    if (size > 0 && new DataView(head.buffer).getUint32(0, true) !== MAGIC) {
      throw new Error(`${this.path} is no index of a capture; it is left as it is`);
    }
    await this.#file.truncate(0);
    await writeWhole(this.#file, expected, 0);
  }

  /** The records, as far as they are whole. New ones are written behind the last that was taken. */
  async *records(): AsyncGenerator<IndexRecord> {
    const { size } = await this.#file.stat();
    for (;;) {
      const record = await this.#recordAt(this.#end, size);
      if (record === null) return;
      this.#end = record.end;
      yield record;
    }
  }

  async #recordAt(at: number, size: number): Promise<IndexRecord | null> {
    if (at + RECORD_BYTES > size) return null;
    const head = new Uint8Array(Math.min(HEAD_READ_BYTES, size - at));
    await this.#file.read(head, 0, head.length, at);
    const view = new DataView(head.buffer);
    if (view.getUint32(0, true) !== RECORD_MAGIC) return null;
    if (view.getUint32(28, true) !== crc32(head.subarray(0, 28))) return null;
    const packedBytes = view.getUint32(4, true);
    const factsBytes = view.getUint32(8, true);
    const piecesAt = at + RECORD_BYTES + packedBytes;
    const end = piecesAt + view.getFloat64(16, true);
    if (packedBytes > MAX_FACTS_BYTES || factsBytes > MAX_FACTS_BYTES || !(end <= size)) return null;
    let packed = head.subarray(RECORD_BYTES, RECORD_BYTES + packedBytes);
    if (packed.length < packedBytes) {
      packed = new Uint8Array(packedBytes);
      await this.#file.read(packed, 0, packedBytes, at + RECORD_BYTES);
    }
    if (crc32(packed) !== view.getUint32(12, true)) return null;
    const facts = await decompress(packed, { maxOutputLength: Math.max(1, factsBytes) });
    return { facts, piecesAt: piecesAt + CRC_BYTES, end };
  }

  /** Adds a record; returns where its first piece is. @throws Error when it cannot be written: the file then ends before it. */
  async add(facts: Uint8Array, pieces: readonly Uint8Array[]): Promise<number> {
    const packed = await compress(facts, LEVEL);
    const head = new Uint8Array(RECORD_BYTES);
    const view = new DataView(head.buffer);
    const piecesBytes = pieces.reduce((sum, { length }) => sum + length + CRC_BYTES, 0);
    view.setUint32(0, RECORD_MAGIC, true);
    view.setUint32(4, packed.length, true);
    view.setUint32(8, facts.length, true);
    view.setUint32(12, crc32(packed), true);
    view.setFloat64(16, piecesBytes, true);
    view.setUint32(28, crc32(head.subarray(0, 28)), true);
    const parts: Uint8Array[] = [head, packed];
    for (const piece of pieces) {
      const crc = new Uint8Array(CRC_BYTES);
      new DataView(crc.buffer).setUint32(0, crc32(piece), true);
      parts.push(crc, piece);
    }
    const at = this.#end;
    try {
      await writeWhole(this.#file, Buffer.concat(parts), at);
    } catch (error) {
      await this.#file.truncate(at).catch(() => {});
      throw error;
    }
    const piecesAt = at + RECORD_BYTES + packed.length;
    this.#end = piecesAt + piecesBytes;
    return piecesAt + CRC_BYTES;
  }

  /** Forgets what lies behind a record; everything, when there is none. */
  async cut(end = HEAD_BYTES): Promise<void> {
    this.#end = end;
    await this.#file.truncate(end);
  }

  /** A piece. @throws Error when it cannot be read, is not what was written, or the file is closed. */
  read(at: number, length: number): Uint8Array {
    if (this.#isClosed) throw new Error(`${this.path} is closed`);
    const bytes = new Uint8Array(CRC_BYTES + length);
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(this.#file.fd, bytes, done, bytes.length - done, at - CRC_BYTES + done);
      if (got === 0) throw new Error(`${this.path} has become shorter since it was opened`);
      done += got;
    }
    const piece = bytes.subarray(CRC_BYTES);
    if (new DataView(bytes.buffer).getUint32(0, true) !== crc32(piece)) {
      throw new Error(`${this.path} is not what was written, at byte ${at}: it is damaged`);
    }
    return piece;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#file.close();
  }
}

function headOf({ sizeBytes, modifiedMs, startCrc }: CaptureMark): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setFloat64(8, sizeBytes, true);
  view.setFloat64(16, modifiedMs, true);
  view.setUint32(24, startCrc, true);
  view.setUint32(28, SNAPSHOT_VERSION, true);
  return head;
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
