import { EventBatch, ROW_BYTES } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { nextTurn } from '../slices.ts';
import type { Blob, BlobStore } from './blob-store.ts';
import { mayTouch } from './footprint.ts';
import type { HistoryChunk } from './history.ts';
import { encodeChunk, footprintOf, rowsOf } from './row-chunk.ts';
import { rowsBetween } from './rows-between.ts';
import { RowsGoneError } from './rows-gone-error.ts';
import type { Unencoded } from './unencoded.ts';

/** Rows in a chunk at most: what is read to look at one row. */
export const CHUNK_ROWS = 8_192;
/** Work on rows goes on for so long before others have their turn. */
const SLICE_MS = 4;

/** Some thousand rows, in few bytes. */
export interface Chunk {
  readonly firstSequence: number;
  readonly count: number;
  readonly requests: number;
  /** Clocks of the first and the last row, µs; NaN before any time is known. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** The rows, with which blocks they are of. */
  readonly blob: Blob;
}

/** Rows that are not written to again. */
class UnencodedRows implements Unencoded {
  readonly kind = 'rows';
  readonly batch: EventBatch;

  constructor(batch: EventBatch) {
    this.batch = batch;
  }

  get rawBytes(): number {
    return this.batch.count * ROW_BYTES + this.batch.text.length;
  }

  copy(): Uint8Array<ArrayBuffer> {
    return this.batch.encode();
  }

  encode(): Uint8Array {
    return encodeChunk(this.batch);
  }
}

/** The rows of a session, by sequence number: chunks, and behind them the latest as they came. */
export class RowLog {
  /** Bytes that the chunks take, with their footprints. */
  bytes = 0;
  requests = 0;
  droppedRequests = 0;
  readonly #store: BlobStore;
  #chunks: Chunk[] = [];
  #tail = new EventBatch(CHUNK_ROWS);
  #tailRequests = 0;
  /** The row before the first that is kept. */
  #before: number;

  /** @param before sequence number of the row before the first that will come. */
  constructor(store: BlobStore, before: number) {
    this.#store = store;
    this.#before = before;
    this.#tail.firstSequence = before + 1;
  }

  /** Sequence number of the row before the first that is kept. */
  get before(): number {
    return this.#before;
  }

  /** Sequence number of the last row; {@link before} when there is none. */
  get last(): number {
    return this.#tail.firstSequence + this.#tail.count - 1;
  }

  get firstUs(): number {
    return this.#chunks[0]?.firstUs ?? this.#tail.clockUs[0] ?? Number.NaN;
  }

  get lastUs(): number {
    const { count } = this.#tail;
    return count > 0
      ? (this.#tail.clockUs[count - 1] ?? Number.NaN)
      : (this.#chunks.at(-1)?.lastUs ?? Number.NaN);
  }

  append(batch: EventBatch): void {
    for (let from = 0; from < batch.count; ) {
      const tail = this.#tail;
      const to = Math.min(batch.count, from + CHUNK_ROWS - tail.count);
      tail.appendRows(batch, from, to);
      for (let i = from; i < to; i += 1) if (batch.kind[i] === RowKind.Request) this.#tailRequests += 1;
      from = to;
      if (tail.isFull) this.seal();
    }
  }

  /** Makes a chunk of the latest rows, however few. */
  seal(): void {
    const tail = this.#tail;
    const { count } = tail;
    if (count === 0) return;
    const blob = this.#store.putLater(new UnencodedRows(tail), (change) => {
      this.bytes += change;
    });
    this.#chunks.push({
      firstSequence: tail.firstSequence,
      count,
      requests: this.#tailRequests,
      firstUs: tail.clockUs[0] ?? Number.NaN,
      lastUs: tail.clockUs[count - 1] ?? Number.NaN,
      blob,
    });
    this.bytes += blob.length;
    this.requests += this.#tailRequests;
    this.#tailRequests = 0;
    if (blob.unencoded !== null) this.#tail = new EventBatch(CHUNK_ROWS);
    this.#tail.firstSequence = tail.firstSequence + count;
    this.#tail.count = 0;
    this.#tail.text = new Uint8Array(0);
  }

  /** Requests in the latest rows, that are in no chunk yet. */
  get tailRequests(): number {
    return this.#tailRequests;
  }

  /** The rows of a chunk. @throws Error when it cannot be read any more. */
  read(chunk: Chunk): EventBatch {
    const { blob } = chunk;
    return blob.unencoded instanceof UnencodedRows ? blob.unencoded.batch : rowsOf(this.#store.read(blob));
  }

  /** A copy of the latest rows, that are in no chunk yet. */
  latest(): EventBatch {
    const tail = this.#tail;
    const copy = new EventBatch(Math.max(1, tail.count));
    copy.appendRows(tail, 0, tail.count);
    copy.firstSequence = tail.firstSequence;
    return copy;
  }

  /** The chunk that holds a row; null when it is among the latest rows. */
  chunkOf(sequence: number): Chunk | null {
    if (sequence >= this.#tail.firstSequence) return null;
    return this.#chunks[lastWhere(this.#chunks, ({ firstSequence }) => firstSequence <= sequence)] ?? null;
  }

  /** See History.chunks. */
  chunks(): HistoryChunk[] {
    const chunks: HistoryChunk[] = this.#chunks.map(({ firstSequence, count, blob }) => ({
      firstSequence,
      lastSequence: firstSequence + count - 1,
      mayTouch: (disk, firstBlock, endBlock) => this.#mayTouch(blob, disk, firstBlock, endBlock),
    }));
    const { firstSequence, count } = this.#tail;
    if (count > 0) {
      chunks.push({ firstSequence, lastSequence: firstSequence + count - 1, mayTouch: () => true });
    }
    return chunks;
  }

  #mayTouch(blob: Blob, disk: number, firstBlock: number, endBlock: number): boolean {
    // It soon will be known, and reading the rows costs no more than finding out now.
    if (blob.unencoded !== null) return true;
    try {
      return mayTouch(footprintOf(this.#store.read(blob)), disk, firstBlock, endBlock);
    } catch {
      // It has gone, or cannot be read: whoever reads the rows then is told so.
      return true;
    }
  }

  /** See History.rows. */
  async *rows(from: number, to: number, signal?: AbortSignal): AsyncGenerator<EventBatch> {
    let next = Math.max(from, this.#before + 1);
    let sliceEndMs = performance.now() + SLICE_MS;
    while (next <= to && next <= this.last) {
      signal?.throwIfAborted();
      if (next <= this.#before) throw new RowsGoneError(next, this.#before + 1);
      const chunk = this.chunkOf(next);
      const rows = chunk === null ? this.latest() : this.read(chunk);
      const end = rows.firstSequence + rows.count;
      yield rowsBetween(rows, next - rows.firstSequence, Math.min(end, to + 1) - rows.firstSequence);
      next = end;
      if (performance.now() < sliceEndMs) continue;
      await nextTurn();
      sliceEndMs = performance.now() + SLICE_MS;
    }
  }

  /** See History.sequenceAt. */
  sequenceAt(us: number): number {
    // Rows before any time is known have no clock, and are no later than any.
    const tail = this.#tail;
    if (tail.count > 0 && !((tail.clockUs[0] ?? Number.NaN) > us)) return lastNoLater(tail, us);
    const chunk = this.#chunks[lastWhere(this.#chunks, ({ firstUs }) => !(firstUs > us))];
    if (chunk === undefined) return this.#before;
    return chunk.lastUs <= us ? chunk.firstSequence + chunk.count - 1 : lastNoLater(this.read(chunk), us);
  }

  /** Forgets all chunks up to a row, which must be the last of one. */
  dropTo(sequence: number): void {
    const end = this.#chunks.findIndex(({ firstSequence }) => firstSequence > sequence);
    for (const chunk of this.#chunks.splice(0, end < 0 ? this.#chunks.length : end)) {
      this.#store.drop(chunk.blob);
      this.bytes -= chunk.blob.length;
      this.requests -= chunk.requests;
      this.droppedRequests += chunk.requests;
    }
    this.#before = sequence;
  }

  dispose(): void {
    for (const { blob } of this.#chunks.splice(0)) this.#store.drop(blob);
    this.#before = this.#tail.firstSequence + this.#tail.count - 1;
    this.#tail.firstSequence = this.#before + 1;
    this.#tail.count = 0;
  }
}

/** Index of the last of which something holds that holds of all before it; -1 when of none. */
export function lastWhere<T>(sorted: readonly T[], holds: (element: T) => boolean): number {
  let low = -1;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    const element = sorted[middle];
    if (element !== undefined && holds(element)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lastNoLater(rows: EventBatch, us: number): number {
  let low = -1;
  let high = rows.count - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((rows.clockUs[middle] ?? 0) > us) high = middle - 1;
    else low = middle;
  }
  return rows.firstSequence + low;
}
