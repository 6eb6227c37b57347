import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseCaptionTable, readSteps } from './captions.ts';
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

describe('captions', () => {
  it('have a sentence for every step of the built-in recording', () => {
    const table = parseCaptionTable(readFileSync(join(SAMPLE, 'captions.json'), 'utf8'));
    const steps = readSteps(
      readFileSync(join(SAMPLE, 'steps'), 'utf8'),
      Date.UTC(2026, 10, 20) * 1000,
      table,
    );
    expect(steps).toHaveLength(12);
    for (const { text } of steps) expect(text).toMatch(/^[a-z-]+( -rf)?: .{10,}$/);
    expect(steps[1]?.clockUs).toBe(Date.UTC(2026, 10, 20, 22, 20, 3) * 1000 + 746_750);
  });

  it('go on past midnight', () => {
    const steps = readSteps('STEP a 23:59:59.5\nnot a step\nSTEP b 00:00:01.000000000\n', 86_399_000_000, {
      b: 'B',
    });
    expect(steps).toEqual([
      { text: 'a', clockUs: 86_399_500_000 },
      { text: 'B', clockUs: 86_401_000_000 },
    ]);
  });
});

describe('the built-in recording', () => {
  it('plays in its own time at the speed chosen, with its captions, and ends', async () => {
    let infos = 0;
    replay = openSampleReplay(ASSETS, {
      onRestart: () => {
        throw new Error('nothing was restarted');
      },
      onInfo: () => {
        infos += 1;
      },
    });
    expect(replay.info()).toBeNull();
    const sink = probe(replay);
    replay.setSpeed(16);
    await until(
      () => replay?.info() !== null,
      () => sink.latest,
    );
    const startMs = performance.now();
    const first = replay.info();
    expect(first).toMatchObject({ playing: true, speed: 16, ended: false });
    expect(first?.captions).toHaveLength(12);
    await until(
      () => sink.latest?.status === 'ended',
      () => sink.latest,
      10_000,
    );
    const info = replay.info();
    const recordedMs = ((info?.lastUs ?? 0) - (info?.firstUs ?? 0)) / 1000;
    expect(performance.now() - startMs).toBeGreaterThan(recordedMs / 16 - 30);
    expect(performance.now() - startMs).toBeLessThan(recordedMs / 16 + 2000);
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
    replay = openSampleReplay(ASSETS, { onRestart: () => {}, onInfo: () => {} });
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
    replay = openSampleReplay(ASSETS, {
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

    replay.play();
    // At most a second later, whatever else this machine does.
    expect(replay.info()?.positionUs).toBeLessThan((paused?.positionUs ?? 0) + 16_000_000);
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
      { log: '/nowhere/log', steps: null, captions: null },
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
});
