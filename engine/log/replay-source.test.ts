import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseCaptionTable, readCaptions } from '#shared/captions/captions-file.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { RECORDINGS } from './golden/make-golden.ts';
import { createReplaySource, openSampleReplay, type ReplaySource } from './replay-source.ts';
import { probe, until } from './source-probe.ts';

const ASSETS = join(RECORDINGS, '..');
const SAMPLE = join(RECORDINGS, 'ext4-blog-64M');
let replay: ReplaySource | null = null;

afterEach(async () => {
  await replay?.stop();
  replay = null;
});

function captions(lines: readonly string[]): string[] {
  return lines.filter((line) => line.includes(' Caption ')).map((line) => line.replace(/^.*? "|"$/g, ''));
}

/** Where a replay stands, and between which times of this process it stood there. */
function positionAt(of: ReplaySource): { us: number; fromMs: number; toMs: number } {
  const fromMs = performance.now();
  const us = of.info()?.positionUs ?? Number.NaN;
  return { us, fromMs, toMs: performance.now() };
}

describe('captions', () => {
  it('have a sentence for every step of the built-in recording', () => {
    const table = parseCaptionTable(readFileSync(join(SAMPLE, 'captions.json'), 'utf8'));
    const { captions: steps } = readCaptions(
      readFileSync(join(SAMPLE, 'steps'), 'utf8'),
      Date.UTC(2026, 10, 20, 22, 20) * 1000,
      table,
    );
    expect(steps).toHaveLength(12);
    for (const { text } of steps) expect(text).toMatch(/^[a-z-]+( -rf)?: .{10,}$/);
    expect(steps[1]?.clockUs).toBe(Date.UTC(2026, 10, 20, 22, 20, 3) * 1000 + 746_750);
  });

  it('have one for every step of the recording of five disks', () => {
    const folder = join(RECORDINGS, 'raid5-story-5x64M');
    const table = parseCaptionTable(readFileSync(join(folder, 'captions.json'), 'utf8'));
    const { captions: steps } = readCaptions(
      readFileSync(join(folder, 'steps'), 'utf8'),
      Date.UTC(2026, 10, 21, 3, 31) * 1000,
      table,
    );
    expect(steps.map(({ text }) => text)).toEqual(Object.values(table));
  });

  it('go on past midnight', () => {
    const { captions: steps } = readCaptions(
      'STEP a 23:59:59.5\nnot a step\nSTEP b 00:00:01.000000000\n',
      86_399_000_000,
      {
        b: 'B',
      },
    );
    expect(steps).toEqual([
      { kind: 'caption', text: 'a', clockUs: 86_399_500_000 },
      { kind: 'caption', text: 'B', clockUs: 86_401_000_000 },
    ]);
  });
});

describe('the built-in recording', () => {
  it('plays in its own time at the speed chosen, with its captions, and ends', async () => {
    let infos = 0;
    replay = openSampleReplay(ASSETS, 'ext4', {
      onRestart: () => {
        throw new Error('nothing was restarted');
      },
      onInfo: () => {
        infos += 1;
      },
    });
    expect(replay.info()).toBeNull();
    const startMs = performance.now();
    const sink = probe(replay);
    replay.setSpeed(16);
    await until(
      () => replay?.info() !== null,
      () => sink.latest,
    );
    const first = replay.info();
    const begin = positionAt(replay);
    expect(first).toMatchObject({ playing: true, speed: 16, ended: false });
    expect(first?.captions).toHaveLength(12);
    await until(
      () => sink.requests.length > 100,
      () => sink.latest,
    );
    const later = positionAt(replay);
    expect(later.us).toBeLessThanOrEqual(begin.us + 16_000 * (later.toMs - begin.fromMs) + 1);
    expect(later.us).toBeGreaterThanOrEqual(
      Math.min(first?.lastUs ?? 0, begin.us + 16_000 * (later.fromMs - begin.toMs) - 1),
    );
    await until(
      () => sink.latest?.status === 'ended',
      () => sink.latest,
    );
    const info = replay.info();
    const recordedMs = ((info?.lastUs ?? 0) - (info?.firstUs ?? 0)) / 1000;
    expect(performance.now() - startMs).toBeGreaterThan(recordedMs / 16);
    expect(performance.now() - startMs).toBeLessThan(recordedMs);
    expect(info).toMatchObject({ playing: false, ended: true, positionUs: info?.lastUs });
    expect(sink.requests).toHaveLength(565);
    expect(captions(sink.lines).map((text) => text.split(':')[0])).toEqual([
      'launch',
      'part-disk',
      'mkfs',
      'mount',
      'tar-in',
      'sync',
      'rm -rf',
      'sync',
      'fstrim',
      'umount',
      'blkdiscard',
      'shutdown',
    ]);
    expect(infos).toBeGreaterThan(5);
  });

  it('puts captions between the rows by their time', async () => {
    replay = openSampleReplay(ASSETS, 'ext4', { onRestart: () => {}, onInfo: () => {} });
    const sink = probe(replay);
    replay.setSpeed(1000);
    await until(
      () => sink.latest?.status === 'ended',
      () => sink.latest,
    );
    const at = sink.lines.findIndex((line) => line.includes('blkdiscard'));
    const time = (line: string | undefined): string => line?.slice(0, 26) ?? '';
    expect(time(sink.lines[at - 1]) <= time(sink.lines[at])).toBe(true);
    expect(time(sink.lines[at + 1]) >= time(sink.lines[at])).toBe(true);
  });

  it('stands still while paused, goes on from there, and starts over when told', async () => {
    let restarts = 0;
    replay = openSampleReplay(ASSETS, 'ext4', {
      onRestart: () => {
        restarts += 1;
      },
      onInfo: () => {},
    });
    const sink = probe(replay);
    replay.setSpeed(16);
    await until(
      () => sink.requests.length > 20,
      () => sink.latest,
    );
    replay.pause();
    const paused = replay.info();
    const rows = sink.lines.length;
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(sink.lines).toHaveLength(rows);
    expect(replay.info()).toEqual(paused);
    expect(paused?.playing).toBe(false);

    const playMs = performance.now();
    replay.play();
    const { us, toMs } = positionAt(replay);
    expect(us).toBeLessThanOrEqual((paused?.positionUs ?? 0) + 16_000 * (toMs - playMs) + 1);
    await until(
      () => sink.lines.length > rows,
      () => sink.latest,
    );
    expect(replay.info()?.positionUs).toBeGreaterThan(paused?.positionUs ?? 0);

    replay.pause();
    const before = sink.lines.length;
    replay.restart();
    expect(restarts).toBe(1);
    expect(replay.info()?.playing).toBe(true);
    replay.setSpeed(1000);
    await until(
      () => sink.latest?.status === 'ended',
      () => sink.latest,
    );
    expect(sink.lines.length - before).toBeGreaterThan(1000);
    replay.play();
    expect(restarts).toBe(2);
  });

  it('says why a recording cannot be replayed', async () => {
    replay = createReplaySource(
      'gone',
      { logs: ['/nowhere/log'], steps: null, captions: null },
      { onRestart: () => {}, onInfo: () => {} },
    );
    const sink = probe(replay);
    await until(
      () => sink.latest?.status === 'failed',
      () => sink.latest,
    );
    expect(sink.latest?.statusText).toMatch(/^the recording cannot be replayed: ENOENT/);
    expect(replay.info()).toBeNull();
  });

  it('plays several logs as one, each as a disk, in the order of their times', async () => {
    const folder = join(RECORDINGS, 'raid5-logfirst-5x64M');
    replay = createReplaySource(
      'raid5',
      {
        logs: [1, 2, 3, 4, 5].map((n) => join(folder, `log${n}`)),
        steps: join(folder, 'steps'),
        captions: null,
      },
      { onRestart: () => {}, onInfo: () => {} },
    );
    replay.setSpeed(100_000);
    const requests = [0, 0, 0, 0, 0];
    const names: (string | undefined)[] = [];
    let captionRows = 0;
    let lastUs = 0;
    let backwards = 0;
    let ended = false;
    replay.start({
      rows: (batch) => {
        for (let i = 0; i < batch.count; i += 1) {
          if (batch.kind[i] === RowKind.Caption) captionRows += 1;
          if (batch.kind[i] === RowKind.Request)
            requests[batch.disk[i] ?? 9] = (requests[batch.disk[i] ?? 9] ?? 0) + 1;
          const timeUs = batch.timeUs[i] ?? Number.NaN;
          if (timeUs < lastUs) backwards += 1;
          else lastUs = timeUs;
        }
        return undefined;
      },
      disk: (disk) => {
        names[disk.index] = disk.name;
      },
      progress: ({ status }) => {
        ended = status === 'ended';
      },
      notice: () => {},
    });
    await until(
      () => ended,
      () => requests,
    );
    expect(names).toEqual(['disk 1', 'disk 2', 'disk 3', 'disk 4', 'disk 5']);
    expect(requests).toEqual([1722, 1599, 1061, 1350, 870]);
    expect(captionRows).toBe(15);
    // What goes back in a log itself (26 lines of these five, as the table of recordings has it) does so here too.
    expect(backwards).toBe(26);
  });
});
