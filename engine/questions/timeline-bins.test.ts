import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OP_COUNT, RowKind } from '#shared/events/vocabulary.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { batchOf, pass, rowsOf } from '#shared/testing/disk-rows.ts';
import { batchesOf, rowStream } from '#shared/testing/streams.ts';
import { ActivityBins } from '../history/activity-bins.ts';
import { MemoryHistory } from './testing/memory-history.ts';
import { answerTimeline } from './timeline.ts';
import { timelineOfBins } from './timeline-bins.ts';

const NEVER = new AbortController().signal;

const asked = (fromUs: number, toUs: number, columns: number) =>
  ({ about: 'timeline', span: { fromUs, toUs }, columns, disks: null, perDisk: true }) as const;

describe('the timeline of what was counted as rows came', () => {
  it('is that of the rows while a bin is a request', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowStream({ disks: 3, sizeBytes: 1n << 30n, minRows: 40, maxRows: 200 }),
        fc.integer({ min: 1, max: 60 }),
        async (rows, columns) => {
          const batches = batchesOf(rows, [13]);
          const bins = new ActivityBins(new SessionState());
          for (const batch of batches) bins.append(batch);
          const history = new MemoryHistory(batches);
          const { firstUs, lastUs } = history.info();
          const question = asked(firstUs ?? 0, lastUs ?? 0, columns);
          const counted = await timelineOfBins(bins, question, firstUs ?? 0, NEVER);
          const walked = await answerTimeline(history, question, NEVER);
          expect(counted?.json).toEqual(walked.json);
          for (const name of ['requests', 'errors', 'maxUs', 'diskRequests', 'diskErrors']) {
            expect([name, counted?.columns[name]]).toEqual([name, walked.columns[name]]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps its totals in bounded memory, however many requests there are', async () => {
    const bins = new ActivityBins(new SessionState());
    const ios = pass({ toKib: 400_000, kib: 4, mibPerSecond: 100, seconds: 0 });
    const rows = batchOf(rowsOf(ios.map((io, n) => ({ ...io, errno: n % 100 === 0 ? 5 : 0 }))));
    for (let i = 0; i < rows.count; i += 1)
      rows.latencyUs[i] = rows.kind[i] === RowKind.Completion ? i % 1000 : 0;
    bins.append(rows);
    expect(bins.count).toBeLessThanOrEqual(65_536);
    const fromUs = rows.clockUs[0] ?? 0;
    const toUs = rows.clockUs[rows.count - 1] ?? 0;
    const answer = await timelineOfBins(bins, asked(fromUs, toUs, 100), fromUs, NEVER);
    const sum = (column: ArrayLike<number | bigint> | undefined): number =>
      Array.from(column ?? [], Number).reduce((all, n) => all + n, 0);
    expect(sum(answer?.columns['requests'])).toBe(ios.length);
    expect(sum(answer?.columns['errors'])).toBe(Math.ceil(ios.length / 100));
    expect(answer?.columns['requests']).toHaveLength(OP_COUNT * 100);
    expect(Number(answer?.columns['p50Us']?.[50])).toBeGreaterThan(350);
    expect(Number(answer?.columns['p50Us']?.[50])).toBeLessThan(650);
  });

  it('says nothing of some disks alone', async () => {
    const bins = new ActivityBins(new SessionState());
    expect(await timelineOfBins(bins, { ...asked(0, 1, 1), disks: [0] }, 0, NEVER)).toBeNull();
  });
});
