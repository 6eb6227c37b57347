import { describe, expect, it } from 'vitest';
import { Op } from '../../events/vocabulary.ts';
import { batchOf, type Io, pass, ROWS_BEGIN_US, rowsOf } from '../../testing/disk-rows.ts';
import { SessionState } from '../session-state.ts';
import type { DiskActivity, DiskFacts } from './activity.ts';
import { describeDisks, describeSets } from './describe-disks.ts';
import { phasesOf } from './phases.ts';

const MIB = 1024;
const DISKS: readonly DiskFacts[] = [1, 2, 3, 4].map((number) => ({
  id: number - 1,
  name: `disk ${number}`,
  sizeBytes: 64n << 20n,
}));

function at(seconds: number): number {
  return ROWS_BEGIN_US + seconds * 1e6;
}

function stateOf(ios: readonly Io[]): SessionState {
  const state = new SessionState();
  state.apply(batchOf(rowsOf(ios)));
  return state;
}

function described(ios: readonly Io[], seconds: number, disk = 0): DiskActivity {
  const found = describeDisks(stateOf(ios), at(seconds), DISKS)[disk];
  if (found === undefined) throw new Error(`disk ${disk} is not described`);
  return found;
}

/** What an array writes to each of its disks now and then: the superblock, and data at `places` places. */
function inStep(disks: readonly number[], seconds: number, places = 0): Io[] {
  return disks.flatMap((disk) =>
    Array.from({ length: 5 + places }, (_, i) => ({
      disk,
      op: Op.Write,
      atKib: i < 5 ? 68 : 2048 + i * 64,
      kib: 4,
      seconds: seconds + i * 0.2 + disk * 0.001,
    })),
  );
}

/** Disks 1 to 3 are read and disk 4 is written, over `toKib`, at 16 MiB/s. */
function rebuild(toKib: number, seconds = 0, readers = [0, 1, 2]): Io[] {
  const common = { toKib, kib: 512, mibPerSecond: 16 };
  return [
    ...readers.flatMap((disk) => pass({ ...common, disk, seconds })),
    ...pass({ ...common, disk: 3, op: Op.Write, seconds: seconds + 0.02 }),
  ];
}

describe('describeDisks', () => {
  it('tells a disk that nothing was asked of yet', () => {
    expect(described([], 0)).toMatchObject({ kind: 'unused', words: 'not yet used', badge: '' });
  });

  it('tells ordinary requests and, a second later, idleness', () => {
    const ios = pass({ fromKib: 4 * MIB, toKib: 8 * MIB, kib: 4, mibPerSecond: 1, seconds: 0 });
    expect(described(ios, 4)).toMatchObject({ kind: 'busy', words: 'reads 1.0 MB/s', badge: '' });
    expect(described(ios, 6)).toMatchObject({ kind: 'idle', words: 'idle', badge: '' });
    expect(described(ios, 6).sinceUs).toBeCloseTo(at(3.996), -4);
  });

  it('measures what goes on anew after a pause', () => {
    const before = pass({ fromKib: 4 * MIB, toKib: 8 * MIB, kib: 4, mibPerSecond: 4, seconds: 0 });
    const after = pass({ fromKib: 30 * MIB, toKib: 32 * MIB, kib: 4, mibPerSecond: 4, seconds: 60 });
    expect(described([...before, ...after], 60.5).words).toBe('reads 4.2 MB/s');
  });

  it('tells a scan with its place, rate and the time left', () => {
    const scan = described(pass({ toKib: 16 * MIB, mibPerSecond: 8, seconds: 0 }), 2);
    expect(scan).toMatchObject({ kind: 'scanned', fraction: 0.25, badge: 'scanning 25 %', partners: [] });
    expect(scan.words).toBe('being scanned, 25 %, 8.4 MB/s, 6 s left');
    expect(scan.bytesPerSecond).toBeCloseTo(8 << 20, -4);
    expect(scan.secondsLeft).toBeCloseTo(6, 1);
    expect(scan.sinceUs).toBe(at(0));
  });

  it('measures the rate over the last seconds', () => {
    const slow = pass({ toKib: 16 * MIB, mibPerSecond: 2, seconds: 0 });
    const fast = pass({ fromKib: 16 * MIB, toKib: 48 * MIB, mibPerSecond: 8, seconds: 8 });
    expect(described([...slow, ...fast], 12).bytesPerSecond).toBeCloseTo(8 << 20, -5);
  });

  it('does not take a file for a scan', () => {
    const file = pass({ fromKib: 30 * MIB, toKib: 50 * MIB, mibPerSecond: 16, seconds: 0 });
    const short = pass({ toKib: 12 * MIB, mibPerSecond: 16, seconds: 0 });
    expect([described(file, 1.25).kind, described(short, 0.75).kind]).toEqual(['busy', 'busy']);
  });

  it('tells a pass of writing, whatever is read meanwhile elsewhere', () => {
    const writes = pass({ op: Op.Write, toKib: 32 * MIB, mibPerSecond: 16, seconds: 0 });
    const reads = Array.from({ length: 100 }, (_, i) => ({ atKib: (i * 7919) % 65_000, seconds: i / 50 }));
    expect(described([...writes, ...reads], 2).words).toBe(
      'being written in sequence, 50 %, 17 MB/s, 2 s left',
    );
  });

  it('has no percentage where the size is not known', () => {
    const facts = [{ id: 0, name: 'disk 1', sizeBytes: null }];
    const state = stateOf(pass({ toKib: 1024 * MIB, kib: 2048, mibPerSecond: 512, seconds: 0 }));
    expect(describeDisks(state, at(2), facts)[0]).toMatchObject({
      kind: 'scanned',
      fraction: null,
      secondsLeft: null,
      words: 'being scanned, 537 MB/s',
      badge: 'scanning',
    });
  });

  it('names a rebuild by the disks that are read in step with it', () => {
    const ios = rebuild(16 * MIB);
    expect(described(ios, 1, 3)).toMatchObject({
      kind: 'rebuilt',
      partners: [0, 1, 2],
      words: 'being rebuilt, 25 %, 17 MB/s, 3 s left',
      badge: 'rebuilding 25 %',
    });
    expect(described(ios, 1, 0)).toMatchObject({
      kind: 'scanned',
      partners: [3],
      words: 'being read to rebuild disk 4, 25 %, 17 MB/s, 3 s left',
    });
  });

  it('keeps to a rebuild that is slowed to bursts of a second, among the requests of a file system', () => {
    // md takes a second's worth of its limit (sync_speed_max) at once, then waits for the next second.
    const bursts = Array.from({ length: 20 }, (_, second) =>
      [0, 1, 2, 3].flatMap((disk) =>
        pass({
          disk,
          op: disk === 3 ? Op.Write : Op.Read,
          fromKib: second * 3200,
          toKib: (second + 1) * 3200,
          kib: 1016,
          mibPerSecond: 40,
          seconds: second + (disk === 3 ? 0.02 : 0),
        }),
      ),
    ).flat();
    const files = Array.from({ length: 2000 }, (_, i) => ({
      disk: i % 4,
      op: i % 3 === 0 ? Op.Write : Op.Read,
      atKib: (i * 7919 * 4) % 65_000,
      kib: 4,
      seconds: i / 100,
    }));
    const state = new SessionState();
    const rows = rowsOf([...bursts, ...files]);
    const told: DiskActivity[] = [];
    let next = 0;
    for (let seconds = 2; seconds < 20; seconds += 0.25) {
      const end = rows.findIndex(({ clockUs = 0 }) => clockUs > at(seconds));
      state.apply(batchOf(rows.slice(next, end)));
      next = end;
      const disk = describeDisks(state, at(seconds), DISKS)[3];
      if (disk !== undefined) told.push(disk);
    }
    expect(told.filter(({ kind }) => kind !== 'rebuilt')).toEqual([]);
    expect(new Set(told.map(({ sinceUs }) => sinceUs))).toEqual(new Set([at(0.02)]));
    for (const { bytesPerSecond } of told.slice(8)) {
      expect(bytesPerSecond).toBeGreaterThan(2e6);
      expect(bytesPerSecond).toBeLessThan(5e6);
    }
  });

  it('mentions a rebuild that is done, for a minute', () => {
    const ios = rebuild(64 * MIB);
    expect(described(ios, 7, 3)).toMatchObject({
      kind: 'idle',
      words: 'idle, rebuilt 3 s ago',
      badge: 'rebuilt',
    });
    expect(described(ios, 70, 3)).toMatchObject({ words: 'idle', badge: '' });
  });

  it('calls one disk written in step with one other no more than that', () => {
    expect(described(rebuild(16 * MIB, 0, [1]), 1, 3)).toMatchObject({
      kind: 'copied',
      words: 'being written in step with reads of disk 2, 25 %, 17 MB/s, 3 s left',
      badge: 'copying 25 %',
    });
  });

  it('calls it a rebuild when both are known to be of one array', () => {
    const ios = [...inStep([1, 3], 0, 8), ...rebuild(16 * MIB, 10, [1])];
    expect(described(ios, 11, 3)).toMatchObject({ kind: 'rebuilt', partners: [1] });
  });

  it('calls no disk rebuilt while others are read elsewhere, at another time or written as well', () => {
    const writes = pass({ disk: 3, op: Op.Write, toKib: 16 * MIB, mibPerSecond: 16, seconds: 0 });
    const elsewhere = [0, 1, 2].flatMap((disk) =>
      pass({ disk, fromKib: 40 * MIB, toKib: 56 * MIB, mibPerSecond: 16, seconds: 0 }),
    );
    const before = [0, 1, 2].flatMap((disk) => pass({ disk, toKib: 16 * MIB, mibPerSecond: 64, seconds: 0 }));
    const onAll = [0, 1, 2, 3].flatMap((disk) => [
      ...pass({ disk, toKib: 16 * MIB, mibPerSecond: 16, seconds: 0 }),
      ...pass({ disk, op: Op.Write, toKib: 16 * MIB, mibPerSecond: 16, seconds: 0.01 }),
    ]);
    const kinds = [[...writes, ...elsewhere], [...writes, ...before], onAll].map(
      (ios) => described(ios, 1, 3).kind,
    );
    expect(kinds).toEqual(['written', 'written', 'written']);
  });

  it('tells which requests fail', () => {
    const ios = Array.from({ length: 12 }, (_, i) => ({
      op: i % 2 === 0 ? Op.Read : Op.Write,
      atKib: i * 640,
      seconds: i / 10,
      errno: i % 4 === 0 ? 5 : 0,
    }));
    expect(described(ios, 2)).toMatchObject({
      kind: 'failing',
      words: 'failing: 3 of 6 reads came back with errors, the last EIO',
      badge: 'failing',
    });
    expect(described(ios, 20).kind).toBe('idle');
  });

  it('goes on calling a disk failing whose last answer was an error', () => {
    const ios = [{ op: Op.Write, atKib: 0, seconds: 0, errno: 28 }];
    expect(described(ios, 100)).toMatchObject({ kind: 'failing', badge: 'full' });
  });

  it('calls a disk that declines what it cannot do neither failing nor failed', () => {
    expect(described([{ op: Op.Zero, atKib: 0, seconds: 0, errno: 95 }], 1).kind).toBe('busy');
  });

  it('names a disk failed that answers with errors and is then left out', () => {
    const ios = [
      ...inStep([0, 1, 2], 0, 8),
      { disk: 1, op: Op.Write, atKib: 68, kib: 4, seconds: 10, errno: 5 },
      ...inStep([0, 2], 10, 8),
    ];
    expect(described(ios, 20, 1)).toMatchObject({
      kind: 'failed',
      sinceUs: at(10),
      words: 'failed: 1 of 1 writes came back with errors, the last EIO; no longer touched for 10 s',
      badge: 'failed',
    });
    expect(described(ios, 20, 0)).toMatchObject({
      isDegraded: true,
      words: 'idle; array degraded',
      badge: 'degraded',
    });
    expect(describeSets(stateOf(ios), at(20), DISKS)).toMatchObject([
      { kind: 'degraded', disks: [0, 1, 2], words: 'degraded: disk 2 has failed', badge: 'degraded' },
    ]);
  });

  it('names it as well when its errors never reached the log, and flushes still do', () => {
    const flushes = [11, 12, 13].map((seconds) => ({ disk: 1, op: Op.Flush, atKib: 0, seconds }));
    const ios = [...inStep([0, 1, 2], 0, 8), ...flushes, ...inStep([0, 2], 10, 8)];
    expect(described(ios, 13, 1)).toMatchObject({
      kind: 'gone',
      sinceUs: at(10.002),
      words: 'failed: no longer touched for 3 s while its array goes on, with no error in its log',
      badge: 'failed',
    });
  });

  it('names the one of 24 disks that is left out', () => {
    const numbers = Array.from({ length: 24 }, (_, id) => id);
    const facts = numbers.map((id) => ({ id, name: `disk ${id + 1}`, sizeBytes: 64n << 20n }));
    const ios = [
      ...inStep(numbers, 0, 8),
      ...inStep(
        numbers.filter((id) => id !== 13),
        10,
        8,
      ),
    ];
    const told = describeDisks(stateOf(ios), at(20), facts);
    expect(told.filter(({ kind }) => kind === 'gone').map(({ disk }) => disk)).toEqual([13]);
    expect(told.filter(({ isDegraded }) => isDegraded)).toHaveLength(23);
  });

  it('takes it back when the disk is asked for data again', () => {
    const back = { disk: 1, atKib: 68, kib: 4, seconds: 19 };
    const ios = [...inStep([0, 1, 2], 0, 8), ...inStep([0, 2], 10, 8), back];
    expect(described(ios, 20, 1)).toMatchObject({ kind: 'busy', isDegraded: false });
  });

  it('calls a spare that holds no data idle, however long its array goes on without it', () => {
    const ios = [...inStep([0, 1, 2, 3], 0), ...inStep([0, 1, 2], 10, 100)];
    expect(described(ios, 40, 3)).toMatchObject({ kind: 'idle', badge: '' });
  });

  it('tells requests that wait for a reply in vain', () => {
    const state = new SessionState();
    const rows = rowsOf([{ atKib: 0, seconds: 0 }]);
    state.apply(batchOf(rows.slice(0, 1)));
    expect(describeDisks(state, at(4), DISKS)[0]?.kind).toBe('busy');
    expect(describeDisks(state, at(12), DISKS)[0]).toMatchObject({
      kind: 'stalled',
      sinceUs: at(0),
      words: '1 request waits, no reply for 12 s',
      badge: 'no reply',
    });
  });

  it('has an answer before any time is known', () => {
    const state = stateOf([]);
    expect(describeDisks(state, Number.NaN, DISKS).map(({ kind }) => kind)).toEqual(
      Array.from({ length: 4 }, () => 'unused'),
    );
    expect([describeSets(state, Number.NaN, DISKS), phasesOf(state, Number.NaN, DISKS)]).toEqual([[], []]);
  });

  it('forgets a disk that is closed', () => {
    const state = stateOf([...inStep([0, 1, 2], 0, 8), ...inStep([0, 2], 10, 8)]);
    state.removeDisk(1);
    state.apply(batchOf(rowsOf([{ disk: 1, atKib: 0, seconds: 20 }])));
    expect(describeDisks(state, at(20), DISKS)[1]?.kind).toBe('busy');
    expect(describeSets(state, at(20), DISKS)).toEqual([]);
  });
});

describe('phasesOf', () => {
  it('tells what went on and what goes on, oldest first', () => {
    const scan = pass({ toKib: 64 * MIB, mibPerSecond: 32, seconds: 0 });
    const failed = { disk: 1, op: Op.Write, atKib: 0, seconds: 1, errno: 5 };
    const again = pass({ toKib: 32 * MIB, mibPerSecond: 16, seconds: 10 });
    const phases = phasesOf(stateOf([...scan, failed, ...again]), at(12), DISKS);
    expect(phases).toMatchObject([
      { disk: 0, kind: 'scanned', startUs: at(0), fromByte: 0n, toByte: 64n << 20n },
      { disk: 1, kind: 'failing', startUs: at(1), endUs: null, toByte: 0n },
      { disk: 0, kind: 'scanned', startUs: at(10), endUs: null, toByte: 32n << 20n },
    ]);
    expect(phases[0]?.endUs).toBeCloseTo(at(2), -4);
  });
});
