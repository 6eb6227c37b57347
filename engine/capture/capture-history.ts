import type { KeptInfo } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import type { History } from '../history/history.ts';
import { rowsBetween } from '../history/rows-between.ts';
import { CaptureKeyframes, FIRST_INTERVAL_ROWS, type KeyframesOptions } from './capture-keyframes.ts';
import { CaptureReader, type Damage, isAboutContent } from './capture-reader.ts';
import type { CaptureSession } from './capture-session.ts';
import { splitBefore } from './split-rows.ts';

/** Batches that are kept as they were last read. */
const CACHED_BATCHES = 12;
/** Rows that are handed on together. */
const PART_ROWS = 8_192;

export interface CaptureOptions extends KeyframesOptions {
  /** More is known: of the index, or of damage that was found while reading. */
  readonly onChanged?: () => void;
}

/**
 * The past that lies in a capture, read from the file when it is asked for: what is held in memory is where its batches lie and
 * the few that were read last.
 */
export class CaptureHistory implements History {
  readonly #reader: CaptureReader;
  readonly #keyframes: CaptureKeyframes;
  readonly #onChanged: () => void;
  /** The state before the first row; null for an empty one. */
  readonly #base: Uint8Array | null;
  /** By number, the one that was asked for last at the end. */
  readonly #cache = new Map<number, Promise<EventBatch>>();
  readonly #closing = new AbortController();
  #indexed: number;
  #indexing: Promise<void> = Promise.resolve();

  private constructor(
    reader: CaptureReader,
    keyframes: CaptureKeyframes,
    base: Uint8Array | null,
    onChanged: () => void,
  ) {
    this.#reader = reader;
    this.#keyframes = keyframes;
    this.#base = base;
    this.#onChanged = onChanged;
    this.#indexed = keyframes.reached(reader.base);
  }

  /** @throws RangeError when the file is no capture; Error when it cannot be read. */
  static async open(path: string, options: CaptureOptions, signal?: AbortSignal): Promise<CaptureHistory> {
    const reader = await CaptureReader.open(path, signal);
    try {
      const base = await baseOf(reader);
      const isLong = rowsOf(reader) > 2 * (options.intervalRows ?? FIRST_INTERVAL_ROWS);
      const keyframes = isLong ? await CaptureKeyframes.open(reader, options) : CaptureKeyframes.none();
      const history = new CaptureHistory(reader, keyframes, base, options.onChanged ?? (() => {}));
      if (isLong) history.#indexing = history.#index();
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

  /** How much of the way has keyframes, 0 to 1: seeks into the rest take longer. */
  get indexedShare(): number {
    const rows = this.lastSequence - this.#reader.base;
    return rows <= 0 ? 1 : Math.min(1, (this.#indexed - this.#reader.base) / rows);
  }

  /** Settles when every keyframe there is to be has been made. */
  get indexed(): Promise<void> {
    return this.#indexing;
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
      keyframeBytes: this.#keyframes.bytes,
      spilledBytes: sizeBytes,
      limitBytes: sizeBytes,
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
      await breath();
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
    const state = (await this.#keyframes.before(base, to)) ?? this.#baseState();
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
    this.#closing.abort();
    await this.#indexing;
    this.#cache.clear();
    await this.#keyframes.close();
    await this.#reader.close();
  }

  #baseState(): SessionState {
    if (this.#base !== null) return SessionState.readSnapshot(this.#base);
    const state = new SessionState();
    state.sequence = this.#reader.base;
    return state;
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

  #endBefore(number: number, why: string): void {
    const { batches } = this.#reader;
    if (number >= batches.length) return;
    this.#reader.damage = { offset: batches.offset(number), why };
    batches.cut(number);
    this.#onChanged();
  }

  /** Goes through the rows that have no keyframes yet, and makes them. */
  async #index(): Promise<void> {
    const { signal } = this.#closing;
    const { base } = this.#reader;
    try {
      let state = await this.#keyframes.before(base, this.lastSequence);
      state ??= this.#baseState();
      for await (const rows of this.rows(state.sequence + 1, this.lastSequence, signal)) {
        state.apply(rows);
        this.#indexed = state.sequence;
        if (!this.#keyframes.isDue(state.sequence, base)) continue;
        await this.#keyframes.add(state);
        this.#onChanged();
      }
      this.#indexed = this.lastSequence;
    } catch {
      // Called off, or a full disk: what there is of it serves.
    }
    this.#onChanged();
  }
}

function rowsOf({ batches, base }: CaptureReader): number {
  return batches.length === 0 ? 0 : batches.last(batches.length - 1) - base;
}

/** The state before the first row: the requests that are in flight there, and nothing else. Null when there are none. */
async function baseOf(reader: CaptureReader): Promise<Uint8Array | null> {
  const state = new SessionState();
  try {
    for await (const rows of reader.before()) for (const row of splitBefore(rows)) state.apply(row);
  } catch (error) {
    // Their replies then come to nothing, which is little.
    if (!isAboutContent(error)) throw error;
  }
  if (state.disks.length === 0) return null;
  state.sequence = reader.base;
  return state.snapshot();
}

function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
