import { describe, expect, it } from 'vitest';
import { EventBatch } from '#shared/events/event-batch.ts';
import { ALL_DISKS, hasText, Op, RowKind } from '#shared/events/vocabulary.ts';
import { MAX_DISKS, SessionState } from '#shared/model/session-state.ts';
import { Session } from './session.ts';
import type { SessionListener } from './session-listener.ts';
import type { Source, SourceProgress, SourceSink } from './source.ts';

const LIVE: SourceProgress = {
  status: 'live',
  statusText: 'following',
  bytesRead: 0,
  totalBytes: null,
  lines: 0,
  notUnderstood: 0,
  timesBackwards: 0,
  runs: [],
};

/** A source in the test's hands. */
class Hand implements Source {
  readonly kind = 'log';
  readonly path = '/tmp/hand';
  readonly canRestart = true;
  readonly name: string;
  sink: SourceSink | null = null;

  constructor(name: string) {
    this.name = name;
  }

  start(sink: SourceSink): void {
    this.sink = sink;
    sink.progress(LIVE);
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  disks(count: number, sizeBytes: bigint | null = 1n << 26n): void {
    for (let index = 0; index < count; index += 1) {
      this.sink?.disk({ index, exportName: `${this.name}${index}`, sizeBytes, highestByte: 0n });
    }
  }

  write(disk: number, offsetBytes: number): void {
    const batch = new EventBatch(2);
    const row = { op: Op.Write, disk, offsetBytes, lengthBytes: 4096, timeUs: 1e15 };
    batch.push({ ...row, kind: RowKind.Request });
    batch.push({ ...row, kind: RowKind.Completion });
    void this.sink?.rows(batch);
  }
}

const DEAF: SessionListener = {
  rows: () => {},
  reset: () => {},
  infoChanged: () => {},
  diskCame: () => {},
  diskGone: () => {},
  sourceGone: () => {},
};

function newSession(): { session: Session; resets: () => number } {
  let resets = 0;
  const session = new Session({
    ...DEAF,
    reset: () => {
      resets += 1;
    },
  });
  return { session, resets: () => resets };
}

describe('Session', () => {
  it('gives the memory of a closed log back, takes it out of snapshots and has windows ask for one', async () => {
    const { session, resets } = newSession();
    const [kept, closed] = [new Hand('kept'), new Hand('closed')];
    session.add(kept);
    const id = session.add(closed);
    kept.disks(1);
    closed.disks(1);
    kept.write(0, 0);
    const usedBytes = session.state.budget.usedBytes;
    const snapshotBytes = session.state.snapshot().length;
    closed.write(0, 1 << 25);
    expect(session.state.budget.usedBytes).toBeGreaterThan(usedBytes);
    await session.close(id);
    expect(session.state.budget.usedBytes).toBe(usedBytes);
    expect(session.state.snapshot().length).toBe(snapshotBytes);
    expect(resets()).toBe(1);
    const copy = SessionState.readSnapshot(session.state.snapshot());
    expect(copy.disks.map((disk) => disk?.counters.requests[Op.Write])).toEqual([1]);
    expect(copy.recent.disk[copy.recent.indexOf(0)]).toBe(ALL_DISKS);
    await session.dispose();
  });

  it('opens and closes logs without end: disk numbers go round', async () => {
    const { session } = newSession();
    const seen: number[] = [];
    for (let i = 0; i < MAX_DISKS + 10; i += 1) {
      const hand = new Hand('disk');
      const id = session.add(hand);
      hand.disks(1);
      hand.write(0, 0);
      seen.push(session.diskInfos()[0]?.id ?? -1);
      await session.close(id);
    }
    expect(seen).toEqual(Array.from(seen, (_, i) => i % MAX_DISKS));
    expect(session.notices).toEqual([]);
    await session.dispose();
  });

  it('leaves out the disks that are too many, says so, and shows the others', async () => {
    const { session } = newSession();
    const hand = new Hand('many');
    session.add(hand);
    hand.disks(MAX_DISKS + 1);
    hand.write(MAX_DISKS, 0);
    hand.write(0, 0);
    expect(session.diskInfos().length).toBe(MAX_DISKS);
    expect(session.notices.map((notice) => notice.text)).toEqual([
      expect.stringContaining('more disks than'),
    ]);
    expect(session.state.recent.total).toBe(1);
    await session.dispose();
  });

  it('keeps the words of each row where the rows of sources that catch up are brought into one order', async () => {
    const words: string[] = [];
    const session = new Session({
      ...DEAF,
      rows: (rows) => {
        for (let i = 0; i < rows.count; i += 1) {
          words.push(hasText(rows.kind[i]) ? EventBatch.decode(rows.encode()).textOf(i) : 'row');
        }
      },
    });
    const [odd, even] = [new Hand('odd'), new Hand('even')];
    const reading = { ...LIVE, status: 'reading' as const };
    for (const hand of [odd, even]) {
      session.add(hand);
      hand.disks(1);
      hand.sink?.progress(reading);
    }
    for (const [hand, times] of [
      [odd, [1, 3, 5]],
      [even, [2, 4, 6]],
    ] as const) {
      const batch = new EventBatch(6);
      for (const timeUs of times) {
        batch.push({ kind: RowKind.Connect, disk: 0, timeUs });
        batch.pushText(`change ${timeUs}`, { kind: RowKind.FaultChange, disk: 0, timeUs });
      }
      void hand.sink?.rows(batch);
    }
    for (const hand of [odd, even]) hand.sink?.progress(LIVE);
    expect(words).toEqual([1, 2, 3, 4, 5, 6].flatMap((n) => ['row', `change ${n}`]));
    await session.dispose();
  });

  it('keeps to the size that was given for each log of its own', async () => {
    const { session } = newSession();
    const [told, given] = [new Hand('told'), new Hand('given')];
    session.add(told);
    session.add(given, { sizeBytes: 1n << 30n });
    told.disks(1, null);
    given.disks(1, null);
    expect(session.diskInfos().map((disk) => disk.sizeBytes)).toEqual([null, '1073741824']);
    await session.dispose();
  });

  it('gives the disks of sources that are read again their numbers, names and sizes, whichever comes first', async () => {
    const { session } = newSession();
    const [a, b] = [new Hand('a'), new Hand('b')];
    const [first, second] = [session.add(a), session.add(b)];
    for (const hand of [a, b]) hand.disks(2, null);
    session.renameDisk(3, 'root');
    session.setDiskSize(0, 1n << 30n);
    const before = session.diskInfos();
    const kept = [session.keptDisks(first), session.keptDisks(second)] as const;
    await session.reset();
    const [aAgain, bAgain, other] = [new Hand('a'), new Hand('b'), new Hand('other')];
    session.add(aAgain, { kept: kept[0] });
    session.add(bAgain, { kept: kept[1] });
    session.add(other);
    for (const hand of [other, bAgain, aAgain]) hand.disks(2, null);
    const withoutSource = (infos: ReturnType<Session['diskInfos']>): unknown =>
      infos.map(({ source: _, ...rest }) => rest);
    expect(withoutSource(session.diskInfos().slice(0, 4))).toEqual(withoutSource(before));
    expect(session.diskInfos().map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5]);
    await session.dispose();
  });

  it('does not wait for a source that does not stop', async () => {
    const { session } = newSession();
    const dead = new Hand('dead');
    dead.stop = () => new Promise(() => {});
    session.add(dead);
    await session.reset();
    expect(session.sourceInfos()).toEqual([]);
    await session.dispose();
  });

  it('keeps a bounded number of notices, the latest', async () => {
    const { session } = newSession();
    for (let i = 0; i < 1000; i += 1) {
      session.notice(null, { key: `n${i}`, level: 'info', text: `${i}`, detail: null });
    }
    expect(session.notices.length).toBe(100);
    expect(session.notices.at(-1)?.text).toBe('999');
    await session.dispose();
  });
});
