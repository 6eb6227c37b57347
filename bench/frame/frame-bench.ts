/**
 * What the window costs: script time per frame and per second of wall, and the time from rows applied to the frame that
 * shows them, for one 64 MiB disk at 100,000 events (50,000 requests and as many replies) a second.
 *
 *     npm run build && node bench/frame/frame-bench.ts
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
import { recordTimeline, type TraceEvent, watchCommand } from '../support/window.ts';

const WRITER = join(import.meta.dirname, '../support/log-writer.ts');
const SECONDS = 10;
const RATES = [500, 5_000, 50_000];

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

/** The outermost script spans of the thread that draws, in order, and the starts and ends of its frames. */
function scriptOf(events: readonly TraceEvent[]): { readonly spans: Span[]; readonly frames: Span[] } {
  const drawing = events.find((event) => event.name === 'FireAnimationFrame');
  const mine = events
    .filter((e) => e.ph === 'X' && e.pid === drawing?.pid && e.tid === drawing.tid && SCRIPT.has(e.name))
    .map((e) => ({ name: e.name, startUs: e.ts, endUs: e.ts + (e.dur ?? 0), cpuUs: e.tdur ?? e.dur ?? 0 }))
    .sort((a, b) => a.startUs - b.startUs);
  const spans: Span[] = [];
  for (const span of mine) if (span.startUs >= (spans.at(-1)?.endUs ?? 0)) spans.push(span);
  return { spans, frames: mine.filter((span) => span.name === 'FireAnimationFrame') };
}

async function measure(requestsPerSecond: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nbdscope-frame-'));
  const log = join(folder, 'log');
  writeFileSync(log, '');
  const window = await watchCommand([log], folder);
  const writer = spawn(process.execPath, [WRITER, log, String(requestsPerSecond), String(SECONDS + 4)]);
  await sleep(2000);
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
  const scriptMs = spans.reduce((sum, span) => sum + span.cpuUs / 1000, 0);
  const cells = [
    String(2 * requestsPerSecond).padStart(9),
    ((rows / wallMs) * 1000).toFixed(0).padStart(9),
    ((frames.length / wallMs) * 1000).toFixed(1).padStart(9),
    percentile(perFrame, 0.5).toFixed(2).padStart(9),
    percentile(perFrame, 0.99).toFixed(2).padStart(9),
    ((scriptMs / wallMs) * 1000).toFixed(0).padStart(11),
    percentile(toFrame, 0.5).toFixed(1).padStart(11),
    percentile(toFrame, 0.99).toFixed(1).padStart(11),
  ];
  console.log(cells.join(' '));
  writer.kill();
  const { renderer } = window;
  await window.close();
  rmSync(folder, { recursive: true, force: true });
  lastRenderer = renderer;
}

let lastRenderer = '';
console.log(`one 64 MiB disk, 1280 x 800 (${machineLine()})`);
console.log(' events/s     drawn    frames    script per frame, ms  script, ms   rows applied to frame, ms');
console.log('   wanted       /s        /s       p50       p99  per s wall         p50         p99');
for (const rate of RATES) await measure(rate);
console.log(`renderer: ${lastRenderer}`);
