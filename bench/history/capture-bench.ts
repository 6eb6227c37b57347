import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CaptureHistory } from '#engine/capture/capture-history.ts';
import { CaptureReader } from '#engine/capture/capture-reader.ts';
import { NO_SESSION } from '#engine/capture/capture-session.ts';
import { CaptureWriter } from '#engine/capture/capture-writer.ts';
import { convert } from '#engine/convert/convert.ts';
import { answerBlock } from '#engine/questions/block.ts';
import { answerTimeline } from '#engine/questions/timeline.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { machineLine, percentile } from '../support/machine.ts';

/**
 * Captures: how fast they are written, opened, indexed, sought in, asked about, read and converted, and what memory each takes at most. Every step
 * is a process of its own. `node bench/history/capture-bench.ts [REQUESTS] [--convert]`; 10 million requests unless told otherwise.
 */

const DEPTH = 32;
const BATCH_REQUESTS = 4096;
const DISK_BYTES = 2 ** 30;
const SEEKS = 40;

/** A made-up load: four disks, 32 requests in flight, mostly random 4 KiB reads and writes, some sequential, a few µs apart. */
function* madeUp(requests: number): Generator<EventBatch> {
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const inFlight: { offset: number; length: number; op: number; timeUs: number; cookie: number }[] = [];
  let timeUs = 1_790_000_000_000_000;
  let sequence = 1;
  let next = 0;
  for (let made = 0; made < requests; ) {
    const batch = new EventBatch(2 * BATCH_REQUESTS);
    batch.firstSequence = sequence;
    for (let n = 0; n < BATCH_REQUESTS && made < requests; n += 1) {
      timeUs += 1 + random(9);
      const slot = made % DEPTH;
      const before = inFlight[slot];
      if (before !== undefined) {
        push(batch, RowKind.Completion, slot, before, timeUs, timeUs - before.timeUs);
      }
      const isSequential = random(4) === 0;
      next = isSequential ? (next + 65_536) % DISK_BYTES : next;
      const offset = isSequential ? next : random(DISK_BYTES / 4096) * 4096;
      const op = random(3) === 0 ? Op.Write : Op.Read;
      const request = { offset, length: isSequential ? 65_536 : 4096, op, timeUs, cookie: made };
      inFlight[slot] = request;
      push(batch, RowKind.Request, slot, request, timeUs, Number.NaN);
      made += 1;
    }
    sequence += batch.count;
    yield batch;
  }
}

function push(
  batch: EventBatch,
  kind: number,
  slot: number,
  request: { offset: number; length: number; op: number; cookie: number },
  timeUs: number,
  latencyUs: number,
): void {
  const i = batch.count;
  batch.kind[i] = kind;
  batch.op[i] = request.op;
  batch.disk[i] = slot % 4;
  batch.slot[i] = slot;
  batch.connection[i] = 1;
  batch.cookieLow[i] = request.cookie;
  batch.offsetLow[i] = request.offset;
  batch.lengthLow[i] = request.length;
  batch.timeUs[i] = timeUs;
  batch.clockUs[i] = timeUs;
  batch.latencyUs[i] = latencyUs;
  batch.count = i + 1;
}

type Step = (path: string, requests: number) => Promise<string>;

const rate = (requests: number, startMs: number): string =>
  `${(requests / (performance.now() - startMs) / 1000).toFixed(2)} M requests/s`;

const STEPS: Readonly<Record<string, Step>> = {
  async write(path, requests) {
    const startMs = performance.now();
    const target = { path, replace: true, producer: 'bench' };
    const writer = await CaptureWriter.create(target, NO_SESSION, null, 1);
    for (const batch of madeUp(requests)) await writer.put(batch);
    await writer.flush();
    await writer.finish();
    return `${rate(requests, startMs)}, ${(statSync(path).size / requests).toFixed(1)} bytes a request`;
  },
  async open(path) {
    const startMs = performance.now();
    const reader = await CaptureReader.open(path);
    const ms = performance.now() - startMs;
    const { length } = reader.batches;
    await reader.close();
    return `${ms.toFixed(0)} ms for ${length} batches`;
  },
  async index(path, requests) {
    const startMs = performance.now();
    const history = await CaptureHistory.open(path, { cacheDir: tmpdir() });
    await history.indexed;
    const { keyframeBytes } = history.info();
    const told = `${rate(requests, startMs)}, ${(keyframeBytes / 2 ** 20).toFixed(0)} MiB of keyframes`;
    await history.dispose();
    return told;
  },
  async seek(path) {
    const history = await CaptureHistory.open(path, { cacheDir: tmpdir() });
    await history.indexed;
    const wallMs: number[] = [];
    const cpuMs: number[] = [];
    for (let n = 0; n < SEEKS; n += 1) {
      const startMs = performance.now();
      const before = process.cpuUsage();
      await history.stateAt(Math.floor(((n * 0.618_034) % 1) * history.lastSequence));
      const { user, system } = process.cpuUsage(before);
      wallMs.push(performance.now() - startMs);
      cpuMs.push((user + system) / 1000);
    }
    await history.dispose();
    const told = (ms: readonly number[]): string =>
      `p50 ${percentile(ms, 0.5).toFixed(0)}, p90 ${percentile(ms, 0.9).toFixed(0)}, longest ${percentile(ms, 1).toFixed(0)} ms`;
    return `${told(wallMs)}; processor ${told(cpuMs)}`;
  },
  async ask(path) {
    const history = await CaptureHistory.open(path, { cacheDir: tmpdir() });
    await history.indexed;
    const { firstUs, lastUs } = history.info();
    const span = { fromUs: firstUs ?? 0, toUs: lastUs ?? 0 };
    const block = { about: 'block' as const, disk: 1, firstBlock: 4711, endBlock: 4712, limit: 100 };
    const timeline = { about: 'timeline' as const, span, columns: 1000, disks: null, perDisk: true };
    const { signal } = new AbortController();
    const told: string[] = [];
    for (const ask of [
      () => answerTimeline(history, timeline, signal),
      () => answerBlock(history, { ...block, beforeSequence: null, count: false }, signal),
      () => answerBlock(history, { ...block, beforeSequence: null, count: true }, signal),
    ]) {
      const startMs = performance.now();
      const before = process.cpuUsage();
      await ask();
      const { user, system } = process.cpuUsage(before);
      const cpuMs = Math.round((user + system) / 1000);
      told.push(`${(performance.now() - startMs).toFixed(0)} ms (processor ${cpuMs})`);
    }
    await history.dispose();
    const [whole, latest, counted] = told;
    return `timeline ${whole}; latest 100 of a block ${latest}, all counted ${counted}`;
  },
  async read(path, requests) {
    const reader = await CaptureReader.open(path);
    const startMs = performance.now();
    for (let batch = 0; batch < reader.batches.length; batch += 1) await reader.rows(batch);
    const told = rate(requests, startMs);
    await reader.close();
    return told;
  },
  parquet: (path, requests) => converted(path, requests, 'parquet'),
  csv: (path, requests) => converted(path, requests, 'csv'),
};

async function converted(path: string, requests: number, end: string): Promise<string> {
  const output = `${path}.${end}`;
  const startMs = performance.now();
  await convert({ inputs: [path], output, from: null, to: null, replace: true, producer: 'bench' });
  const told = `${rate(requests, startMs)}, ${(statSync(output).size / requests).toFixed(1)} bytes a request`;
  rmSync(output);
  return told;
}

const [first = '10000000', path, requestsText] = process.argv.slice(2);
const step = STEPS[first];
if (step !== undefined && path !== undefined) {
  const told = await step(path, Number(requestsText));
  const peak = process.resourceUsage().maxRSS / 1024;
  // On a busy machine this tells more than the clock.
  const { user, system } = process.cpuUsage();
  const cpuS = ((user + system) / 1e6).toFixed(1);
  process.stdout.write(`| ${first} | ${told} | ${cpuS} s | ${peak.toFixed(0)} MiB |\n`);
} else {
  const requests = Number(first);
  const folder = mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'nbdscope-bench-'));
  const capture = join(folder, 'bench.nbdscope');
  const converts = process.argv.includes('--convert');
  process.stdout.write(
    `${machineLine()}; ${requests} requests\n\n| step | figure | processor time | peak memory |\n|---|---|---|---|\n`,
  );
  for (const name of Object.keys(STEPS)) {
    if ((name === 'parquet' || name === 'csv') && !converts) continue;
    spawnSync(process.execPath, [import.meta.filename, name, capture, `${requests}`], { stdio: 'inherit' });
  }
  rmSync(folder, { recursive: true });
}
