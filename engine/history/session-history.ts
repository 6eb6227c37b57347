import type { HistoryInfo } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { SessionState } from '#shared/model/session-state.ts';
import type { History } from './history.ts';
import { rowsBetween } from './rows-between.ts';

/** Rows in one chunk, or little more. */
const CHUNK_ROWS = 8_192;
/** Rows between two keyframes. */
const KEYFRAME_ROWS = 65_536;

interface Chunk {
  readonly rows: EventBatch;
}

interface Keyframe {
  readonly sequence: number;
  readonly snapshot: Uint8Array;
}

/** The history of a live session, written as it goes: every row since {@link SessionHistory} was made. */
export class SessionHistory implements History {
  readonly #chunks: Chunk[] = [];
  readonly #keyframes: Keyframe[] = [];
  readonly #base: number;
  #last: number;
  #bytes = 0;
  #keyframeBytes = 0;
  #requests = 0;

  /** @param state what the session's state is before the first row that is kept. */
  constructor(state: SessionState) {
    this.#base = state.sequence;
    this.#last = state.sequence;
    this.#addKeyframe(state);
  }

  get firstSequence(): number {
    return this.#last === this.#base ? 0 : this.#base + 1;
  }

  get lastSequence(): number {
    return this.#last === this.#base ? 0 : this.#last;
  }

  /** Keeps rows that have just been applied to `state`, the session's. The batch is not written to again. */
  append(batch: EventBatch, state: SessionState): void {
    if (batch.count === 0) return;
    let requests = 0;
    for (let i = 0; i < batch.count; i += 1) if (batch.kind[i] === RowKind.Request) requests += 1;
    for (let from = 0; from < batch.count; from += CHUNK_ROWS) {
      const rows = rowsBetween(batch, from, Math.min(from + CHUNK_ROWS, batch.count));
      this.#chunks.push({ rows });
      this.#bytes += rows.buffer.byteLength + rows.text.byteLength;
    }
    this.#requests += requests;
    this.#last = state.sequence;
    if (this.#last - (this.#keyframes.at(-1)?.sequence ?? 0) >= KEYFRAME_ROWS) this.#addKeyframe(state);
  }

  #addKeyframe(state: SessionState): void {
    const snapshot = state.snapshot();
    this.#keyframes.push({ sequence: state.sequence, snapshot });
    this.#keyframeBytes += snapshot.byteLength;
  }

  info(): Omit<HistoryInfo, 'id' | 'growing' | 'marks'> {
    const known = (us: number | undefined): number | null =>
      us === undefined || Number.isNaN(us) ? null : us;
    const last = this.#chunks.at(-1)?.rows;
    return {
      firstSequence: this.firstSequence,
      lastSequence: this.lastSequence,
      firstUs: known(this.#chunks[0]?.rows.clockUs[0]),
      lastUs: known(last?.clockUs[last.count - 1]),
      requests: this.#requests,
      droppedRequests: 0,
      bytes: this.#bytes,
      keyframeBytes: this.#keyframeBytes,
      spilledBytes: 0,
      limitBytes: 0,
    };
  }

  async *rows(from: number, to: number, signal?: AbortSignal): AsyncGenerator<EventBatch> {
    for (let c = this.#indexOf(from); c < this.#chunks.length; c += 1) {
      signal?.throwIfAborted();
      const rows = this.#chunks[c]?.rows;
      if (rows === undefined || rows.firstSequence > to) return;
      const start = Math.max(0, from - rows.firstSequence);
      yield rowsBetween(rows, start, Math.min(rows.count, to - rows.firstSequence + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The chunk that holds a row; the first for one before all. */
  #indexOf(sequence: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#chunks[middle]?.rows.firstSequence ?? 0) <= sequence) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async stateAt(sequence: number, signal?: AbortSignal): Promise<SessionState> {
    const to = Math.min(Math.max(sequence, this.#base), this.#last);
    const keyframe = this.#keyframes.findLast((found) => found.sequence <= to);
    if (keyframe === undefined) throw new Error(`row ${to} is not kept any more`);
    const state = SessionState.readSnapshot(keyframe.snapshot);
    for await (const rows of this.rows(keyframe.sequence + 1, to, signal)) state.apply(rows);
    return state;
  }

  async sequenceAt(us: number): Promise<number> {
    let found = this.#base;
    for (const { rows } of this.#chunks) {
      if (rows.clockUs[0] !== undefined && rows.clockUs[0] > us) break;
      for (let i = 0; i < rows.count && !((rows.clockUs[i] ?? 0) > us); i += 1)
        found = rows.firstSequence + i;
    }
    return found;
  }

  /** Gives back what it holds; nothing can be asked of it any more. */
  dispose(): void {
    this.#chunks.length = 0;
    this.#keyframes.length = 0;
  }
}
