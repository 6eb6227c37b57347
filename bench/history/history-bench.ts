import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_HISTORY, SessionHistory } from '#engine/history/session-history.ts';
import { answerTimeline } from '#engine/questions/timeline.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { SnapshotParts } from '#shared/model/snapshot.ts';
import { machineLine, percentile } from '../support/machine.ts';

/**
 * The history of a session: what it takes, and how soon any moment and the timeline are there. Random reads and writes of 4 KiB,
 * 16 in flight, that come as those of an NBD server.
 *
 *     node bench/history/history-bench.ts [REQUESTS ...]     1000000 and 10000000 unless told otherwise
 */
const SIZES = { '64 MiB': 26, '1 GiB': 30, '16 GiB': 34 } as const;
const DEPTH = 16;
const BATCH_ROWS = 256;
const SEEKS = 40;
const TIMELINES = 12;
const COLUMNS = 1000;

const counts = process.argv.slice(2).map(Number);
if (counts.length === 0) counts.push(1_000_000, 10_000_000);

/** Times taken of one thing, ms: processor time of this process, and the wall's. */
class Times {
  readonly cpuMs: number[] = [];
  readonly wallMs: number[] = [];

  async of(work: () => Promise<unknown>): Promise<void> {
    const beforeMs = processorMs();
    const startMs = performance.now();
    await work();
    this.wallMs.push(performance.now() - startMs);
    this.cpuMs.push(processorMs() - beforeMs);
  }

  toString(): string {
    const of = (ms: readonly number[]): string =>
      `${percentile(ms, 0.5).toFixed(0)}/${percentile(ms, 1).toFixed(0)}`;
    return `${of(this.wallMs)} (${of(this.cpuMs)})`;
  }
}

/** Processor time that this process has taken, in all its threads: what others do meanwhile is not in it. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Rows without end, the same each time. */
class Load {
  readonly #blocks: number;
  readonly #pending: {
    readonly op: number;
    readonly at: number;
    readonly slot: number;
    readonly timeUs: number;
    readonly cookie: number;
  }[] = [];
  #seed = 7;
  #timeUs = 1_780_000_000_000_000;
  #cookie = 0;

  constructor(sizeShift: number) {
    this.#blocks = 2 ** (sizeShift - 12);
  }

  #random(below: number): number {
    this.#seed = (this.#seed * 48_271) % 0x7fff_ffff;
    return this.#seed % below;
  }

  next(): EventBatch {
    const batch = new EventBatch(BATCH_ROWS);
    while (!batch.isFull) {
      this.#timeUs += this.#random(20);
      if (this.#pending.length < DEPTH) this.#request(batch);
      else this.#reply(batch);
    }
    return batch;
  }

  #request(batch: EventBatch): void {
    let slot = 0;
    while (this.#pending.some((request) => request.slot === slot)) slot += 1;
    this.#cookie += 1;
    const at = this.#random(this.#blocks);
    const request = { op: this.#random(2), at, slot, timeUs: this.#timeUs, cookie: this.#cookie };
    this.#pending.push(request);
    this.#push(batch, RowKind.Request, request, Number.NaN);
  }

  #reply(batch: EventBatch): void {
    const [request] = this.#pending.splice(this.#random(DEPTH), 1);
    if (request !== undefined) this.#push(batch, RowKind.Completion, request, this.#timeUs - request.timeUs);
  }

  #push(
    batch: EventBatch,
    kind: number,
    {
      op,
      at,
      slot,
      cookie,
    }: { readonly op: number; readonly at: number; readonly slot: number; readonly cookie: number },
    latencyUs: number,
  ): void {
    const i = batch.count;
    batch.kind[i] = kind;
    batch.op[i] = op;
    batch.connection[i] = 1;
    batch.slot[i] = slot;
    batch.cookieLow[i] = cookie;
    batch.offsetLow[i] = (at * 4096) % 0x1_0000_0000;
    batch.offsetHigh[i] = Math.floor(at / 0x10_0000);
    batch.lengthLow[i] = 4096;
    batch.timeUs[i] = this.#timeUs;
    batch.clockUs[i] = this.#timeUs;
    batch.latencyUs[i] = latencyUs;
    batch.count = i + 1;
  }
}

async function measure(requests: number, size: keyof typeof SIZES, directory: string): Promise<void> {
  const state = new SessionState();
  const history = new SessionHistory(
    state,
    { ...DEFAULT_HISTORY, directory },
    {
      trouble: (what, reason) => console.log(`cannot ${what}: ${reason}`),
      dropped: () => console.log('dropped'),
    },
  );
  const load = new Load(SIZES[size]);
  let appendMs = 0;
  let applyMs = 0;
  let longestMs = 0;
  for (let rows = 0; rows < requests * 2; rows += BATCH_ROWS) {
    const batch = load.next();
    batch.firstSequence = rows + 1;
    const startMs = processorMs();
    state.apply(batch);
    const appliedMs = processorMs();
    history.append(batch, state);
    const endMs = processorMs();
    applyMs += appliedMs - startMs;
    appendMs += endMs - appliedMs;
    longestMs = Math.max(longestMs, endMs - appliedMs);
    // The file is written between turns.
    if (rows % (BATCH_ROWS * 16) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const info = history.info();
  const seek = new Times();
  const show = new Times();
  for (let n = 0; n < SEEKS; n += 1) {
    const to = Math.floor(((n * 0.618_034) % 1) * info.lastSequence);
    let sought: SessionState | null = null;
    await seek.of(async () => {
      sought = await history.stateAt(to);
    });
    if (n % 8 === 0 && sought !== null) {
      const parts = new SnapshotParts(sought);
      await show.of(async () => {
        while (!parts.next(2 * 1024 * 1024).isLast) await new Promise((resolve) => setImmediate(resolve));
      });
    }
  }
  const timeline = new Times();
  const firstUs = info.firstUs ?? 0;
  const lastUs = info.lastUs ?? 0;
  for (let n = 0; n < TIMELINES; n += 1) {
    const lengthUs = (lastUs - firstUs) / 2 ** n;
    const fromUs = firstUs + (lastUs - firstUs - lengthUs) * 0.37;
    const span = { fromUs, toUs: fromUs + lengthUs };
    await timeline.of(() =>
      answerTimeline(
        history,
        { about: 'timeline', span, columns: COLUMNS, disks: null, perDisk: true },
        new AbortController().signal,
      ),
    );
  }
  const per = (bytes: number): string => (bytes / requests).toFixed(1);
  console.log(
    `| ${requests / 1e6} M | ${size} | ${per(info.bytes)} | ${per(info.keyframeBytes)} | ${(info.spilledBytes / 2 ** 20).toFixed(0)} | ` +
      `${Math.round((appendMs * 1e6) / (requests * 2))} + ${Math.round((applyMs * 1e6) / (requests * 2))} | ${longestMs.toFixed(0)} | ${seek} | ${show} | ${timeline} | ` +
      `${Math.round(process.memoryUsage().rss / 2 ** 20)} |`,
  );
  history.dispose();
}

console.log(`${machineLine()}, load ${loadavg()[0]?.toFixed(1)}`);
console.log(
  '| requests | disk | row bytes a request | keyframe bytes a request | spilled, MiB | append + apply, ns a row (processor) | longest append, ms (processor) | seek, ms, p50/max (processor) | snapshot of it | timeline | memory, MiB |',
);
console.log('|---|---|---|---|---|---|---|---|---|---|---|');
const directory = mkdtempSync(join(tmpdir(), 'nbdscope-bench-'));
try {
  for (const requests of counts) {
    for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) await measure(requests, size, directory);
  }
} finally {
  rmSync(directory, { recursive: true });
}
