import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { RECORDINGS } from '#engine/log/golden/make-golden.ts';
import type { Phase } from '#shared/model/activity/activity.ts';
import { describeDisks, describeSets } from '#shared/model/activity/describe-disks.ts';
import { phasesOf } from '#shared/model/activity/phases.ts';
import { type MergedRecording, mergedRecording, playRecording } from './testing/merged-recording.ts';

const SECOND = 1_000_000;
const OFTEN_US = 100_000;

function raidLogs(recording: string, numbers = [1, 2, 3, 4, 5]): string[] {
  return numbers.map((number) => join(RECORDINGS, recording, `log${number}`));
}

/** Kernel times of a recording as session times: begin and end of both recoveries, and of both failures the moment. */
function kernelTimes(recording: string): {
  readonly recoveries: [number, number][];
  readonly failures: number[];
} {
  const kernel = readFileSync(join(RECORDINGS, recording, 'guestfish.out'), 'utf8');
  const secondsOf = (pattern: RegExp): number[] =>
    [...kernel.matchAll(pattern)].map(([, seconds]) => Number(seconds));
  const failures = secondsOf(/^\[ *([\d.]+)\] md: super_written gets error/gm);
  // Superblocks are written to all disks at once, and the write to disk 3 fails: of a disk that works it is in the log.
  const steps = readFileSync(join(RECORDINGS, recording, 'steps'), 'utf8');
  const step = /STEP error3 ([\d:]+\.\d{6})/.exec(steps)?.[1] ?? '';
  const lines = readFileSync(join(RECORDINGS, recording, 'log1'), 'utf8').split('\n');
  const line =
    lines.find((text) => / Write .* offset=0x11000 /.test(text) && text.slice(11, 26) > step) ?? '';
  const wallUs = Date.parse(`${line.slice(0, 10)}T${line.slice(11, 26)}Z`) * 1000;
  const sessionUs = (seconds: number): number => wallUs + (seconds - (failures[0] ?? 0)) * SECOND;
  const begins = secondsOf(/^\[ *([\d.]+)\] md: recovery of RAID array/gm);
  const ends = secondsOf(/^\[ *([\d.]+)\] md: md127: recovery done/gm);
  return {
    recoveries: begins.map((begin, i) => [sessionUs(begin), sessionUs(ends[i] ?? Number.NaN)]),
    failures: failures.map(sessionUs),
  };
}

/** Every badge that each disk had in the course of a recording, without percentages, in the order they first came. */
function badgesOf(recording: MergedRecording): { readonly disks: string[][]; readonly sets: string[] } {
  const seen = recording.disks.map(() => new Set<string>());
  const sets = new Set<string>();
  playRecording(recording, OFTEN_US, ({ state }, nowUs) => {
    for (const { disk, badge } of describeDisks(state, nowUs, recording.disks)) {
      if (badge !== '') seen[disk]?.add(badge.replace(/ \d+ %/, ''));
    }
    for (const { words } of describeSets(state, nowUs, recording.disks)) {
      sets.add(words.replace(/, \d+ %.*/, ''));
    }
  });
  return { disks: seen.map((badges) => [...badges]), sets: [...sets] };
}

function phases(recording: MergedRecording): readonly Phase[] {
  const { state } = playRecording(recording, Number.POSITIVE_INFINITY, () => undefined);
  return phasesOf(state, state.clockUs, recording.disks);
}

describe.each(['raid5-blog-5x64M', 'raid5-logfirst-5x64M'])('activity in %s', (name) => {
  const truth = kernelTimes(name);
  const failure = name === 'raid5-blog-5x64M' ? 'gone' : 'failed';
  let recording: MergedRecording;
  let found: readonly Phase[];

  beforeAll(async () => {
    recording = await mergedRecording(raidLogs(name));
    found = phases(recording);
  });

  it('names both rebuilds, their starts and ends within a second of the kernel log', () => {
    const rebuilds = found.filter(({ kind }) => kind === 'rebuilt');
    expect(rebuilds.map(({ disk }) => disk)).toEqual([3, 4]);
    rebuilds.forEach(({ startUs, endUs }, i) => {
      const [beginUs = Number.NaN, doneUs = Number.NaN] = truth.recoveries[i] ?? [];
      expect(Math.abs(startUs - beginUs)).toBeLessThan(SECOND);
      expect(Math.abs((endUs ?? Number.NaN) - doneUs)).toBeLessThan(SECOND);
    });
  });

  it('tells that rebuilds go over the whole of the partition', () => {
    for (const { fromByte, toByte } of found.filter(({ kind }) => kind === 'rebuilt')) {
      expect([fromByte, toByte]).toEqual([1088n * 1024n, 65_472n * 1024n]);
    }
  });

  it('tells which disks are scanned for each rebuild', () => {
    const scanned = found.filter(({ kind }) => kind === 'scanned').map(({ disk }) => disk);
    expect([scanned.slice(0, 3).sort(), scanned.slice(3).sort()]).toEqual([
      [0, 1, 2],
      [0, 1, 3],
    ]);
  });

  it('names both failures within a second of the kernel log', () => {
    const failures = found.filter(({ kind }) => kind === failure);
    expect(failures.map(({ disk }) => disk)).toEqual([2, 3]);
    failures.forEach(({ startUs, endUs }, i) => {
      expect(Math.abs(startUs - (truth.failures[i] ?? Number.NaN))).toBeLessThan(SECOND);
      expect(endUs).toBe(null);
    });
  });

  it('shows it in the badges of the disks and the words of the array', () => {
    const { disks, sets } = badgesOf(recording);
    const failing = name === 'raid5-blog-5x64M' ? [] : ['failing'];
    expect(disks[2]).toEqual(['scanning', ...failing, 'failed']);
    expect(disks[3]).toEqual(
      expect.arrayContaining(['rebuilding', 'rebuilt', 'scanning', ...failing, 'failed']),
    );
    expect(disks[4]).toEqual(expect.arrayContaining(['rebuilding', 'rebuilt', 'degraded']));
    expect(disks[0]).toEqual(expect.arrayContaining(['scanning', 'degraded']));
    expect(sets).toEqual(
      expect.arrayContaining([
        'disk 4 is being rebuilt',
        'degraded: disk 3 has failed; disk 5 is being rebuilt',
        'disk 3 has failed; rebuilt onto disk 5',
        'degraded: disks 3 and 4 have failed; rebuilt onto disk 5',
      ]),
    );
  });

  it('is right as well when the logs are read a piece at a time', async () => {
    const inPieces = await mergedRecording(raidLogs(name), 400_000);
    const live = phases(inPieces);
    for (const kind of ['rebuilt', failure]) {
      const [there, here] = [found, live].map((all) => all.filter((phase) => phase.kind === kind));
      expect(here?.map(({ disk }) => disk)).toEqual(there?.map(({ disk }) => disk));
      here?.forEach(({ startUs, endUs }, i) => {
        expect(Math.abs(startUs - (there?.[i]?.startUs ?? Number.NaN))).toBeLessThan(SECOND / 2);
        expect(Math.abs((endUs ?? 0) - (there?.[i]?.endUs ?? 0))).toBeLessThan(SECOND / 2);
      });
    }
    const { disks } = badgesOf(inPieces);
    for (const disk of [0, 1, 4]) expect(disks[disk]).not.toContain('failed');
  });

  // At 8x a window that looks at each log three times a second sees 2.4 s of it at once: longer than the rebuild takes.
  it('knows the rebuilds though each log is read for seconds before the next', async () => {
    const [four, five] = [1, 0];
    const inPieces = phases(await mergedRecording(raidLogs(name, [5, 4, 3, 2, 1]), 2_400_000));
    const rebuilt = inPieces.filter(({ kind }) => kind === 'rebuilt');
    expect(rebuilt.map(({ disk }) => disk)).toEqual([four, five]);
  });
});

describe('activity without the other disks', () => {
  it('says no more than that a disk is written in sequence', async () => {
    const alone = await mergedRecording(raidLogs('raid5-blog-5x64M', [5]));
    expect(phases(alone).map(({ kind }) => kind)).toEqual(['written']);
    expect(badgesOf(alone)).toEqual({ disks: [['writing']], sets: [] });
  });

  it('knows a rebuild by one other disk that belongs to the same array', async () => {
    const two = await mergedRecording(raidLogs('raid5-blog-5x64M', [1, 4]));
    expect(phases(two).filter(({ kind }) => kind === 'rebuilt')).toMatchObject([{ disk: 1 }]);
  });
});

describe('activity in recordings without an array', () => {
  const logs = globSync('**/{log,log.*,*.log,*.log.1}', { cwd: RECORDINGS }).filter(
    (path) => path !== 'bad/empty.log',
  );

  it('are all looked at', () => {
    expect(logs.length).toBeGreaterThanOrEqual(25);
    expect(logs.some((path) => path.startsWith('raid'))).toBe(false);
  });

  it.each(logs)('%s: no disk is called rebuilt or failed', async (path) => {
    const recording = await mergedRecording([join(RECORDINGS, path)]);
    const badges = new Set(badgesOf(recording).disks.flat());
    const allowed = path.includes('err')
      ? ['failing', 'full']
      : path.startsWith('qemu-img')
        ? ['writing']
        : [];
    expect([...badges].filter((badge) => !allowed.includes(badge))).toEqual([]);
    expect(
      phases(recording).filter(({ kind }) => ['rebuilt', 'copied', 'failed', 'gone'].includes(kind)),
    ).toEqual([]);
  });

  it('a copy of an image is written from end to end', async () => {
    const copy = await mergedRecording([join(RECORDINGS, 'qemu-img-convert-256M/log')]);
    expect(phases(copy)).toMatchObject([{ kind: 'written', fromByte: 0n, toByte: 256n << 20n }]);
  });

  it('unrelated disks in one session are no array', async () => {
    const paths = logs.filter((path) => /^(ext4|btrfs|fio|qemu|daemon)/.test(path));
    const recording = await mergedRecording(paths.map((path) => join(RECORDINGS, path)));
    expect(badgesOf(recording).sets).toEqual([]);
    expect(new Set(phases(recording).map(({ kind }) => kind))).toEqual(new Set(['written']));
  });
});
