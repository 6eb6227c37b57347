import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import type { ThemeName } from '#shared/theme/theme.ts';
import { FlashAnalyser, type FlashReport } from './flash-analyser.ts';
import { type RecordedRows, readLogs, watch } from './recording-frames.ts';

const RECORDINGS = new URL('../../assets/recordings/', import.meta.url).pathname;
const WIDTH_PX = 660;
const HEIGHT_PX = 660;
const FRAME_RATE = 30;

/** What is shown together: each log by itself, and the disks of an array side by side as well. */
function stories(): readonly (readonly [name: string, logs: readonly string[]])[] {
  const found: [string, string[]][] = [];
  for (const entry of readdirSync(RECORDINGS, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const logs = readdirSync(join(RECORDINGS, entry.name)).filter((name) => /^log|\.log/.test(name));
    for (const log of logs) found.push([`${entry.name}/${log}`, [join(RECORDINGS, entry.name, log)]]);
    if (entry.name.startsWith('raid')) {
      found.push([`${entry.name}, side by side`, logs.map((log) => join(RECORDINGS, entry.name, log))]);
    }
  }
  return found;
}

function measure(rows: RecordedRows, speed: number, theme: ThemeName): FlashReport {
  const analyser = new FlashAnalyser({ widthPx: WIDTH_PX, heightPx: HEIGHT_PX });
  const options = { widthPx: WIDTH_PX, heightPx: HEIGHT_PX, frameRate: FRAME_RATE, speed };
  for (const frame of watch(rows, { ...options, theme: THEMES[theme].grid })) analyser.push(frame);
  return analyser.report();
}

function expectCalm(report: FlashReport): void {
  test.info().annotations.push({ type: 'flashes', description: JSON.stringify(report) });
  expect(report.frames).toBeGreaterThan(0);
  expect(report.generalShare, 'share of a window with more than three flashes a second').toBeLessThanOrEqual(
    0.25,
  );
  expect(report.redShare, 'share with more than three saturated-red flashes').toBeLessThanOrEqual(0.25);
}

test.describe('no recording strobes', () => {
  for (const [name, logs] of stories()) {
    for (const speed of [1, 16]) {
      test(`${name} at ${speed}x`, () => expectCalm(measure(readLogs(logs), speed, 'dark')));
    }
  }
});

test.describe('no theme strobes', () => {
  const log = join(RECORDINGS, 'ext4-blog-64M', 'log');
  for (const theme of ['light', 'projector', 'classic'] as const) {
    for (const speed of [1, 16]) {
      test(`ext4-blog-64M in ${theme} at ${speed}x`, () =>
        expectCalm(measure(readLogs([log]), speed, theme)));
    }
  }
});

test('the analyser would have seen it: a disk that is zeroed and trimmed in turn ten times a second', () => {
  const size = 64n << 20n;
  const rows = new EventBatch(200);
  for (let i = 0; i < 40; i += 1) {
    rows.push({
      kind: RowKind.Completion,
      op: i % 2 === 0 ? Op.Zero : Op.Trim,
      offsetBytes: 0n,
      lengthBytes: size,
      clockUs: 1e15 + i * 50_000,
    });
  }
  const report = measure({ rows, sizes: [size] }, 1, 'dark');
  expect(report.generalShare).toBeGreaterThan(0.9);
});
