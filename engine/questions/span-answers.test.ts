import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LATENCY_MAP_ROWS, type SpanTotals } from '#shared/contract/questions.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { OP_NAMES } from '#shared/events/vocabulary.ts';
import { batchesOf, rowStream } from '#shared/testing/streams.ts';
import { mergedRecording } from '../session/testing/merged-recording.ts';
import { OfflineSession } from '../stats/offline-session.ts';
import { answerLatencyMap } from './latency-map.ts';
import { answerSeekPlot } from './seek-plot.ts';
import { answerSpan } from './span.ts';
import { MemoryHistory } from './testing/memory-history.ts';
import * as naive from './testing/naive.ts';

const RECORDINGS = resolve(import.meta.dirname, '../../assets/recordings');
const NEVER = new AbortController().signal;

async function recorded(...logs: readonly string[]): Promise<readonly EventBatch[]> {
  const { batches } = await mergedRecording(logs.map((log) => resolve(RECORDINGS, log)));
  const session = new OfflineSession();
  for (const batch of batches) session.rows(batch);
  return batches;
}

/** Holds all answers about a span against the plain way. */
async function expectAnswers(
  batches: readonly EventBatch[],
  span: { readonly fromUs: number; readonly toUs: number },
  disks: readonly number[] | null,
): Promise<void> {
  const history = new MemoryHistory(batches);
  const requests = naive.naiveRequests(batches);
  const asked = { span, disks: disks === null ? null : [...disks] };
  const rows = batches.flatMap((batch) =>
    Array.from({ length: batch.count }, (_, i) => [batch.firstSequence + i, batch.clockUs[i] ?? 0] as const),
  );
  const inside = rows.filter(([, clock]) => clock >= span.fromUs && clock <= span.toUs).map(([n]) => n);
  const { json } = await answerSpan(history, { about: 'span', ...asked }, NEVER);
  const totals = json as SpanTotals;
  expect(totals.ops).toEqual(naive.naiveOps(requests, asked));
  expect(totals.sizes).toEqual(naive.naiveSizes(requests, asked));
  expect(totals.sequentialShare).toEqual(naive.naiveSequential(requests, asked));
  expect(totals.hot).toEqual(naive.naiveHot(requests, asked).slice(0, 16));
  const lastUs = history.info().lastUs ?? Number.NaN;
  expect(totals.waits).toEqual(naive.naiveWaits(requests, asked, lastUs).slice(0, 24));
  if (inside.length > 0 && inside.length < 400) {
    const [first, last] = [inside[0] ?? 0, inside.at(-1) ?? 0];
    expect(totals.mostInFlight).toBe(naive.naiveDepth(requests, asked, first, last));
  }

  const columns = 7;
  const map = await answerLatencyMap(history, { about: 'latencyMap', ...asked, columns }, NEVER);
  const told = (map.json as { readonly disks: readonly number[] }).disks;
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  for (const [n, disk] of told.entries()) {
    const size = LATENCY_MAP_ROWS * columns;
    expect([...(map.columns['counts']?.subarray(n * size, (n + 1) * size) ?? [])]).toEqual(
      naive.naiveLatencyMap(requests, asked, columns, disk),
    );
  }

  const place = { disk: disks?.[0] ?? 0, firstBlock: 5, endBlock: 16_384, columns, rows: 11 };
  const question = { about: 'seekPlot' as const, span: asked.span, ...place };
  const plot = await answerSeekPlot(history, question, NEVER);
  expect([...(plot.columns['counts'] ?? [])]).toEqual(naive.naiveSeekPlot(requests, question));
}

describe('what happened in a span', () => {
  it('is answered as by looking at every request, on random streams', async () => {
    const streams = rowStream({ disks: 3, sizeBytes: 64n << 20n, maxRows: 160, minRows: 40 });
    const cut = fc.double({ min: 0, max: 1, noNaN: true });
    const disks = fc.constantFrom<(readonly number[] | null)[]>(null, [0], [1], [2, 0]);
    await fc.assert(
      fc.asyncProperty(
        streams,
        cut,
        cut,
        disks,
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        async (stream, a, b, asked, cuts) => {
          const batches = batchesOf(stream, cuts);
          const clocks = stream.map(({ clockUs = 0 }) => clockUs);
          const at = (share: number): number => clocks[Math.floor(share * (clocks.length - 1))] ?? 0;
          const [fromUs, toUs] = [at(Math.min(a, b)), at(Math.max(a, b))];
          await expectAnswers(batches, { fromUs, toUs }, asked);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(['ext4-blog-64M/log', 'all-ops-10M/log', 'errors/log.EIO', 'fio-randrw-4k-64M/log'])(
    'is answered as by looking at every request of %s, whole and in parts',
    async (log) => {
      const batches = await recorded(log);
      const { firstUs, lastUs } = new MemoryHistory(batches).info();
      const [from, to] = [firstUs ?? 0, lastUs ?? 0];
      const at = (share: number): number => Math.round(from + share * (to - from));
      for (const [a, b] of [
        [0, 1],
        [0, 0.3],
        [0.28, 0.31],
        [0.5, 0.9],
      ] as const) {
        await expectAnswers(batches, { fromUs: at(a), toUs: at(b) }, null);
      }
    },
  );

  it('counts what the README of the recordings counts', async () => {
    const readme = readFileSync(resolve(RECORDINGS, 'README.md'), 'utf8');
    const counted = /^raid5-story-5x64M\/log1 \|.*$/m.exec(readme)?.[0].split('|') ?? [];
    const others = [2, 3, 4, 5].map((n) => `raid5-story-5x64M/log${n}`);
    const batches = await recorded('raid5-story-5x64M/log1', ...others);
    const history = new MemoryHistory(batches);
    const { firstUs, lastUs } = history.info();
    const span = { fromUs: firstUs ?? 0, toUs: lastUs ?? 0 };
    const totals = (await answerSpan(history, { about: 'span', span, disks: [0] }, NEVER)).json as SpanTotals;
    const kinds = totals.ops.map(
      ({ requests }, op) => [OP_NAMES[op]?.[0]?.toUpperCase() ?? '', requests] as const,
    );
    const told = (counted[4] ?? '')
      .trim()
      .split(' ')
      .map((kind) => [kind[0], Number(kind.slice(2))] as const);
    for (const [letter, count] of told) expect(kinds).toContainEqual([letter, count]);
    expect(totals.mostInFlight).toBe(Number(counted[6]));
    const sum = totals.ops.reduce((n, { requests }) => n + requests, 0);
    expect(sum).toBe(Number((counted[3] ?? '').trim()));
  });

  it('holds nothing for an empty history, and nothing for a span without requests', async () => {
    const span = { fromUs: 0, toUs: 10 };
    const none = (await answerSpan(new MemoryHistory([]), { about: 'span', span, disks: null }, NEVER))
      .json as SpanTotals;
    expect(none).toMatchObject({ sizes: [], hot: [], waits: [], sequentialShare: null, mostInFlight: 0 });
    const batches = await recorded('all-ops-10M/log');
    const early = await answerLatencyMap(
      new MemoryHistory(batches),
      { about: 'latencyMap', span, disks: null, columns: 4 },
      NEVER,
    );
    expect(early).toMatchObject({ json: { disks: [] } });
  });

  it('refuses more maps than memory is for, and says what it would tell', async () => {
    const batches = await recorded('all-ops-10M/log');
    const disks = Array.from({ length: 256 }, (_, i) => i);
    const question = { about: 'latencyMap' as const, span: { fromUs: 0, toUs: 1 }, disks, columns: 2048 };
    await expect(answerLatencyMap(new MemoryHistory(batches), question, NEVER)).rejects.toThrow(
      'at most 146 disks; ask for fewer',
    );
  });

  it('stops in the middle when it is called off', async () => {
    const batches = await recorded('fio-randrw-4k-64M/log');
    const whole = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
    const ask = [
      (history: MemoryHistory, signal: AbortSignal) =>
        answerSpan(history, { about: 'span', span: whole, disks: null }, signal),
      (history: MemoryHistory, signal: AbortSignal) =>
        answerLatencyMap(history, { about: 'latencyMap', span: whole, disks: null, columns: 9 }, signal),
    ];
    for (const answer of ask) {
      const work = new AbortController();
      const history = new MemoryHistory(batches);
      const rows = history.rows.bind(history);
      history.rows = async function* (from, to, signal) {
        for await (const batch of rows(from, to, signal)) {
          yield batch;
          if (history.read.length === 5) work.abort();
        }
      };
      await expect(answer(history, work.signal)).rejects.toThrow('aborted');
      expect(history.read.length).toBe(5);
    }
  });
});
