import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Source } from '#engine/session/source.ts';
import { parseCaptionTable, readCaptions } from '#shared/captions/captions-file.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { RECORDINGS } from './golden/make-golden.ts';
import { createRecordingSource, openSample } from './recording-source.ts';
import { probe, until } from './source-probe.ts';

const ASSETS = join(RECORDINGS, '..');
const SAMPLE = join(RECORDINGS, 'ext4-blog-64M');
let source: Source | null = null;

afterEach(async () => {
  await source?.stop();
  source = null;
});

function captions(lines: readonly string[]): string[] {
  return lines.filter((line) => line.includes(' Caption ')).map((line) => line.replace(/^.*? "|"$/g, ''));
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
  it('comes whole, with its captions between the rows by their time, and ends', async () => {
    source = openSample(ASSETS, 'ext4');
    const sink = probe(source);
    await until(
      () => sink.latest?.status === 'ended',
      () => sink.latest,
    );
    expect(sink.statuses).toEqual(['reading', 'ended']);
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
    const at = sink.lines.findIndex((line) => line.includes('blkdiscard'));
    const time = (line: string | undefined): string => line?.slice(0, 26) ?? '';
    expect(time(sink.lines[at - 1]) <= time(sink.lines[at])).toBe(true);
    expect(time(sink.lines[at + 1]) >= time(sink.lines[at])).toBe(true);
  });

  it('waits for whoever takes its rows, and gives none once it is stopped', async () => {
    source = openSample(ASSETS, 'raid5');
    let batches = 0;
    let taken = (): void => {};
    source.start({
      rows: () => {
        batches += 1;
        return new Promise((resolve) => {
          taken = resolve;
        });
      },
      disk: () => {},
      progress: () => {},
      notice: () => {},
    });
    await until(
      () => batches === 1,
      () => batches,
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(batches).toBe(1);
    taken();
    await until(
      () => batches === 2,
      () => batches,
    );
    const stopped = source.stop();
    taken();
    await stopped;
    expect(batches).toBe(2);
  });

  it('has the marks of its steps as marks, which are not shown as captions are', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nbdscope-steps-'));
    const steps = join(folder, 'steps');
    writeFileSync(steps, 'MARK +1 here it hangs\n+2 it goes on\nMARK +3 and again\n');
    source = createRecordingSource('story', { logs: [join(SAMPLE, 'log')], steps, captions: null });
    const sink = probe(source);
    await until(
      () => sink.latest?.status === 'ended',
      () => sink.latest,
    );
    rmSync(folder, { recursive: true });
    expect(captions(sink.lines)).toEqual(['it goes on']);
    const marks = sink.lines
      .filter((line) => line.includes(' Mark '))
      .map((line) => line.replaceAll('\\', ''));
    expect(marks).toHaveLength(2);
    expect(marks[0]).toContain('"kind":"mark","text":"here it hangs"');
    expect(marks[1]).toContain('"kind":"mark","text":"and again"');
  });

  it('says why a recording cannot be played', async () => {
    source = createRecordingSource('gone', { logs: ['/nowhere/log'], steps: null, captions: null });
    const sink = probe(source);
    await until(
      () => sink.latest?.status === 'failed',
      () => sink.latest,
    );
    expect(sink.latest?.statusText).toMatch(/^the recording cannot be played: ENOENT/);
  });

  it('has several logs as one, each as a disk, in the order of their times', async () => {
    const folder = join(RECORDINGS, 'raid5-logfirst-5x64M');
    source = createRecordingSource('raid5', {
      logs: [1, 2, 3, 4, 5].map((n) => join(folder, `log${n}`)),
      steps: join(folder, 'steps'),
      captions: null,
    });
    const requests = [0, 0, 0, 0, 0];
    const names: (string | undefined)[] = [];
    let captionRows = 0;
    let lastUs = 0;
    let backwards = 0;
    let ended = false;
    source.start({
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
