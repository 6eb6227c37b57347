import type { KeptInfo } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import { ActivityBins } from './activity-bins.ts';
import { BlobStore } from './blob-store.ts';
import { EncodingThread } from './encoding-thread.ts';
import type { History, HistoryChunk } from './history.ts';
import { Keyframes } from './keyframes.ts';
import { RowLog } from './row-log.ts';
import { workOf } from './row-work.ts';
import { removeStaleSpills } from './spill-file.ts';

const MIB = 1024 * 1024;

/** No keyframe comes before this share of the most work between two. */
const LEAST_WORK_SHARE = 1 / 6;

export interface SessionHistoryOptions {
  /** What may be in memory before the oldest goes to files. */
  readonly memoryBytes: number;
  /** Where these are made; null to keep everything in memory. */
  readonly directory: string | null;
  /** The most that rows and keyframes may take; the oldest go then. */
  readonly limitBytes: number;
  /** The same, where no files can be written. */
  readonly memoryLimitBytes: number;
  /** Work between two keyframes at most, in rows that touch few blocks: what is done again to seek. */
  readonly keyframeWork: number;
  /** Who writes rows and pages in few bytes; null to do that where they come. */
  readonly thread: EncodingThread | null;
}

export const DEFAULT_HISTORY: SessionHistoryOptions = {
  memoryBytes: 64 * MIB,
  directory: null,
  limitBytes: 4096 * MIB,
  memoryLimitBytes: 512 * MIB,
  keyframeWork: 64 * 1024,
  thread: null,
};

/**
 * A history whose files lie in a directory, from which what crashed processes left is removed; null: it has no files. It has a
 * thread that whoever uses these options ends.
 */
export function historyIn(directory: string | null): SessionHistoryOptions {
  if (directory !== null) removeStaleSpills(directory);
  return { ...DEFAULT_HISTORY, directory, thread: new EncodingThread() };
}

/** What a person has to be told. */
export interface HistoryNotices {
  /** Files cannot be written, or not be read. */
  trouble(what: 'write' | 'read', reason: string): void;
  /** The oldest rows have gone, as they do from now on. */
  dropped(limitBytes: number): void;
}

/** The history of a live session, written as it goes: every row since it was made, as far as they may take that much. */
export class SessionHistory implements History {
  readonly activity: ActivityBins;
  readonly #options: SessionHistoryOptions;
  readonly #notices: HistoryNotices;
  readonly #store: BlobStore;
  readonly #log: RowLog;
  readonly #keyframes: Keyframes;
  #work = 0;
  #rowBytesAtKeyframe = 0;
  #lastKeyframeBytes = 0;

  /** @param state what the session's state is before the first row that is kept. */
  constructor(
    state: SessionState,
    options: SessionHistoryOptions = DEFAULT_HISTORY,
    notices: HistoryNotices = { trouble: () => {}, dropped: () => {} },
  ) {
    this.activity = new ActivityBins(state);
    this.#options = options;
    this.#notices = notices;
    this.#store = new BlobStore({
      memoryBytes: options.memoryBytes,
      directory: options.directory,
      thread: options.thread,
      onTrouble: (reason) => notices.trouble('write', reason),
    });
    this.#log = new RowLog(this.#store, state.sequence);
    this.#keyframes = new Keyframes(this.#store, (reason) => notices.trouble('read', reason));
    this.#keyframes.add(state);
  }

  get firstSequence(): number {
    return this.#log.last === this.#log.before ? 0 : this.#log.before + 1;
  }

  get lastSequence(): number {
    return this.#log.last === this.#log.before ? 0 : this.#log.last;
  }

  get #totalBytes(): number {
    return this.#store.memoryBytes + this.#store.spilledBytes;
  }

  get #limitBytes(): number {
    const { limitBytes, memoryLimitBytes } = this.#options;
    return this.#store.canSpill
      ? limitBytes
      : Math.min(limitBytes, this.#store.spilledBytes + memoryLimitBytes);
  }

  /** Keeps rows that have just been applied to `state`, the session's. The batch is not written to again. */
  append(batch: EventBatch, state: SessionState): void {
    this.#log.append(batch);
    this.activity.append(batch);
    this.#work += workOf(batch);
    if (this.#isKeyframeDue()) this.#addKeyframe(state);
    if (this.#totalBytes > this.#limitBytes) this.#dropOldest();
  }

  /** Keyframes take no more than the rows between them where that is enough to seek soon. */
  #isKeyframeDue(): boolean {
    const { keyframeWork } = this.#options;
    if (this.#work >= keyframeWork) return true;
    if (this.#work < keyframeWork * LEAST_WORK_SHARE) return false;
    return this.#log.bytes - this.#rowBytesAtKeyframe >= this.#lastKeyframeBytes * 2;
  }

  #addKeyframe(state: SessionState): void {
    this.#log.seal();
    const before = this.#totalBytes;
    this.#keyframes.add(state);
    this.#lastKeyframeBytes = this.#totalBytes - before;
    this.#rowBytesAtKeyframe = this.#log.bytes;
    this.#work = 0;
  }

  /** The rows between the first keyframe and the second go: whatever is kept can be rebuilt from the second on. */
  #dropOldest(): void {
    let isDropped = false;
    for (let next = this.#keyframes.second; next !== null; next = this.#keyframes.second) {
      if (this.#totalBytes <= this.#limitBytes) break;
      const before = this.#log.bytes;
      this.#log.dropTo(next.sequence);
      this.#rowBytesAtKeyframe -= before - this.#log.bytes;
      this.#keyframes.dropFirst();
      isDropped = true;
    }
    if (isDropped) this.#notices.dropped(this.#limitBytes);
  }

  info(): KeptInfo {
    const known = (us: number): number | null => (Number.isNaN(us) ? null : us);
    const log = this.#log;
    const isEmpty = log.last === log.before;
    return {
      firstSequence: this.firstSequence,
      lastSequence: this.lastSequence,
      firstUs: isEmpty ? null : known(log.firstUs),
      lastUs: isEmpty ? null : known(log.lastUs),
      requests: log.requests + log.tailRequests,
      droppedRequests: log.droppedRequests,
      bytes: log.bytes,
      keyframeBytes: Math.max(0, this.#totalBytes - log.bytes),
      spilledBytes: this.#store.spilledBytes,
      limitBytes: this.#limitBytes,
      countedShare: 1,
    };
  }

  rows(from: number, to: number, signal?: AbortSignal): AsyncIterable<EventBatch> {
    return this.#log.rows(from, to, signal);
  }

  async stateAt(sequence: number, signal?: AbortSignal): Promise<SessionState> {
    for (;;) {
      const to = Math.min(Math.max(sequence, this.#log.before), this.#log.last);
      const state = this.#keyframes.restore(this.#keyframes.at(to));
      try {
        for await (const rows of this.#log.rows(state.sequence + 1, to, signal)) state.apply(rows);
      } catch (error) {
        // The rows that were due have gone meanwhile: what is kept now begins later.
        if (signal?.aborted !== true && state.sequence < this.#log.before) continue;
        throw error;
      }
      return state;
    }
  }

  chunks(): readonly HistoryChunk[] {
    return this.#log.chunks();
  }

  async sequenceAt(us: number): Promise<number> {
    return this.#log.sequenceAt(us);
  }

  /** Gives back what it holds; states that were made of it stay as they are. Nothing can be asked of it any more. */
  dispose(): void {
    this.#log.dispose();
    this.#keyframes.dispose();
    this.#store.dispose();
  }
}
