import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, encodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import { NO_CAPTURES } from '#shared/contract/captures.ts';
import type { Message, SessionInfo } from '#shared/contract/messages.ts';
import { LIVE_VIEW, NO_HISTORY, type View } from '#shared/contract/time.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { WindowSession } from './window-session.ts';

const T0 = 1_700_000_000_000_000;

/** An engine's end, played by the test: it keeps the true state and what the window has sent. */
class FakeEngine {
  readonly sent: unknown[] = [];
  readonly state = new SessionState();
  channel: Channel | null = null;
  refuses = 0;
  connections = 0;

  connect = (): Promise<Channel> => {
    this.connections += 1;
    if (this.refuses > 0) {
      this.refuses -= 1;
      return Promise.reject(new Error('nobody there'));
    }
    const channel: Channel = {
      send: (frame) => {
        this.sent.push(JSON.parse(new TextDecoder().decode(decodeFrame(frame).payload)));
      },
      onFrame: () => {},
      onClose: () => {},
      close: () => {},
    };
    this.channel = channel;
    return Promise.resolve(channel);
  };

  message(message: Message): void {
    this.channel?.onFrame(encodeJsonFrame(message));
  }

  /** Appends rows that each write one block, and gives them to the window unless `kept` back. */
  write(count: number, kept = false): void {
    const batch = new EventBatch(count * 2);
    for (let i = 0; i < count; i += 1) {
      const at = { op: Op.Write, slot: i, offsetBytes: i * 4096, lengthBytes: 4096 };
      const clockUs = T0 + (this.state.sequence + i) * 1000;
      batch.push({ ...at, kind: RowKind.Request, clockUs, timeUs: clockUs });
      batch.push({ ...at, kind: RowKind.Completion, clockUs, timeUs: clockUs, latencyUs: 5 });
    }
    batch.firstSequence = this.state.sequence + 1;
    this.state.apply(batch);
    if (!kept) this.channel?.onFrame(encodeFrame(FrameType.Batch, batch.encode()));
  }

  /** @param state of another moment; that of now when absent. */
  snapshot(state = this.state): void {
    this.channel?.onFrame(encodeFrame(FrameType.Snapshot, state.snapshot()));
  }

  view(view: Partial<View>): void {
    this.message({ message: 'view', view: { ...LIVE_VIEW, mode: 'past', sequence: 2, ...view } });
  }
}

function sessionInfo(lastUs: number, id = 'first'): SessionInfo {
  return {
    disks: [],
    arrays: [],
    sources: [],
    notices: [],
    recentLogs: [],
    modelBytes: 0,
    history: { ...NO_HISTORY, id, firstUs: T0, lastUs },
    captures: NO_CAPTURES,
    structures: [],
    modelLimitBytes: 1,
  };
}

const WELCOME: Message = {
  message: 'welcome',
  protocol: 1,
  version: '1',
  host: 'web',
  platform: 'linux',
  nbdkit: null,
};

describe('WindowSession', () => {
  let engine: FakeEngine;
  let session: WindowSession;
  let wallMs: number;
  /** How long it takes from one look at the clock to the next. */
  let stepMs: number;
  let log: string[];
  /** Steps that wait for a task of their own. */
  let later: (() => void)[];

  beforeEach(async () => {
    vi.useFakeTimers();
    engine = new FakeEngine();
    wallMs = 0;
    stepMs = 0;
    log = [];
    later = [];
    session = new WindowSession({
      connect: engine.connect,
      wallMs: () => {
        wallMs += stepMs;
        return wallMs;
      },
      later: (run) => later.push(run),
      listener: {
        link: (state) => log.push(`link ${state}`),
        message: (message) => log.push(message.message),
        changed: () => log.push('changed'),
        trouble: (text, detail) => log.push(`trouble: ${text}: ${detail}`),
      },
    });
    session.start();
    await vi.advanceTimersByTimeAsync(0);
  });

  afterEach(() => {
    session.dispose();
    vi.useRealTimers();
  });

  it('greets, takes the snapshot, follows from there and acknowledges what it has applied', () => {
    engine.message(WELCOME);
    engine.write(3, true);
    engine.snapshot();
    engine.write(2);
    expect(session.state.sequence).toBe(10);
    expect(session.state.snapshot()).toEqual(engine.state.snapshot());
    expect(engine.sent).toEqual([
      { command: 'hello', protocol: 1 },
      { command: 'ack', sequence: 6 },
      { command: 'ack', sequence: 10 },
    ]);
    expect(log).toEqual(['link open', 'welcome', 'changed', 'changed']);
  });

  it('takes many rows in steps of their own, acknowledges them when all are in, and keeps the order', () => {
    engine.message(WELCOME);
    engine.snapshot();
    log.length = 0;
    engine.sent.length = 0;
    stepMs = 10;
    engine.write(5000);
    engine.write(1);
    const steps: number[] = [session.state.sequence];
    for (let run = later.shift(); run !== undefined; run = later.shift()) {
      expect(engine.sent.length, 'nothing is acknowledged in advance').toBe(log.length);
      run();
      steps.push(session.state.sequence);
    }
    expect(Math.max(...steps.map((at, i) => at - (steps[i - 1] ?? 0)))).toBeLessThanOrEqual(256);
    expect(engine.sent).toEqual([
      { command: 'ack', sequence: 10_000 },
      { command: 'ack', sequence: 10_002 },
    ]);
    expect(Buffer.compare(session.state.snapshot(), engine.state.snapshot())).toBe(0);
  });

  it('forgets what of a lost engine it has not taken in', async () => {
    engine.message(WELCOME);
    engine.snapshot();
    stepMs = 10;
    engine.write(5000);
    expect(later.length).toBe(1);
    engine.channel?.onClose();
    await vi.advanceTimersByTimeAsync(300);
    engine.sent.length = 0;
    engine.snapshot();
    for (let run = later.shift(); run !== undefined; run = later.shift()) run();
    expect(engine.sent).toEqual([{ command: 'ack', sequence: 10_000 }]);
    expect(session.state.sequence).toBe(10_000);
  });

  it('reports what it cannot read and goes on', () => {
    engine.channel?.onFrame(new Uint8Array([9, 9]));
    engine.channel?.onFrame(encodeFrame(FrameType.Json, new TextEncoder().encode('{nonsense')));
    engine.channel?.onFrame(encodeJsonFrame({ message: 'unheard of' }));
    engine.channel?.onFrame(encodeFrame(FrameType.Batch, new Uint8Array(7)));
    engine.channel?.onFrame(encodeFrame(FrameType.Snapshot, new Uint8Array(7)));
    expect(log).toHaveLength(5);
    expect(log.every((line) => line.startsWith('trouble'))).toBe(true);
    engine.snapshot();
    engine.write(1);
    expect(session.state.sequence).toBe(2);
  });

  it('holds the picture while paused and takes a snapshot when it goes on', () => {
    engine.snapshot();
    engine.write(1);
    session.setPaused(true);
    engine.write(1);
    expect(session.state.sequence).toBe(2);
    const heldUs = session.nowUs();
    wallMs = 60_000;
    expect(session.nowUs()).toBe(heldUs);
    session.setPaused(false);
    engine.snapshot();
    expect(session.state.sequence).toBe(4);
    expect(engine.sent).toContainEqual({ command: 'follow', on: false });
    expect(engine.sent.filter((sent) => JSON.stringify(sent).includes('"follow","on":true'))).toHaveLength(1);
  });

  it('follows only while both seen and not paused', () => {
    session.setHidden(true);
    session.setPaused(true);
    session.setHidden(false);
    session.setPaused(false);
    const follows = engine.sent.filter((sent) => JSON.stringify(sent).includes('follow'));
    expect(follows).toEqual([
      { command: 'follow', on: false },
      { command: 'follow', on: true },
    ]);
  });

  it('asks for a snapshot when rows are missing instead of applying what does not fit', () => {
    engine.snapshot();
    engine.write(1, true);
    engine.write(1);
    expect(session.state.sequence).toBe(0);
    expect(engine.sent).toContainEqual({ command: 'follow', on: true });
    engine.snapshot();
    expect(session.state.sequence).toBe(4);
  });

  it('says that the engine has gone and reconnects, waiting longer from try to try', async () => {
    engine.message(WELCOME);
    engine.refuses = 2;
    engine.channel?.onClose();
    expect(log.at(-1)).toBe('link lost');
    await vi.advanceTimersByTimeAsync(250);
    expect(engine.connections).toBe(2);
    await vi.advanceTimersByTimeAsync(499);
    expect(engine.connections).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(engine.connections).toBe(3);
    await vi.advanceTimersByTimeAsync(1000);
    expect(engine.connections).toBe(4);
    engine.message(WELCOME);
    expect(log.at(-2)).toBe('link open');
    expect(engine.sent.filter((sent) => JSON.stringify(sent).includes('hello'))).toHaveLength(2);
  });

  it('keeps what is played to its own time: standing while paused, never said to be past its end', () => {
    engine.write(1, true);
    engine.snapshot();
    engine.message({ message: 'session', session: sessionInfo(T0 + 5_000_000) });
    engine.view({ playing: true, speed: 4, positionUs: T0 + 1_000_000 });
    wallMs = 500;
    expect(session.nowUs()).toBe(T0 + 3_000_000);
    engine.view({ speed: 4, positionUs: T0 + 2_900_000 });
    wallMs = 9000;
    expect(session.nowUs()).toBe(T0 + 2_900_000);
    engine.view({ speed: 4, ended: true, positionUs: T0 + 5_000_000 });
    wallMs = 90_000;
    expect(session.shownUs()).toBeLessThanOrEqual(T0 + 5_000_000);
  });

  it('takes back what it ran on by before it heard that the past goes slower', () => {
    engine.write(1, true);
    engine.snapshot();
    engine.message({ message: 'session', session: sessionInfo(T0 + 60_000_000) });
    engine.view({ playing: true, speed: 16, positionUs: T0 + 1_000_000 });
    wallMs = 500;
    expect(session.nowUs()).toBe(T0 + 9_000_000);
    engine.view({ playing: true, speed: 1, positionUs: T0 + 4_000_000 });
    wallMs = 1500;
    expect(session.nowUs()).toBe(T0 + 5_000_000);
    engine.view({ playing: true, speed: 1, positionUs: T0 + 4_900_000 });
    expect(session.nowUs(), 'that word was on its way for a while').toBe(T0 + 5_000_000);
    wallMs = 4500;
    engine.view({ playing: true, speed: 1, positionUs: T0 + 6_000_000 });
    expect(session.nowUs(), 'the engine waited').toBe(T0 + 6_000_000);
  });

  it('goes back to an earlier moment with nothing left of the later one', () => {
    engine.write(1, true);
    const earlier = SessionState.readSnapshot(engine.state.snapshot());
    engine.write(4, true);
    engine.snapshot();
    engine.view({ positionUs: T0 + 500_000 });
    expect(session.nowUs(), 'its time comes with its picture').not.toBe(T0 + 500_000);
    engine.snapshot(earlier);
    expect(session.state.snapshot()).toEqual(earlier.snapshot());
    expect(session.nowUs()).toBe(T0 + 500_000);
  });

  it('resolves a seek when the engine says that everything up to there was sent', async () => {
    const first = session.seek({ us: T0 });
    const second = session.seek({ sequence: 7 });
    expect(engine.sent.slice(-2)).toEqual([
      { command: 'seek', to: { us: T0 }, tag: 1 },
      { command: 'seek', to: { sequence: 7 }, tag: 2 },
    ]);
    engine.view({ sequence: 7, tag: 2 });
    await expect(second).resolves.toMatchObject({ sequence: 7 });
    engine.channel?.onClose();
    await expect(first).rejects.toThrow('the engine went');
    await expect(session.seek({ us: T0 })).rejects.toThrow('no engine');
  });

  it('says where it stood to an engine that it finds again', async () => {
    engine.message({ message: 'session', session: sessionInfo(T0, 'that one') });
    engine.view({ positionUs: T0 });
    expect(session.resume).toMatchObject({ history: 'that one', view: { positionUs: T0 } });
    engine.channel?.onClose();
    await vi.advanceTimersByTimeAsync(250);
    expect(engine.sent.at(-1)).toMatchObject({
      command: 'hello',
      resume: { history: 'that one', view: { mode: 'past', sequence: 2 } },
    });
  });
});
