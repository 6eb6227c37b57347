import type { KeptInfo } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import type { ActivityBins } from '../history/activity-bins.ts';
import type { History, HistoryChunk } from '../history/history.ts';
import { rowsBetween } from '../history/rows-between.ts';
import { nextTurn } from '../slices.ts';
import { CaptureIndex, type IndexOptions } from './capture-index.ts';
import { CaptureReader, type Damage, isAboutContent } from './capture-reader.ts';
import type { CaptureSession } from './capture-session.ts';
import { buildIndex } from './index-builder.ts';
import { splitBefore } from './split-rows.ts';

/** Batches that are kept as they were last read. */
const CACHED_BATCHES = 12;
/** Rows that are handed on together. */
const PART_ROWS = 4_096;
/** What is done again to seek at most, in rows that touch few blocks: a moment's work. */
const KEYFRAME_WORK = 65_536;

export interface CaptureOptions extends IndexOptions {
  /** What is done again to seek at most, in rows that touch few blocks. A capture of no more than twice as many rows has no index. */
  readonly keyframeWork?: number;
  /** More is known: of the index, or of damage that was found while reading. */
  readonly onChanged?: () => void;
}

/** Hears of an index that cannot be read, on behalf of a history that has still to be made of it. */
class IndexTrouble {
  tell: (reason: string) => void = () => {};
}

/**
 * The past that lies in a capture, read from the file when it is asked for: what is held in memory is where its batches lie and
 * the few that were read last.
 */
export class CaptureHistory implements History {
  readonly #reader: CaptureReader;
  readonly #index: CaptureIndex;
  readonly #keyframeWork: number;
  readonly #onChanged: () => void;
  /** By number, the one that was asked for last at the end. */
  readonly #cache = new Map<number, Promise<EventBatch>>();
  #building = new AbortController();
  #indexing: Promise<void> = Promise.resolve();
  #indexTrouble: string | null = null;
  #isDisposed = false;

  private constructor(reader: CaptureReader, index: CaptureIndex, options: CaptureOptions) {
    this.#reader = reader;
    this.#index = index;
    this.#keyframeWork = options.keyframeWork ?? KEYFRAME_WORK;
    this.#onChanged = options.onChanged ?? (() => {});
  }

  /** @throws RangeError when the file is no capture; Error when it cannot be read. */
  static async open(path: string, options: CaptureOptions, signal?: AbortSignal): Promise<CaptureHistory> {
    const reader = await CaptureReader.open(path, signal);
    try {
      const base = await baseOf(reader);
      if (rowsOf(reader) <= 2 * (options.keyframeWork ?? KEYFRAME_WORK)) {
        return new CaptureHistory(reader, CaptureIndex.none(base), options);
      }
      const trouble = new IndexTrouble();
      const index = await CaptureIndex.open(reader, base, options, (reason) => trouble.tell(reason));
      const history = new CaptureHistory(reader, index, options);
      trouble.tell = (reason) => history.#indexAnew(reason);
      history.#indexing = history.#build();
      return history;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  get path(): string {
    return this.#reader.path;
  }

  get session(): CaptureSession {
    return this.#reader.session;
  }

  /** What was known of structures, in order, as texts. */
  structures(): AsyncGenerator<string> {
    return this.#reader.structures();
  }

  /** Where and why the capture ends early; null when it is whole as far as is known. */
  get damage(): Damage | null {
    return this.#reader.damage;
  }

  /** Whether its writer came to the end of it; else it was cut, or is being written. */
  get isFinished(): boolean {
    return this.#reader.isFinished;
  }

  get firstSequence(): number {
    return this.#reader.batches.length === 0 ? 0 : this.#reader.batches.first(0);
  }

  get lastSequence(): number {
    const { batches } = this.#reader;
    return batches.length === 0 ? 0 : batches.last(batches.length - 1);
  }

  /** How much of the way is in the index, 0 to 1: seeks into the rest take longer. 1 for a capture that is so short that it has none. */
  get indexedShare(): number {
    const rows = rowsOf(this.#reader);
    if (this.#index.isWhole) return 1;
    return Math.min(1, (this.#index.reached - this.#reader.base) / rows);
  }

  /** Settles when the index is made. */
  get indexed(): Promise<void> {
    return this.#indexing;
  }

  /** Why the index is being made anew; null when it was not to be. */
  get indexTrouble(): string | null {
    return this.#indexTrouble;
  }

  get activity(): ActivityBins | null {
    return this.#index.activity;
  }

  /** Settles when all there is to count is counted. @throws AbortError when called off. */
  async counted(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    let callOff = (): void => {};
    const calledOff = new Promise<void>((resolve) => {
      callOff = resolve;
      signal.addEventListener('abort', callOff, { once: true });
    });
    await Promise.race([this.#indexing, calledOff]);
    signal.removeEventListener('abort', callOff);
    signal.throwIfAborted();
  }

  chunks(): readonly HistoryChunk[] {
    const { batches } = this.#reader;
    return Array.from({ length: batches.length }, (_, b) => ({
      firstSequence: batches.first(b),
      lastSequence: batches.last(b),
      mayTouch: (disk, firstBlock, endBlock) => this.#index.mayTouch(b, disk, firstBlock, endBlock),
    }));
  }

  info(): KeptInfo {
    const { batches, sizeBytes } = this.#reader;
    const known = (us: number): number | null => (Number.isNaN(us) ? null : us);
    const last = batches.length - 1;
    return {
      firstSequence: this.firstSequence,
      lastSequence: this.lastSequence,
      firstUs: last < 0 ? null : known(batches.firstUs(0)),
      lastUs: last < 0 ? null : known(batches.lastUs(last)),
      requests: batches.requests,
      droppedRequests: 0,
      bytes: sizeBytes,
      keyframeBytes: this.#index.bytes,
      spilledBytes: sizeBytes,
      limitBytes: sizeBytes,
      countedShare: this.indexedShare,
    };
  }

  async *rows(from: number, to: number, signal?: AbortSignal): AsyncGenerator<EventBatch> {
    const { batches } = this.#reader;
    for (let b = batches.holding(from); b < batches.length && batches.first(b) <= to; b += 1) {
      signal?.throwIfAborted();
      const batch = await this.#batch(b);
      if (batch === null) return;
      const end = Math.min(batch.count, to - batch.firstSequence + 1);
      for (let at = Math.max(0, from - batch.firstSequence); at < end; at += PART_ROWS) {
        yield rowsBetween(batch, at, Math.min(at + PART_ROWS, end));
      }
      await nextTurn();
    }
  }

  /** The rows with words, in order: of the batches that hold none nothing is read. */
  async *texts(signal?: AbortSignal): AsyncGenerator<EventBatch> {
    for (const b of [...this.#reader.batches.withTexts]) {
      signal?.throwIfAborted();
      const batch = await this.#batch(b);
      if (batch === null) return;
      yield batch;
    }
  }

  async stateAt(sequence: number, signal?: AbortSignal): Promise<SessionState> {
    const { base } = this.#reader;
    const to = Math.min(Math.max(sequence, base), Math.max(base, this.lastSequence));
    const state = this.#index.restore(to);
    for await (const rows of this.rows(state.sequence + 1, to, signal)) state.apply(rows);
    return state;
  }

  async sequenceAt(us: number): Promise<number> {
    const { batches, base } = this.#reader;
    if (batches.length === 0) return base;
    const number = batches.at(us);
    const batch = await this.#batch(number);
    if (batch === null) return this.lastSequence;
    let i = 0;
    while (i < batch.count && !((batch.clockUs[i] ?? 0) > us)) i += 1;
    return batch.firstSequence + i - 1;
  }

  /** Closes the file; nothing can be asked any more. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#building.abort();
    await this.#indexing;
    this.#cache.clear();
    await this.#index.close();
    await this.#reader.close();
  }

  /** A batch; null when it is damaged, and then the capture ends before it. */
  async #batch(number: number): Promise<EventBatch | null> {
    const cached = this.#cache.get(number) ?? this.#reader.rows(number);
    this.#cache.delete(number);
    this.#cache.set(number, cached);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CACHED_BATCHES) break;
      this.#cache.delete(oldest);
    }
    try {
      return await cached;
    } catch (error) {
      this.#cache.delete(number);
      if (!isAboutContent(error)) throw error;
      this.#endBefore(number, error.message);
      return null;
    }
  }

  /** The same for whoever goes through all of them: it is not kept. */
  async #batchOnce(number: number): Promise<EventBatch | null> {
    try {
      return await this.#reader.rows(number);
    } catch (error) {
      if (!isAboutContent(error)) throw error;
      this.#endBefore(number, error.message);
      return null;
    }
  }

  #endBefore(number: number, why: string): void {
    const { batches } = this.#reader;
    if (number >= batches.length) return;
    this.#reader.damage = { offset: batches.offset(number), why };
    batches.cut(number);
    this.#onChanged();
  }

  /** Makes what the index still lacks. */
  async #build(): Promise<void> {
    this.#building = new AbortController();
    const { signal } = this.#building;
    const rows = { batches: this.#reader.batches, read: (batch: number) => this.#batchOnce(batch) };
    try {
      if (!this.#index.isWhole) {
        await buildIndex(this.#index, rows, this.#keyframeWork, signal, () => this.#onChanged());
      }
    } catch {
      // The capture cannot be read: whoever asks for its rows is told.
    }
    this.#onChanged();
  }

  /** What lies in the index's file is not what was written: another is made. */
  #indexAnew(reason: string): void {
    if (this.#isDisposed || this.#indexTrouble !== null) return;
    this.#indexTrouble = reason;
    this.#building.abort();
    this.#indexing = this.#indexing.then(async () => {
      await this.#index.clear();
      if (!this.#isDisposed) await this.#build();
    });
    this.#onChanged();
  }
}

function rowsOf({ batches, base }: CaptureReader): number {
  return batches.length === 0 ? 0 : batches.last(batches.length - 1) - base;
}

/** The state before the first row: the requests that are in flight there, and nothing else. */
async function baseOf(reader: CaptureReader): Promise<SessionState> {
  const state = new SessionState();
  try {
    for await (const rows of reader.before()) for (const row of splitBefore(rows)) state.apply(row);
  } catch (error) {
    // Their replies then come to nothing, which is little.
    if (!isAboutContent(error)) throw error;
  }
  state.sequence = reader.base;
  return state;
}
