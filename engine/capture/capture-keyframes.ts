import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SessionState } from '#shared/model/session-state.ts';
import type { CaptureReader } from './capture-reader.ts';
import { KeyframeFile } from './keyframe-file.ts';

/** Of the capture's first bytes a checksum is kept. */
const START_BYTES = 64 * 1024;
/** The keyframes of a short capture may take so much all the same. */
const MIN_LIMIT_BYTES = 64 * 1024 * 1024;
/** Those of a long one take at most this share of it. */
const LIMIT_SHARE = 0.5;
/** A state of so many bytes takes about as long to read as a row to apply. */
const BYTES_A_ROW = 256;
/** Rows between two keyframes to begin with: so many are applied in a moment. */
export const FIRST_INTERVAL_ROWS = 131_072;

export interface KeyframesOptions {
  /** Where the index lies when it cannot lie beside the capture. */
  readonly cacheDir: string;
  /** Rows between two keyframes to begin with, whatever a state takes to read; as a capture is long when absent. */
  readonly intervalRows?: number;
  readonly limitBytes?: number;
}

/**
 * States on the way through a capture, from which any other is soon made. They lie in an index beside the capture, `FILE.index`,
 * or in the cache where that cannot be written; they are as many as a limit allows, and the distance doubles when it is reached. A
 * state that takes longer to read than the rows that it spares would not be worth its place.
 * Where no file can be had at all there are none, and far seeks take their time.
 */
export class CaptureKeyframes {
  readonly #file: KeyframeFile | null;
  readonly #limitBytes: number;
  readonly #bytesARow: number;
  #intervalRows: number;
  /** Bytes of the state that was kept last. */
  #stateBytes = 0;

  private constructor(file: KeyframeFile | null, options: KeyframesOptions, sizeBytes: number) {
    this.#file = file;
    this.#limitBytes = options.limitBytes ?? Math.max(MIN_LIMIT_BYTES, sizeBytes * LIMIT_SHARE);
    this.#intervalRows = options.intervalRows ?? FIRST_INTERVAL_ROWS;
    this.#bytesARow = options.intervalRows === undefined ? BYTES_A_ROW : Number.POSITIVE_INFINITY;
  }

  /** None, for a capture so short that any state is soon made. */
  static none(): CaptureKeyframes {
    return new CaptureKeyframes(null, { cacheDir: '' }, 0);
  }

  static async open(reader: CaptureReader, options: KeyframesOptions): Promise<CaptureKeyframes> {
    const { sizeBytes } = reader;
    const file = await openFile(reader, options.cacheDir);
    const keyframes = new CaptureKeyframes(file, options, sizeBytes);
    if (file !== null && file.lastSequence !== null) keyframes.#check(file, reader);
    return keyframes;
  }

  get bytes(): number {
    return this.#file?.bytes ?? 0;
  }

  /** The last row of which a state is kept; `base` when there is none. */
  reached(base: number): number {
    return this.#file?.lastSequence ?? base;
  }

  /** Whether a state should be kept after this row. */
  isDue(sequence: number, base: number): boolean {
    const rows = Math.max(this.#intervalRows, this.#stateBytes / this.#bytesARow);
    return this.#file !== null && sequence - this.reached(base) >= rows;
  }

  /** Keeps the state after a row. @throws Error when it cannot be written. */
  async add(state: SessionState): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    const bytes = state.snapshot();
    this.#stateBytes = bytes.length;
    await file.add(state.sequence, bytes);
    if (file.bytes <= this.#limitBytes || file.count < 4) return;
    await file.thin();
    this.#intervalRows *= 2;
  }

  /** The last state that is kept from after `base` and no later than `sequence`; null for none. */
  async before(base: number, sequence: number): Promise<SessionState | null> {
    const found = (await this.#file?.before(base, sequence)) ?? null;
    if (found === null) return null;
    try {
      return SessionState.readSnapshot(found.state);
    } catch {
      // Made by another version of nbdscope, as all the others.
      await this.#file?.clear();
      return null;
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  /** Of another version of the states, or from rows that the capture does not have, none is of use. */
  #check(file: KeyframeFile, { base, batches }: CaptureReader): void {
    const last = batches.length === 0 ? base : batches.last(batches.length - 1);
    while ((file.lastSequence ?? 0) > last) file.forget(file.lastSequence ?? 0);
    // The distance may have been doubled before.
    if (file.count > 0 && file.lastSequence !== null) {
      this.#intervalRows = Math.max(this.#intervalRows, Math.floor((file.lastSequence - base) / file.count));
    }
  }
}

async function openFile(reader: CaptureReader, cacheDir: string): Promise<KeyframeFile | null> {
  const mark = {
    sizeBytes: reader.sizeBytes,
    modifiedMs: reader.modifiedMs,
    startCrc: crc32(await reader.start(START_BYTES)),
  };
  try {
    return await KeyframeFile.open(`${reader.path}.index`, mark);
  } catch {
    // A folder that may not be written, or a file of somebody else: the cache will do.
  }
  try {
    await mkdir(cacheDir, { recursive: true });
    const name = createHash('sha256')
      .update(await realpath(reader.path))
      .digest('hex')
      .slice(0, 32);
    return await KeyframeFile.open(join(cacheDir, `${name}.index`), mark);
  } catch {
    return null;
  }
}
