import { createHash } from 'node:crypto';
import { mkdir, realpath, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress, zstdDecompress } from 'node:zlib';
import { ActivityBins } from '#engine/history/activity-bins.ts';
import type { Blob } from '#engine/history/blob-store.ts';
import { ByteSink, ByteSource } from '#engine/history/byte-stream.ts';
import { FootprintWriter, mayTouch } from '#engine/history/footprint.ts';
import { Keyframes } from '#engine/history/keyframes.ts';
import { ByteReader, ByteWriter } from '#shared/bytes/binary.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import type { CaptureReader } from './capture-reader.ts';
import { IndexBlobs, PieceReader, written } from './index-blobs.ts';
import { IndexFile, type IndexRecord } from './index-file.ts';

/** Of the capture's first bytes a checksum is kept. */
const START_BYTES = 64 * 1024;
/** The index of a short capture may take so much all the same. */
const MIN_LIMIT_BYTES = 64 * 1024 * 1024;
/**
 * That of a long one takes at most this share of it. Requests all over a large disk leave as much to keep for each, however far
 * keyframes are apart, until these hold the whole picture: with less room, seeks would take seconds.
 */
const LIMIT_SHARE = 2;
/** So much of the file system is left free. */
const LEFT_FREE_BYTES = 512 * 1024 * 1024;
/** What was counted is written whole when so much more has been counted than the last time. */
const CHECKPOINT_GROWTH = 1.5;
/** As long as all of that takes no more than this share of what the index may take. */
const CHECKPOINT_SHARE = 0.25;
/** Nothing that was counted is longer, unpacked. */
const MAX_ACTIVITY_BYTES = 0x1000_0000;
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const HAS_KEYFRAME = 1;
const HAS_ACTIVITY = 2;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export interface IndexOptions {
  /** Where the index lies when it cannot lie beside the capture. */
  readonly cacheDir: string;
  readonly limitBytes?: number;
}

/** A record that was read, but for its keyframe. */
interface ReadRecord {
  readonly record: IndexRecord;
  readonly facts: ByteSource;
  readonly sequence: number;
  readonly flags: number;
}

/**
 * What is known of a capture besides its rows: keyframes on the way, from which any state is soon made and of which pages are read
 * only when somebody looks at them; what was counted, for timelines; which blocks each batch is of. It is made once, going through the
 * rows, and lies beside the capture in `FILE.index`, or in the cache where that cannot be written. Where no file can be had at all there are
 * no keyframes, and far seeks take their time.
 */
export class CaptureIndex {
  /** The last row that was looked at. */
  reached: number;
  /** Whether there is nothing left to look at. */
  isWhole = false;
  readonly #base: SessionState;
  readonly #lastSequence: number;
  readonly #limitBytes: number;
  readonly #onTrouble: (reason: string) => void;
  readonly #blobs = new IndexBlobs();
  readonly #footprintWriter = new FootprintWriter();
  #file: IndexFile | null;
  #canWrite: boolean;
  #keyframes: Keyframes;
  #activity: ActivityBins;
  /** By batch, from the first on. */
  #footprints: Blob[] = [];
  /** Of these, those that lie in the file. */
  #footprintsWritten = 0;
  /** Rows that were counted when that was written last. */
  #checkpoint = 0;
  /** Of what was counted by then, and of all that was written of it. */
  #activityBytes = 0;
  #checkpointBytes = 0;
  #largestBytes = 0;

  private constructor(
    base: SessionState,
    lastSequence: number,
    file: IndexFile | null,
    limitBytes: number,
    onTrouble: (reason: string) => void,
  ) {
    this.#base = base;
    this.#lastSequence = lastSequence;
    this.#file = file;
    this.#canWrite = file !== null;
    this.#limitBytes = limitBytes;
    this.#onTrouble = onTrouble;
    this.reached = base.sequence;
    this.#keyframes = this.#newKeyframes();
    this.#activity = new ActivityBins(base);
  }

  /** None, for a capture so short that any state is soon made. @param base the state before its first row. */
  static none(base: SessionState): CaptureIndex {
    const index = new CaptureIndex(base, base.sequence, null, 0, () => {});
    index.isWhole = true;
    return index;
  }

  /**
   * Takes what there is of the index of a capture.
   * @param onTrouble told when what lies in its file cannot be read: {@link clear} it then.
   */
  static async open(
    reader: CaptureReader,
    base: SessionState,
    options: IndexOptions,
    onTrouble: (reason: string) => void,
  ): Promise<CaptureIndex> {
    const { sizeBytes, batches } = reader;
    const last = batches.length === 0 ? base.sequence : batches.last(batches.length - 1);
    const limitBytes = options.limitBytes ?? Math.max(MIN_LIMIT_BYTES, sizeBytes * LIMIT_SHARE);
    const file = await openFile(reader, options.cacheDir);
    const index = new CaptureIndex(base, last, file, limitBytes, onTrouble);
    if (file !== null) await index.#load(file);
    return index;
  }

  get bytes(): number {
    return this.#file?.bytes ?? 0;
  }

  /** What was counted of all rows; null while some are left, or when nothing was. */
  get activity(): ActivityBins | null {
    return this.isWhole && this.reached > this.#base.sequence ? this.#activity : null;
  }

  /** A state of the caller's own as at the last keyframe that is no later than a row; as before all rows, when that cannot be read. */
  restore(sequence: number): SessionState {
    try {
      return this.#keyframes.restore(this.#keyframes.at(sequence));
    } catch (error) {
      this.#onTrouble(error instanceof Error ? error.message : String(error));
      return this.#keyframes.restore(this.#keyframes.at(this.#base.sequence));
    }
  }

  /** Whether a batch of the capture may hold a row of some blocks. */
  mayTouch(batch: number, disk: number, firstBlock: number, endBlock: number): boolean {
    const footprint = this.#footprints[batch];
    if (footprint === undefined) return true;
    try {
      return mayTouch(this.#blobs.read(footprint), disk, firstBlock, endBlock);
    } catch (error) {
      this.#onTrouble(error instanceof Error ? error.message : String(error));
      return true;
    }
  }

  /** Takes up a state that was made of the last keyframe, in steps, so that others can be made behind it. */
  resume(state: SessionState): Generator<void, void> {
    return this.#keyframes.resume(state);
  }

  /** Looks at the next batch, whole. */
  note(batch: EventBatch): void {
    this.#activity.append(batch);
    if (this.#canWrite) this.#footprints.push(this.#blobs.put(this.#footprintWriter.write(batch)));
    this.reached = batch.firstSequence + batch.count - 1;
  }

  /** Whether there is room for a keyframe behind what was looked at: the limit is spent evenly. */
  get hasRoom(): boolean {
    return this.#canWrite && this.bytes + this.#largestBytes + 2 * this.#activityBytes <= this.#shareBytes;
  }

  /** What the index may take by now, so that it keeps its limit at the end. */
  get #shareBytes(): number {
    const rows = this.#lastSequence - this.#base.sequence;
    return (this.#limitBytes * (this.reached - this.#base.sequence)) / Math.max(1, rows);
  }

  /** Makes a keyframe of the state after all that was looked at, in steps, which {@link write} then writes. */
  addKeyframe(state: SessionState): Generator<void, void> {
    return this.#keyframes.addInSteps(state);
  }

  /**
   * Writes what has come since the last time.
   * @param isLast whether it is to be gone on from there whatever happens.
   * @returns false when it cannot be written: what there is serves.
   */
  async write(hasKeyframe: boolean, isLast: boolean): Promise<boolean> {
    const file = this.#file;
    if (file === null || !this.#canWrite) return false;
    const rows = this.reached - this.#base.sequence;
    if (isLast && rows === this.#checkpoint) return true;
    const isDue =
      rows >= this.#checkpoint * CHECKPOINT_GROWTH &&
      this.#checkpointBytes + this.#activityBytes <= this.#shareBytes * CHECKPOINT_SHARE;
    const hasActivity = isLast || isDue;
    const facts = new ByteSink();
    facts.f64(this.reached);
    facts.whole((hasKeyframe ? HAS_KEYFRAME : 0) | (hasActivity ? HAS_ACTIVITY : 0));
    const blobs = this.#footprints.slice(this.#footprintsWritten);
    facts.whole(blobs.length);
    for (const { length } of blobs) facts.whole(length);
    if (hasKeyframe) blobs.push(...this.#keyframes.writeLast(facts));
    const pieces = blobs.map((blob) => this.#blobs.read(blob));
    if (hasActivity) {
      const to = new ByteWriter();
      this.#activity.write(to);
      const packed = await compress(to.finish(), LEVEL);
      facts.whole(to.byteLength);
      facts.whole(packed.length);
      pieces.push(packed);
      this.#checkpoint = rows;
      this.#activityBytes = packed.length;
      this.#checkpointBytes += packed.length;
    }
    try {
      const before = file.bytes;
      await checkRoom(file.path);
      written(blobs, file, await file.add(facts.view(), pieces));
      this.#footprintsWritten = this.#footprints.length;
      if (!hasActivity) this.#largestBytes = Math.max(this.#largestBytes, file.bytes - before);
      return true;
    } catch {
      this.#canWrite = false;
      return false;
    }
  }

  /** Everything was looked at. */
  finish(): void {
    this.isWhole = true;
    this.#keyframes.end();
  }

  /** Begins anew: what lies in the file is not to be trusted. */
  async clear(): Promise<void> {
    this.reached = this.#base.sequence;
    this.isWhole = false;
    this.#keyframes = this.#newKeyframes();
    this.#activity = new ActivityBins(this.#base);
    this.#footprints = [];
    this.#footprintsWritten = 0;
    this.#checkpoint = 0;
    this.#checkpointBytes = 0;
    await this.#file?.cut().catch(() => {
      this.#canWrite = false;
    });
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#canWrite = false;
    await file?.close();
  }

  #newKeyframes(): Keyframes {
    const keyframes: Keyframes = new Keyframes(this.#blobs, (reason) => {
      // States of an index that was cleared, or is closed, are past caring.
      if (this.#keyframes === keyframes && this.#file !== null) this.#onTrouble(reason);
    });
    keyframes.add(this.#base);
    return keyframes;
  }

  /** Takes the records up to the last from which can be gone on, or which is the end. */
  async #load(file: IndexFile): Promise<void> {
    try {
      const records: ReadRecord[] = [];
      for await (const record of file.records()) {
        const facts = new ByteSource(record.facts);
        records.push({ record, facts, sequence: facts.f64(), flags: facts.whole() });
      }
      const end = records.findLastIndex(
        ({ sequence, flags }, r) =>
          (flags & HAS_ACTIVITY) !== 0 &&
          (sequence === this.#lastSequence ||
            (sequence < this.#lastSequence && sequence === lastKeyframe(records.slice(0, r + 1)))),
      );
      for (const read of records.slice(0, end + 1)) await this.#take(read, file, read === records[end]);
      await file.cut(records[end]?.record.end);
      if (this.reached === this.#lastSequence) this.finish();
    } catch {
      await this.clear();
    }
  }

  async #take(
    { record, facts, sequence, flags }: ReadRecord,
    file: IndexFile,
    isEnd: boolean,
  ): Promise<void> {
    const pieces = new PieceReader(file, record.piecesAt);
    for (let footprints = facts.whole(); footprints > 0; footprints -= 1) {
      this.#footprints.push(pieces.next(facts.whole()));
    }
    this.#footprintsWritten = this.#footprints.length;
    if ((flags & HAS_KEYFRAME) !== 0) this.#keyframes.readNext(facts, (length) => pieces.next(length));
    this.reached = sequence;
    if (!isEnd) return;
    const bytes = facts.whole();
    const packed = this.#blobs.read(pieces.next(facts.whole()));
    if (bytes > MAX_ACTIVITY_BYTES) throw new RangeError(`${bytes} bytes of what was counted`);
    this.#activity.read(new ByteReader(await decompress(packed, { maxOutputLength: bytes })));
    this.#checkpoint = sequence - this.#base.sequence;
    this.#activityBytes = packed.length;
    this.#checkpointBytes = packed.length;
  }
}

/** @throws Error when the file system is nearly full: an index is not worth its last bytes. */
async function checkRoom(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize < LEFT_FREE_BYTES) throw new Error(`${path} would take what is left of its file system`);
}

/** The row of the last keyframe in some records; null when there is none. */
function lastKeyframe(records: readonly ReadRecord[]): number | null {
  return records.findLast(({ flags }) => (flags & HAS_KEYFRAME) !== 0)?.sequence ?? null;
}

async function openFile(reader: CaptureReader, cacheDir: string): Promise<IndexFile | null> {
  const mark = {
    sizeBytes: reader.sizeBytes,
    modifiedMs: reader.modifiedMs,
    startCrc: crc32(await reader.start(START_BYTES)),
  };
  try {
    return await IndexFile.open(`${reader.path}.index`, mark);
  } catch {
    // A folder that may not be written, or a file of somebody else: the cache will do.
  }
  try {
    await mkdir(cacheDir, { recursive: true });
    const name = createHash('sha256')
      .update(await realpath(reader.path))
      .digest('hex')
      .slice(0, 32);
    return await IndexFile.open(join(cacheDir, `${name}.index`), mark);
  } catch {
    return null;
  }
}
