import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, FrameType } from '#shared/channel/frame.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { readSnapshotPart } from '#shared/model/snapshot.ts';
import { WindowFeed } from './window-feed.ts';

/** A session and one window's feed; the window's frames pile up in `frames`. */
class Pair {
  readonly state = new SessionState();
  readonly frames: ReturnType<typeof decodeFrame>[] = [];
  readonly feed: WindowFeed;
  /** What a window makes of the frames. */
  readonly copy = new SessionState();
  #taken = 0;
  #nextBlock = 0;

  constructor() {
    const channel: Channel = {
      send: (bytes) => this.frames.push(decodeFrame(bytes)),
      onFrame: () => {},
      onClose: () => {},
      close: () => {},
    };
    this.feed = new WindowFeed(channel, () => this.state);
  }

  rows(count: number): void {
    const batch = new EventBatch(count);
    for (let i = 0; i < count; i += 1) {
      batch.push({
        kind: RowKind.Request,
        slot: 0,
        offsetBytes: i * 4096,
        lengthBytes: 4096,
        clockUs: 1e15 + i,
      });
    }
    batch.firstSequence = this.state.sequence + 1;
    this.state.apply(batch);
    this.feed.rows(batch);
  }

  /** Writes so many neighbouring blocks, from where the last such rows ended or from a block of `at`. */
  writes(count: number, at?: number): void {
    const batch = new EventBatch(count * 2);
    const first = at ?? this.#nextBlock;
    if (at === undefined) this.#nextBlock += count;
    for (let i = 0; i < count; i += 1) {
      const clockUs = 1e15 + (this.state.sequence + i) * 1000;
      const block = { op: Op.Write, slot: 0, offsetBytes: (first + i) * 4096, lengthBytes: 4096, clockUs };
      batch.push({ ...block, kind: RowKind.Request });
      batch.push({ ...block, kind: RowKind.Completion, latencyUs: 1 });
    }
    batch.firstSequence = this.state.sequence + 1;
    this.state.apply(batch);
    this.feed.rows(batch);
  }

  get untaken(): number {
    return this.frames.length - this.#taken;
  }

  /** Applies every frame that has come, as a window does, and acknowledges it. */
  take(): void {
    for (; this.#taken < this.frames.length; this.#taken += 1) {
      const frame = this.frames[this.#taken];
      if (frame?.type === FrameType.Batch) this.copy.apply(EventBatch.decode(frame.payload));
      else if (frame?.type === FrameType.Snapshot) {
        expect(readSnapshotPart(this.copy, frame.payload)).not.toBeNull();
      }
      this.feed.ack(this.copy.sequence);
    }
  }

  /** Takes frames until the copy has all there is. */
  async takeAll(): Promise<void> {
    await expect
      .poll(
        () => {
          this.take();
          return this.copy.sequence === this.state.sequence && !this.copy.isPartial;
        },
        { interval: 2 },
      )
      .toBe(true);
  }

  expectSame(): void {
    // Many million bytes, which toEqual would compare one by one.
    expect(Buffer.compare(this.copy.snapshot(), this.state.snapshot())).toBe(0);
  }

  /** Begins to count frames anew. */
  forget(): void {
    this.frames.length = 0;
    this.#taken = 0;
  }

  bytes(): number {
    return this.frames.reduce((sum, frame) => sum + frame.payload.length, 0);
  }

  types(): number[] {
    return this.frames.map((frame) => frame.type);
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('WindowFeed', () => {
  it('sends a snapshot, then the rows after it, the next frame only when the last is acknowledged', async () => {
    const pair = new Pair();
    pair.rows(3);
    pair.feed.follow(true);
    await settle();
    pair.rows(2);
    pair.rows(2);
    await settle();
    expect(pair.types()).toEqual([FrameType.Snapshot]);
    pair.feed.ack(3);
    await settle();
    expect(pair.types()).toEqual([FrameType.Snapshot, FrameType.Batch]);
    const sent = EventBatch.decode(pair.frames[1]?.payload ?? new Uint8Array());
    expect([sent.firstSequence, sent.count]).toEqual([4, 4]);
    pair.feed.dispose();
  });

  it('drops the rows for a window that falls behind and sends a snapshot instead', async () => {
    const pair = new Pair();
    pair.feed.follow(true);
    await settle();
    for (let i = 0; i < 30; i += 1) pair.rows(10_000);
    await settle();
    expect(pair.types()).toEqual([FrameType.Snapshot]);
    pair.feed.ack(0);
    await expect.poll(() => pair.types()).toEqual([FrameType.Snapshot, FrameType.Snapshot]);
    const copy = SessionState.readSnapshot(pair.frames[1]?.payload ?? new Uint8Array());
    expect(copy.sequence).toBe(300_000);
    pair.feed.ack(300_000);
    pair.rows(1);
    await settle();
    expect(pair.types().at(-1)).toBe(FrameType.Batch);
    pair.feed.dispose();
  });

  it('gives a window that fell behind what the lost rows changed, not the whole picture again', async () => {
    const pair = new Pair();
    for (let i = 0; i < 40; i += 1) pair.writes(1024);
    pair.feed.follow(true);
    await pair.takeAll();
    const whole = pair.bytes();
    pair.expectSame();
    pair.forget();
    pair.writes(10);
    await expect.poll(() => pair.frames.length).toBe(1);
    // The first of these is still to be acknowledged while the others come and are left out.
    for (let i = 0; i < 300; i += 1) pair.writes(500, 1);
    await pair.takeAll();
    expect(pair.types()).toContain(FrameType.Snapshot);
    expect(pair.bytes()).toBeLessThan(whole / 2);
    pair.expectSame();
    pair.feed.dispose();
  });

  it('sends the rows of now between the parts of a large picture', async () => {
    const pair = new Pair();
    for (let i = 0; i < 800; i += 1) pair.writes(1024);
    pair.feed.follow(true);
    const rowsBetween: number[] = [];
    while (pair.copy.sequence === 0 || pair.copy.isPartial) {
      await expect.poll(() => pair.untaken).toBeGreaterThan(0);
      pair.writes(5);
      pair.take();
      rowsBetween.push(pair.state.sequence - pair.copy.sequence);
    }
    const types = pair.types();
    expect(types.filter((type) => type === FrameType.Snapshot).length).toBeGreaterThan(3);
    expect(types.indexOf(FrameType.Batch)).toBeLessThan(types.lastIndexOf(FrameType.Snapshot));
    // Never further behind than what came since the part was sent.
    expect(Math.max(...rowsBetween)).toBeLessThanOrEqual(10);
    await pair.takeAll();
    pair.expectSame();
    pair.feed.dispose();
  });

  it('tells a window that does not follow how far the recording has come, and nothing else', async () => {
    const pair = new Pair();
    pair.feed.follow(false);
    pair.rows(7);
    await expect.poll(() => pair.frames.length).toBeGreaterThan(0);
    await sleep(400);
    expect(new Set(pair.types())).toEqual(new Set([FrameType.Json]));
    const json: unknown = JSON.parse(new TextDecoder().decode(pair.frames[0]?.payload));
    expect(json).toEqual({ message: 'progress', sequence: 7, requests: 7 });
    pair.feed.dispose();
  });

  it('pays no heed to an acknowledgement from before a restart', async () => {
    const pair = new Pair();
    pair.rows(3);
    pair.feed.follow(true);
    await settle();
    pair.feed.ack(2);
    pair.rows(1);
    await settle();
    expect(pair.types()).toEqual([FrameType.Snapshot]);
    pair.feed.dispose();
  });

  it('counts the memory that waits, not only its rows: a log that grows line by line makes large batches of one row', async () => {
    const pair = new Pair();
    pair.feed.follow(true);
    await settle();
    for (let i = 0; i < 4000; i += 1) {
      const batch = new EventBatch(64);
      batch.push({ kind: RowKind.Request, offsetBytes: 0, lengthBytes: 4096, clockUs: 1e15 });
      batch.firstSequence = pair.state.sequence + 1;
      pair.state.apply(batch);
      pair.feed.rows(batch);
    }
    pair.feed.ack(0);
    await expect.poll(() => pair.types()).toEqual([FrameType.Snapshot, FrameType.Snapshot]);
    pair.feed.dispose();
  });
});
