import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { OP_COUNT } from '#shared/events/vocabulary.ts';
import { ERRNO_PENDING, ERRNO_UNANSWERED } from '#shared/model/recent-requests.ts';
import { batchesOf, rowStream } from '#shared/testing/streams.ts';
import { mergedRecording } from '../session/testing/merged-recording.ts';
import { OfflineSession } from '../stats/offline-session.ts';
import { MemoryHistory } from './testing/memory-history.ts';
import { type NaiveRequest, naiveDepth, naiveRequests } from './testing/naive.ts';
import { answerTimeline } from './timeline.ts';

const RECORDINGS = resolve(import.meta.dirname, '../../assets/recordings');
const NEVER = new AbortController().signal;

async function recorded(...logs: readonly string[]): Promise<readonly EventBatch[]> {
  const { batches } = await mergedRecording(logs.map((log) => resolve(RECORDINGS, log)));
  const session = new OfflineSession();
  for (const batch of batches) session.rows(batch);
  return batches;
}

interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

/** The requests that arrived in column `column` of the span. */
function arrivedIn(
  requests: readonly NaiveRequest[],
  span: Span,
  columns: number,
  column: number,
): NaiveRequest[] {
  const widthUs = (span.toUs - span.fromUs) / columns;
  return requests.filter(({ arrivalUs }) => {
    if (!(arrivalUs >= span.fromUs && arrivalUs <= span.toUs)) return false;
    const at = arrivalUs >= span.toUs ? columns - 1 : Math.floor((arrivalUs - span.fromUs) / widthUs);
    return Math.min(at, columns - 1) === column;
  });
}

const hasFailed = ({ errno }: NaiveRequest): boolean =>
  errno !== 0 && errno !== ERRNO_PENDING && errno !== ERRNO_UNANSWERED;

async function expectTruth(batches: readonly EventBatch[], span: Span, columns: number): Promise<void> {
  const history = new MemoryHistory(batches);
  const question = { about: 'timeline', span, columns, disks: null, perDisk: true } as const;
  const answer = await answerTimeline(history, question, NEVER);
  const requests = naiveRequests(batches);
  const { disks } = answer.json as { readonly disks: readonly number[] };
  const told = (name: string, at: number): number => Number(answer.columns[name]?.[at]);
  for (let column = 0; column < columns; column += 1) {
    const here = arrivedIn(requests, span, columns, column);
    for (let op = 0; op < OP_COUNT; op += 1) {
      const of = here.filter((request) => request.op === op);
      expect(told('requests', op * columns + column)).toBe(of.length);
      for (const [place, disk] of disks.entries()) {
        const own = of.filter((request) => request.disk === disk).length;
        expect(told('diskRequests', (place * OP_COUNT + op) * columns + column)).toBe(own);
      }
    }
    expect(told('errors', column)).toBe(here.filter(hasFailed).length);
    const latencies = here.map((request) => request.latencyUs).filter((us) => !Number.isNaN(us));
    const sorted = latencies.toSorted((a, b) => a - b);
    expect(told('maxUs', column)).toBe(Math.fround(sorted.at(-1) ?? Number.NaN));
    const median = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
    // Buckets are an eighth of a doubling wide, and their middle stands for all of them.
    if (median > 1) expect(told('p50Us', column) / median).toBeCloseTo(1, 0);
    else if (sorted.length === 0) expect(told('p50Us', column)).toBeNaN();
  }
}

describe('the question about the timeline', () => {
  it('is answered as counting the requests of a recording would', async () => {
    const batches = await recorded(
      'raid5-story-5x64M/log1',
      'raid5-story-5x64M/log2',
      'raid5-story-5x64M/log3',
    );
    const { firstUs, lastUs } = new MemoryHistory(batches).info();
    const whole = { fromUs: firstUs ?? 0, toUs: lastUs ?? 0 };
    await expectTruth(batches, whole, 40);
    const thirdUs = Math.floor((whole.toUs - whole.fromUs) / 3);
    await expectTruth(batches, { fromUs: whole.fromUs + thirdUs, toUs: whole.toUs - thirdUs }, 17);
  });

  it('holds for any rows in any batches', async () => {
    const streams = rowStream({ disks: 3, sizeBytes: 64n << 20n, maxRows: 160, minRows: 40 });
    const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(streams, cuts, fc.integer({ min: 1, max: 20 }), async (stream, sizes, columns) => {
        const batches = batchesOf(stream, sizes);
        const { firstUs, lastUs } = new MemoryHistory(batches).info();
        await expectTruth(batches, { fromUs: firstUs ?? 0, toUs: lastUs ?? 1 }, columns);
      }),
      { numRuns: 60 },
    );
  });

  it('counts what is in flight, that from before the span too', async () => {
    const batches = await recorded('fio-randrw-4k-64M/log');
    const { firstUs, lastUs } = new MemoryHistory(batches).info();
    const span = { fromUs: firstUs ?? 0, toUs: lastUs ?? 0 };
    const lengthUs = span.toUs - span.fromUs;
    const depths = async (asked: Span, columns: number): Promise<readonly number[]> => {
      const question = { about: 'timeline', span: asked, columns, disks: null, perDisk: false } as const;
      const answer = await answerTimeline(new MemoryHistory(batches), question, NEVER);
      return [...(answer.columns['depth'] ?? [])].map(Number);
    };
    const requests = naiveRequests(batches);
    const last = batches.at(-1);
    const end = last === undefined ? 0 : last.firstSequence + last.count - 1;
    const whole = await depths(span, 8);
    expect(Math.max(...whole)).toBe(naiveDepth(requests, { span, disks: null }, 1, end));
    // The later half, asked for alone, is what it was as a part of the whole.
    const half = await depths({ fromUs: span.fromUs + lengthUs / 2, toUs: span.toUs }, 4);
    expect(half).toEqual(whole.slice(4));
  });

  it('is called off', async () => {
    const batches = await recorded('ext4-blog-64M/log');
    const stop = new AbortController();
    stop.abort();
    const span = { fromUs: 0, toUs: 4e15 };
    const question = { about: 'timeline', span, columns: 10, disks: null, perDisk: false } as const;
    await expect(answerTimeline(new MemoryHistory(batches), question, stop.signal)).rejects.toThrow();
  });
});
