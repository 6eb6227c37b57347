/**
 * What the window costs: script time per frame and per second of wall, and the time from rows applied to the frame that
 * shows them, for one 64 MiB disk at up to 100,000 events (50,000 requests and as many replies) a second; and the same with
 * the memory of engine and window, for twelve disks of 64 GiB and for one of 16 GiB, at 200,000 events a second in
 * all, zoomed out and in.
 *
 *     npm run build && node bench/frame/frame-bench.ts [CASE [RATE]]
 *
 * CASE is one of them by its number; RATE, requests a second, is for machines that cannot do as much.
 *
 * A task is what the page does without a frame being drawn or a key heard: its longest is what the window makes somebody wait
 * for, however many frames the browser draws.
 *
 * Script time is what Chromium's own timeline counts on the page's main thread: processor time of the tasks that ran
 * JavaScript, whole. Times to the frame are wall times.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { machineLine, percentile } from '../support/machine.ts';
import {
  memoryOf,
  recordTimeline,
  type TraceEvent,
  type WatchedWindow,
  watchCommand,
} from '../support/window.ts';

const WRITER = join(import.meta.dirname, '../support/log-writer.ts');
const SECONDS = 10;

/** What is measured: how many disks, how large, and how many requests a second go to all of them. */
interface Case {
  readonly disks: number;
  readonly mib: number;
  readonly rate: number;
  /** Zoomed in on every disk: steps from the whole of it. */
  readonly zoom: number;
}

const CASES: readonly Case[] = [
  { disks: 1, mib: 64, rate: 500, zoom: 0 },
  { disks: 1, mib: 64, rate: 5_000, zoom: 0 },
  { disks: 1, mib: 64, rate: 50_000, zoom: 0 },
  { disks: 12, mib: 65_536, rate: 100_000, zoom: 0 },
  { disks: 12, mib: 65_536, rate: 100_000, zoom: 16 },
  { disks: 1, mib: 16_384, rate: 100_000, zoom: 0 },
  { disks: 1, mib: 16_384, rate: 100_000, zoom: 16 },
];
/** Every disk's places are met for so long before the large ones are measured. */
const WARM_UP_SECONDS = 4;

/** Names of timeline events that are JavaScript running; nested ones are counted once. */
const SCRIPT = new Set([
  'FunctionCall',
  'EvaluateScript',
  'FireAnimationFrame',
  'RunMicrotasks',
  'TimerFire',
]);

interface Span {
  readonly startUs: number;
  readonly endUs: number;
  /** Time on the processor within it. */
  readonly cpuUs: number;
}

/** The thread that runs most script, which is the page's own: where hardly a frame is drawn it shows by nothing else. */
function pageThread(events: readonly TraceEvent[]): string {
  const scriptUs = new Map<string, number>();
  for (const event of events) {
    if (!SCRIPT.has(event.name)) continue;
    const thread = threadOf(event);
    scriptUs.set(thread, (scriptUs.get(thread) ?? 0) + (event.tdur ?? event.dur ?? 0));
  }
  return [...scriptUs].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? '';
}

function threadOf({ pid, tid }: TraceEvent): string {
  return `${pid} ${tid}`;
}

/** The outermost script spans of the page's thread, in order, and the starts and ends of its frames. */
function scriptOf(events: readonly TraceEvent[]): { readonly spans: Span[]; readonly frames: Span[] } {
  const page = pageThread(events);
  const mine = events
    .filter((e) => e.ph === 'X' && threadOf(e) === page && SCRIPT.has(e.name))
    .map((e) => ({ name: e.name, startUs: e.ts, endUs: e.ts + (e.dur ?? 0), cpuUs: e.tdur ?? e.dur ?? 0 }))
    .sort((a, b) => a.startUs - b.startUs);
  const spans: Span[] = [];
  for (const span of mine) if (span.startUs >= (spans.at(-1)?.endUs ?? 0)) spans.push(span);
  return { spans, frames: mine.filter((span) => span.name === 'FireAnimationFrame') };
}

/** Zooms in on each disk in turn, by keys. */
async function zoomIn(window: WatchedWindow, { disks, zoom }: Case): Promise<void> {
  for (let disk = 0; disk < disks; disk += 1) {
    for (let step = 0; step < zoom; step += 1) await window.page.keyboard.press('Equal');
    if (disks > 1) await window.page.keyboard.press('BracketRight');
  }
}

async function measure(one: Case): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nbdscope-frame-'));
  const logs = Array.from({ length: one.disks }, (_, i) => join(folder, `log${i}`));
  for (const log of logs) writeFileSync(log, '');
  const window = await watchCommand(logs, folder);
  const all = String(2 * SECONDS + 3 * WARM_UP_SECONDS);
  const writer = spawn(process.execPath, [WRITER, logs.join(','), String(one.rate), all, String(one.mib)]);
  await sleep(WARM_UP_SECONDS * 1000);
  await zoomIn(window, one);
  await sleep(500);
  const sequence = async (): Promise<number> =>
    Number(await window.page.locator('canvas[data-sequence]').getAttribute('data-sequence'));
  const before = await sequence();
  const start = performance.now();
  const events = await recordTimeline(window, () => sleep(SECONDS * 1000));
  const wallMs = performance.now() - start;
  const rows = (await sequence()) - before;
  const { spans, frames } = scriptOf(events);
  const perFrame: number[] = [];
  const toFrame: number[] = [];
  let s = 0;
  for (const frame of frames) {
    let ms = 0;
    for (; s < spans.length && (spans[s]?.startUs ?? 0) <= frame.startUs; s += 1) {
      const span = spans[s];
      if (span === undefined) break;
      ms += span.cpuUs / 1000;
      if (span.startUs !== frame.startUs) toFrame.push((frame.endUs - span.endUs) / 1000);
    }
    perFrame.push(ms);
  }
  const tasks = spans.map((span) => span.cpuUs / 1000);
  const scriptMs = spans.reduce((sum, span) => sum + span.cpuUs / 1000, 0);
  const { engineMib, windowMib } = await memoryOf(window);
  const disks = `${one.disks} x ${one.mib >= 1024 ? `${one.mib / 1024} GiB` : `${one.mib} MiB`}`;
  const cells = [
    `${disks}${one.zoom > 0 ? ', in' : ''}`.padEnd(16),
    String(2 * one.rate).padStart(9),
    ((rows / wallMs) * 1000).toFixed(0).padStart(9),
    ((frames.length / wallMs) * 1000).toFixed(1).padStart(9),
    percentile(perFrame, 0.5).toFixed(2).padStart(9),
    percentile(perFrame, 0.99).toFixed(2).padStart(9),
    percentile(tasks, 0.99).toFixed(2).padStart(9),
    percentile(tasks, 1).toFixed(2).padStart(9),
    ((scriptMs / wallMs) * 1000).toFixed(0).padStart(11),
    percentile(toFrame, 0.5).toFixed(1).padStart(11),
    percentile(toFrame, 0.99).toFixed(1).padStart(11),
    engineMib.toFixed(0).padStart(9),
    windowMib.toFixed(0).padStart(9),
  ];
  console.log(cells.join(' '));
  writer.kill();
  const { renderer } = window;
  await window.close();
  rmSync(folder, { recursive: true, force: true });
  lastRenderer = renderer;
}

let lastRenderer = '';
console.log(`1280 x 800 (${machineLine()})`);
console.log(
  'disks             events/s     drawn    frames    script per frame, ms    script per task, ms  script, ms   rows applied to frame, ms      memory, MiB',
);
console.log(
  '                    wanted        /s        /s       p50       p99       p99   longest  per s wall         p50         p99   engine    window',
);
const [wanted, rate] = process.argv.slice(2);
for (const [i, one] of CASES.entries()) {
  // One of them by its number, or all.
  if (wanted !== undefined && Number(wanted) !== i) continue;
  await measure(rate === undefined ? one : { ...one, rate: Number(rate) });
}
console.log(`renderer: ${lastRenderer}`);
