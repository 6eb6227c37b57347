import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress, zstdDecompress } from 'node:zlib';

const MAGIC = 0x5849424e; // "NBIX"
/** To be raised with the form of this file; that of the states in it is seen when one is read. */
const VERSION = 1;
const HEAD_BYTES = 32;
const RECORD_MAGIC = 0x464b424e; // "NBKF"
const RECORD_BYTES = 32;
/** A state longer than this is none of ours. */
const MAX_STATE_BYTES = 0x4000_0000;
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

interface Keyframe {
  readonly sequence: number;
  readonly offset: number;
  readonly packedBytes: number;
  readonly stateBytes: number;
  readonly crc: number;
}

/**
 * States of a capture at rows on the way, in a file that can be made again from the capture at any time. Records are added to
 * its end, each with a checksum; one that is cut or damaged ends what is believed of the file.
 *
 * Head, 32 bytes: u32 magic, u32 version, f64 size of the capture, f64 its time of change in ms, u32 checksum of its beginning, u32
 * zero. Record: u32 magic, u32 bytes that follow the record's head, u32 bytes of the state, u32 checksum of what follows, f64
 * sequence, f64 zero; then the state, packed with zstd.
 */
export class KeyframeFile {
  readonly path: string;
  #file: FileHandle;
  /** Files that were thinned: somebody may still be reading from them. */
  readonly #former: FileHandle[] = [];
  readonly #mark: CaptureMark;
  #keyframes: Keyframe[] = [];
  #end = HEAD_BYTES;

  private constructor(path: string, file: FileHandle, mark: CaptureMark) {
    this.path = path;
    this.#file = file;
    this.#mark = mark;
  }

  /**
   * Opens the keyframes of a capture, or makes an empty file where there are none of this very capture.
   * @throws Error when there cannot be such a file at that place.
   */
  static async open(path: string, mark: CaptureMark): Promise<KeyframeFile> {
    const file = await open(path, 'r+').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return open(path, 'wx+');
      throw error;
    });
    const keyframes = new KeyframeFile(path, file, mark);
    try {
      await keyframes.#load();
    } catch (error) {
      await file.close();
      throw error;
    }
    return keyframes;
  }

  get bytes(): number {
    return this.#end;
  }

  get count(): number {
    return this.#keyframes.length;
  }

  /** The last row of which there is a state; null for none. */
  get lastSequence(): number | null {
    return this.#keyframes.at(-1)?.sequence ?? null;
  }

  /**
   * The last state from after `least` and no later than `most`; null for none. One that turns out to be damaged is forgotten, and
   * the one before it is taken.
   */
  async before(least: number, most: number): Promise<{ sequence: number; state: Uint8Array } | null> {
    for (;;) {
      const keyframe = this.#keyframes.findLast(({ sequence }) => sequence <= most);
      if (keyframe === undefined || keyframe.sequence <= least) return null;
      const packed = new Uint8Array(keyframe.packedBytes);
      const { bytesRead } = await this.#file.read(packed, 0, packed.length, keyframe.offset);
      if (bytesRead === packed.length && crc32(packed) === keyframe.crc) {
        const state = await decompress(packed, { maxOutputLength: keyframe.stateBytes });
        return { sequence: keyframe.sequence, state };
      }
      this.forget(keyframe.sequence);
    }
  }

  /** Adds the state after a row, which is later than all before. */
  async add(sequence: number, state: Uint8Array): Promise<void> {
    const packed = await compress(state, LEVEL);
    const crc = crc32(packed);
    const record = new Uint8Array(RECORD_BYTES + packed.length);
    const view = new DataView(record.buffer);
    view.setUint32(0, RECORD_MAGIC, true);
    view.setUint32(4, packed.length, true);
    view.setUint32(8, state.length, true);
    view.setUint32(12, crc, true);
    view.setFloat64(16, sequence, true);
    record.set(packed, RECORD_BYTES);
    await writeWhole(this.#file, record, this.#end);
    const offset = this.#end + RECORD_BYTES;
    this.#keyframes.push({ sequence, offset, packedBytes: packed.length, stateBytes: state.length, crc });
    this.#end += record.length;
  }

  /** Forgets the state after a row: it cannot be read. */
  forget(sequence: number): void {
    this.#keyframes = this.#keyframes.filter((keyframe) => keyframe.sequence !== sequence);
  }

  /** Keeps every second keyframe, in a file that takes the place of this one. */
  async thin(): Promise<void> {
    const beside = `${this.path}.new-${randomBytes(4).toString('hex')}`;
    const file = await open(beside, 'wx+');
    try {
      await writeWhole(file, headOf(this.#mark), 0);
      const kept: Keyframe[] = [];
      let end = HEAD_BYTES;
      for (const keyframe of this.#keyframes.filter((_, i) => i % 2 === 1)) {
        const record = new Uint8Array(RECORD_BYTES + keyframe.packedBytes);
        await this.#file.read(record, 0, record.length, keyframe.offset - RECORD_BYTES);
        await writeWhole(file, record, end);
        kept.push({ ...keyframe, offset: end + RECORD_BYTES });
        end += record.length;
      }
      await rename(beside, this.path);
      this.#former.push(this.#file);
      this.#file = file;
      this.#keyframes = kept;
      this.#end = end;
    } catch (error) {
      await file.close();
      await rm(beside, { force: true });
      throw error;
    }
  }

  /** Forgets them all. */
  async clear(): Promise<void> {
    this.#keyframes = [];
    this.#end = HEAD_BYTES;
    await this.#file.truncate(HEAD_BYTES);
  }

  async close(): Promise<void> {
    for (const file of [this.#file, ...this.#former]) await file.close();
  }

  async #load(): Promise<void> {
    const { size } = await this.#file.stat();
    const expected = headOf(this.#mark);
    const head = new Uint8Array(HEAD_BYTES);
    await this.#file.read(head, 0, HEAD_BYTES, 0);
    if (size < HEAD_BYTES || !head.every((byte, i) => byte === expected[i])) {
      if (size > 0 && new DataView(head.buffer).getUint32(0, true) !== MAGIC) {
        throw new Error(`${this.path} is no index of a capture; it is left as it is`);
      }
      await this.#file.truncate(0);
      await writeWhole(this.#file, expected, 0);
      return;
    }
    const record = new Uint8Array(RECORD_BYTES);
    const view = new DataView(record.buffer);
    while (this.#end + RECORD_BYTES <= size) {
      await this.#file.read(record, 0, RECORD_BYTES, this.#end);
      const packedBytes = view.getUint32(4, true);
      const stateBytes = view.getUint32(8, true);
      const offset = this.#end + RECORD_BYTES;
      const sequence = view.getFloat64(16, true);
      const follows = sequence > (this.lastSequence ?? -1) && sequence <= Number.MAX_SAFE_INTEGER;
      if (view.getUint32(0, true) !== RECORD_MAGIC || !follows || stateBytes > MAX_STATE_BYTES) break;
      if (offset + packedBytes > size) break;
      this.#keyframes.push({ sequence, offset, packedBytes, stateBytes, crc: view.getUint32(12, true) });
      this.#end = offset + packedBytes;
    }
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
  return head;
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
