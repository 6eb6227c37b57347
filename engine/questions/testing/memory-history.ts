import type { HistoryInfo } from '#shared/contract/time.ts';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import type { History, HistoryChunk } from '../../history/history.ts';

/** A history of batches that are all in memory: the smallest there can be, to ask questions of. */
export class MemoryHistory implements History {
  readonly #batches: readonly EventBatch[];
  readonly #from: number;
  /** Numbers of the first row of each batch that was read, in order. */
  readonly read: number[] = [];

  /**
   * @param batches rows whose clocks and sequence numbers are set, from 1 on without a gap.
   * @param from the first row that is kept.
   */
  constructor(batches: readonly EventBatch[], from = 1) {
    this.#batches = batches.filter(({ count }) => count > 0);
    this.#from = from;
  }

  get firstSequence(): number {
    return this.#batches.length === 0 ? 0 : this.#from;
  }

  get lastSequence(): number {
    const last = this.#batches.at(-1);
    return last === undefined ? 0 : last.firstSequence + last.count - 1;
  }

  info(): Omit<HistoryInfo, 'growing' | 'marks'> {
    const { firstSequence, lastSequence } = this;
    const clocks = this.#batches
      .flatMap((batch) => [...batch.clockUs.subarray(0, batch.count)])
      .slice(Math.max(0, firstSequence - 1))
      .filter((clock) => !Number.isNaN(clock));
    return {
      ...NO_HISTORY,
      firstSequence,
      lastSequence,
      firstUs: clocks[0] ?? null,
      lastUs: clocks.at(-1) ?? null,
    };
  }

  async *rows(from: number, to: number, signal?: AbortSignal): AsyncGenerator<EventBatch> {
    for (const batch of this.#batches) {
      const start = Math.max(from, this.firstSequence) - batch.firstSequence;
      const end = to - batch.firstSequence + 1;
      if (start >= batch.count || end <= 0) continue;
      signal?.throwIfAborted();
      const first = Math.max(0, start);
      const part = new EventBatch(Math.max(1, batch.count));
      part.appendRows(batch, first, Math.min(batch.count, end));
      part.firstSequence = batch.firstSequence + first;
      this.read.push(part.firstSequence);
      yield part;
    }
  }

  async stateAt(sequence: number): Promise<SessionState> {
    const state = new SessionState();
    for (const batch of this.#batches) {
      const count = Math.min(batch.count, sequence - batch.firstSequence + 1);
      if (count <= 0) break;
      const part = new EventBatch(count);
      part.appendRows(batch, 0, count);
      part.firstSequence = batch.firstSequence;
      state.apply(part);
    }
    return state;
  }

  async sequenceAt(us: number): Promise<number> {
    let last = this.firstSequence - 1;
    for (const batch of this.#batches) {
      for (let i = 0; i < batch.count; i += 1) {
        if ((batch.clockUs[i] ?? 0) <= us) last = Math.max(last, batch.firstSequence + i);
      }
    }
    return last;
  }
}

/** The same with each batch a chunk that knows, to the block, what it holds of each disk. */
export class ChunkedHistory extends MemoryHistory {
  readonly #chunks: readonly HistoryChunk[];

  constructor(batches: readonly EventBatch[]) {
    super(batches);
    this.#chunks = batches.map((batch) => ({
      firstSequence: batch.firstSequence,
      lastSequence: batch.firstSequence + batch.count - 1,
      mayTouch: (disk, firstBlock, endBlock) => {
        for (let i = 0; i < batch.count; i += 1) {
          if (batch.disk[i] !== disk) continue;
          const offset = (batch.offsetHigh[i] ?? 0) * 2 ** 32 + (batch.offsetLow[i] ?? 0);
          const length = (batch.lengthHigh[i] ?? 0) * 2 ** 32 + (batch.lengthLow[i] ?? 0);
          if (offset < endBlock * 4096 && offset + length > firstBlock * 4096) return true;
        }
        return false;
      },
    }));
  }

  chunks(): readonly HistoryChunk[] {
    return this.#chunks;
  }
}
