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
import { SnapshotParts } from '#shared/model/snapshot.ts';

/**
 * What may wait for a window before it is dropped and what changed in the picture is sent instead. Some 200,000 rows;
 * counted in memory, as a log that grows line by line makes batches that are mostly empty.
 */
const QUEUE_BYTES = 200_000 * ROW_BYTES;

/** A playback adds no rows while more than this waits: a window that is slow gets all of them, later. */
const ROOM_BYTES = QUEUE_BYTES / 4;

/** Rows in one frame at most: small enough to be applied well within a frame's time. */
const FRAME_ROWS = 16_384;

/** A part of a snapshot: neither making nor taking it lasts longer than some frames of the picture. */
const PART_BYTES = 2 * 1024 * 1024;

/** Rows are left out for a window that falls behind no more often than this. */
const HEAD_PAUSE_MS = 100;

/** Least time between two frames of rows, or two parts: a window draws no more than some sixty times a second, and each costs a message. */
const FRAME_PAUSE_MS = 8;

/** How often a window that does not follow is told how far the recording has come. */
const PROGRESS_MS = 250;

/**
 * What one window gets: a snapshot in parts, and the rows, each frame when the last has been acknowledged. Memory is
 * bounded: a window that is slow, hidden or paused is not queued for without end. One that falls behind loses rows, not
 * the picture: it goes on with the rows of now, and gets what the lost ones changed in parts between them.
 */
export class WindowFeed {
  /** Called when more has been sent, or there is nobody to send to. */
  onProgress: () => void = () => {};
  /** Frames are sent as soon as the one before is acknowledged: somebody waits for the last of them, not for what is drawn. */
  hurries = false;
  readonly #channel: Channel;
  readonly #state: () => SessionState;
  /** Batches are shared with the session, never written to again. */
  #queue: EventBatch[] = [];
  #queuedBytes = 0;
  #following = false;
  /** What the window still lacks besides rows. */
  #parts: SnapshotParts | null = null;
  /** Rows are left out until the next part is made. */
  #leavesOut = false;
  #awaiting: number | null = null;
  #flushScheduled = false;
  /** Session clock of the last row sent; NaN when none was since the window began to follow. */
  #sentUs = Number.NaN;
  #lastHeadMs = Number.NEGATIVE_INFINITY;
  #lastPartMs = Number.NEGATIVE_INFINITY;
  #lastRowsMs = Number.NEGATIVE_INFINITY;
  #pauseTimer: NodeJS.Timeout | null = null;
  #progressTimer: NodeJS.Timeout | null = null;
  #closed = false;

  /** @param state gives the state that the window shows: it is another object after a restart, or at another moment. */
  constructor(channel: Channel, state: () => SessionState) {
    this.#channel = channel;
    this.#state = state;
  }

  /** Whether more rows may be added without any being left out: few wait, or there is nobody to send them to. */
  get hasRoom(): boolean {
    return !this.#following || (!this.#leavesOut && this.#queuedBytes < ROOM_BYTES);
  }

  /** A window that follows has seen nothing yet of the state that it is to show now. */
  get isBehind(): boolean {
    return this.#following && this.#leavesOut;
  }

  /** The window lacks nothing but the rows that wait. */
  get isWhole(): boolean {
    return this.#following && this.#parts === null;
  }

  /** Everything that the state holds has been sent. */
  get isSent(): boolean {
    return this.isWhole && this.#queue.length === 0;
  }

  message(message: Message): void {
    if (!this.#closed) this.#channel.send(encodeJsonFrame(message));
  }

  /** Starts following from a snapshot, or stops and reports progress only. */
  follow(on: boolean): void {
    this.#following = on;
    this.#parts = null;
    this.#dropQueue();
    if (this.#progressTimer !== null) clearInterval(this.#progressTimer);
    this.#progressTimer = null;
    if (on) this.resync();
    else this.onProgress();
    if (!on) this.#progressTimer = setInterval(() => this.#sendProgress(), PROGRESS_MS);
  }

  /** Sends everything anew: the state was replaced. */
  resync(): void {
    if (!this.#following) return;
    this.#parts = new SnapshotParts(this.#state());
    this.#leaveOut();
    // This is no window that falls behind: it waits for what it asked to see.
    this.#lastHeadMs = Number.NEGATIVE_INFINITY;
    this.#scheduleFlush();
  }

  /** Rows just applied to the state. */
  rows(batch: EventBatch): void {
    if (!this.#following || this.#leavesOut) return;
    this.#queue.push(batch);
    this.#queuedBytes += sizeOf(batch);
    if (this.#queuedBytes > QUEUE_BYTES) this.#fallBehind();
    this.#scheduleFlush();
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
    if (this.#pauseTimer !== null) clearTimeout(this.#pauseTimer);
  }

  /** The window has all rows up to the last one sent, and gets none of those that wait. */
  #fallBehind(): void {
    const state = this.#state();
    const sinceMs = Number.isNaN(this.#sentUs) ? 0 : state.msOf(this.#sentUs);
    if (this.#parts === null) this.#parts = new SnapshotParts(state, sinceMs);
    else this.#parts.leftOut(sinceMs);
    this.#leaveOut();
  }

  #leaveOut(): void {
    this.#leavesOut = true;
    this.#dropQueue();
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
    if (this.#parts === null && this.#queue.length === 0) return;
    const nowMs = performance.now();
    const dueMs = this.#dueMs();
    if (dueMs > nowMs) {
      this.#pauseTimer ??= setTimeout(() => {
        this.#pauseTimer = null;
        this.#flush();
      }, dueMs - nowMs);
      return;
    }
    if (this.#parts === null) {
      this.#lastRowsMs = nowMs;
      this.#sendRows();
    } else {
      this.#lastPartMs = nowMs;
      if (this.#leavesOut) this.#lastHeadMs = nowMs;
      this.#sendPart(this.#parts);
    }
    this.onProgress();
  }

  /** When the next frame may be sent, of those that wait. */
  #dueMs(): number {
    if (this.hurries) return 0;
    if (this.#parts === null) return this.#lastRowsMs + FRAME_PAUSE_MS;
    return this.#leavesOut ? this.#lastHeadMs + HEAD_PAUSE_MS : this.#lastPartMs + FRAME_PAUSE_MS;
  }

  /** A part stands behind all rows before it: those that wait go first. */
  #sendPart(parts: SnapshotParts): void {
    while (this.#queue.length > 0) this.#sendRows();
    this.#leavesOut = false;
    const { sequence, clockUs } = this.#state();
    const { bytes, isLast } = parts.next(PART_BYTES, FRAME_HEADER_BYTES);
    if (isLast) this.#parts = null;
    this.#awaiting = sequence;
    this.#sentUs = clockUs;
    this.#channel.send(framed(FrameType.Snapshot, bytes));
  }

  #sendRows(): void {
    const first = this.#queue[0];
    if (first === undefined) return;
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
    this.#sentUs = batch.clockUs[batch.count - 1] ?? Number.NaN;
    this.#channel.send(encodeFrame(FrameType.Batch, batch.encode()));
  }
}

function sizeOf(batch: EventBatch): number {
  return batch.buffer.byteLength + batch.text.byteLength;
}
