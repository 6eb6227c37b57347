import type { Channel } from '#shared/channel/channel.ts';
import {
  encodeFrame,
  encodeJsonFrame,
  FRAME_HEADER_BYTES,
  FrameType,
  framed,
} from '#shared/channel/frame.ts';
import type { Message } from '#shared/contract/messages.ts';
import { EventBatch, ROW_BYTES } from '#shared/events/event-batch.ts';
import type { SessionState } from '#shared/model/session-state.ts';

/**
 * What may wait for a window before it is dropped and a snapshot takes its place. Some 200,000 rows; counted in memory,
 * as a log that grows line by line makes batches that are mostly empty.
 */
const QUEUE_BYTES = 200_000 * ROW_BYTES;

/** Rows in one frame at most: small enough to be applied well within a frame's time. */
const FRAME_ROWS = 16_384;

/** A window that fell behind gets the next snapshot after this many times what the last took to make, and at least… */
const SNAPSHOT_PAUSE_FACTOR = 4;
const SNAPSHOT_PAUSE_MS = 100;

/** Least time between two frames of rows: a window draws no more than some sixty times a second, and each costs a message. */
const ROWS_PAUSE_MS = 8;

/** How often a window that does not follow is told how far the recording has come. */
const PROGRESS_MS = 250;

/**
 * What one window gets: a snapshot, then the rows after it, one frame at a time, the next when the last has been
 * acknowledged. Memory is bounded: a window that is slow, hidden or paused is not queued for without end.
 */
export class WindowFeed {
  readonly #channel: Channel;
  readonly #state: () => SessionState;
  /** Batches are shared with the session, never written to again. */
  #queue: EventBatch[] = [];
  #queuedBytes = 0;
  #following = false;
  #snapshotDue = false;
  #awaiting: number | null = null;
  #flushScheduled = false;
  #snapshotCostMs = 0;
  #lastSnapshotMs = Number.NEGATIVE_INFINITY;
  #lastRowsMs = Number.NEGATIVE_INFINITY;
  #rowsTimer: NodeJS.Timeout | null = null;
  #snapshotTimer: NodeJS.Timeout | null = null;
  #progressTimer: NodeJS.Timeout | null = null;
  #closed = false;

  /** @param state gives the session's state of now: it is another object after a restart. */
  constructor(channel: Channel, state: () => SessionState) {
    this.#channel = channel;
    this.#state = state;
  }

  message(message: Message): void {
    if (!this.#closed) this.#channel.send(encodeJsonFrame(message));
  }

  /** Starts following from a snapshot, or stops and reports progress only. */
  follow(on: boolean): void {
    this.#following = on;
    this.#dropQueue();
    if (this.#progressTimer !== null) clearInterval(this.#progressTimer);
    this.#progressTimer = null;
    if (on) this.resync();
    else this.#progressTimer = setInterval(() => this.#sendProgress(), PROGRESS_MS);
  }

  /** Sends a snapshot next: the state was replaced, or rows were dropped. */
  resync(): void {
    if (!this.#following) return;
    this.#dropQueue();
    this.#snapshotDue = true;
    this.#scheduleFlush();
  }

  /** Rows just applied to the state. */
  rows(batch: EventBatch): void {
    if (!this.#following || this.#snapshotDue) return;
    this.#queue.push(batch);
    this.#queuedBytes += sizeOf(batch);
    if (this.#queuedBytes > QUEUE_BYTES) this.resync();
    else this.#scheduleFlush();
  }

  ack(sequence: number): void {
    if (this.#awaiting === null || sequence < this.#awaiting) return;
    this.#awaiting = null;
    this.#flush();
  }

  dispose(): void {
    this.#closed = true;
    this.#following = false;
    this.#dropQueue();
    if (this.#progressTimer !== null) clearInterval(this.#progressTimer);
    if (this.#snapshotTimer !== null) clearTimeout(this.#snapshotTimer);
    if (this.#rowsTimer !== null) clearTimeout(this.#rowsTimer);
  }

  #dropQueue(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #sendProgress(): void {
    const state = this.#state();
    this.message({ message: 'progress', sequence: state.sequence, requests: state.recent.total });
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#awaiting !== null) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#closed || !this.#following || this.#awaiting !== null) return;
    if (this.#snapshotDue) this.#flushSnapshot();
    else if (this.#queue.length > 0) this.#flushRows();
  }

  #flushSnapshot(): void {
    const now = performance.now();
    const pause = Math.max(SNAPSHOT_PAUSE_MS, this.#snapshotCostMs * SNAPSHOT_PAUSE_FACTOR);
    const waitMs = this.#lastSnapshotMs + pause - now;
    if (waitMs > 0) {
      this.#snapshotTimer ??= setTimeout(() => {
        this.#snapshotTimer = null;
        this.#flush();
      }, waitMs);
      return;
    }
    this.#snapshotDue = false;
    const state = this.#state();
    this.#awaiting = state.sequence;
    this.#channel.send(framed(FrameType.Snapshot, state.snapshot(FRAME_HEADER_BYTES)));
    this.#lastSnapshotMs = performance.now();
    this.#snapshotCostMs = this.#lastSnapshotMs - now;
  }

  #flushRows(): void {
    const first = this.#queue[0];
    if (first === undefined) return;
    const waitMs = this.#lastRowsMs + ROWS_PAUSE_MS - performance.now();
    if (waitMs > 0) {
      this.#rowsTimer ??= setTimeout(() => {
        this.#rowsTimer = null;
        this.#flush();
      }, waitMs);
      return;
    }
    this.#lastRowsMs = performance.now();
    let count = 1;
    let rows = first.count;
    for (; count < this.#queue.length; count += 1) {
      const next = this.#queue[count];
      if (next === undefined || rows + next.count > FRAME_ROWS) break;
      rows += next.count;
    }
    let batch = first;
    if (count > 1) {
      batch = new EventBatch(rows);
      batch.firstSequence = first.firstSequence;
      for (const part of this.#queue.slice(0, count)) batch.appendRows(part, 0, part.count);
    }
    for (const sent of this.#queue.splice(0, count)) this.#queuedBytes -= sizeOf(sent);
    this.#awaiting = batch.firstSequence + batch.count - 1;
    this.#channel.send(encodeFrame(FrameType.Batch, batch.encode()));
  }
}

function sizeOf(batch: EventBatch): number {
  return batch.buffer.byteLength + batch.text.byteLength;
}
