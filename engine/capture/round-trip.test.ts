import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { batchesOf, rowStream } from '#shared/testing/streams.ts';
import { CaptureReader } from './capture-reader.ts';
import { CaptureWriter } from './capture-writer.ts';
import { plainRows, Recorded, recordedLog, recordedLogs, writeCapture } from './testing/recorded.ts';

const folder = mkdtempSync(join(tmpdir(), 'nbdscope-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function newPath(): string {
  files += 1;
  return join(folder, `${files}.nbdscope`);
}

async function* rowsOf(reader: CaptureReader): AsyncGenerator<EventBatch> {
  for (let batch = 0; batch < reader.batches.length; batch += 1) yield await reader.rows(batch);
}

describe('a capture', () => {
  it.each(recordedLogs())('gives back every row of %s', async (log) => {
    const recorded = recordedLog(log);
    const path = newPath();
    await writeCapture(path, recorded);
    const reader = await CaptureReader.open(path);
    const { lastSequence } = recorded.history;
    expect(await plainRows(rowsOf(reader))).toEqual(await plainRows(recorded.history.rows(1, lastSequence)));
    expect(reader.damage).toBeNull();
    expect(reader.isFinished).toBe(true);
    await reader.close();
  });

  it('gives back every row of any stream, however often it was written', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowStream({ disks: 3, sizeBytes: 1n << 62n, maxRows: 120, minRows: 20 }),
        fc.array(fc.nat(60), { minLength: 1, maxLength: 6 }),
        async (rows, cuts) => {
          const recorded = new Recorded();
          const target = { path: newPath(), replace: false, producer: 'test' };
          const writer = await CaptureWriter.create(target, { disks: [], arrays: [] }, null, 1);
          for (const batch of batchesOf(rows, cuts)) {
            recorded.rows(batch);
            await writer.follow(recorded.history, recorded.history.lastSequence);
          }
          await writer.finish();
          const reader = await CaptureReader.open(target.path);
          const whole = await plainRows(rowsOf(reader));
          expect(whole).toEqual(await plainRows(recorded.history.rows(1, rows.length)));
          await reader.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has one row for a request that was answered in the same batch, and two where the answer came later', async () => {
    const recorded = recordedLog('all-ops-10M/log');
    const { history } = recorded;
    const target = { path: newPath(), replace: false, producer: 'test' };
    const writer = await CaptureWriter.ofHistory(target, { disks: [], arrays: [] }, history, 1);
    await writer.follow(history, 2);
    await writer.follow(history, history.lastSequence);
    await writer.finish();
    const reader = await CaptureReader.open(target.path);
    const first = await reader.captureRows(0);
    const second = await reader.captureRows(1);
    expect([...first.kind.subarray(0, first.count)]).toEqual([RowKind.Connect, RowKind.Request]);
    const kinds = [...second.kind.subarray(0, second.count)];
    expect(kinds.filter((kind) => kind === RowKind.Completion)).toHaveLength(1);
    expect(kinds.filter((kind) => kind === RowKind.Request)).toHaveLength(12);
    await reader.close();
  });

  it('begins with the requests that are in flight where it begins', async () => {
    const recorded = recordedLog('fio-randrw-4k-64M/log');
    const path = newPath();
    let after = 2000;
    let state = await recorded.history.stateAt(after);
    while ((state.disks[0]?.inFlight.count ?? 0) < 5) {
      after += 1;
      state = await recorded.history.stateAt(after);
    }
    await writeCapture(path, recorded, after + 1);
    const reader = await CaptureReader.open(path);
    let before = 0;
    for await (const rows of reader.before()) before += rows.count;
    expect(before).toBe(state.disks[0]?.inFlight.count);
    expect(reader.base).toBe(after);
    await reader.close();
  });

  it('keeps a file that is there, unless it may be replaced', async () => {
    const path = newPath();
    const recorded = recordedLog('all-ops-10M/log');
    await writeCapture(path, recorded);
    await expect(writeCapture(path, recorded)).rejects.toThrow('is there already');
    const target = { path, replace: true, producer: 'test' };
    const writer = await CaptureWriter.create(target, { disks: [], arrays: [] }, null, 1);
    await writer.finish();
    const reader = await CaptureReader.open(path);
    expect(reader.batches.length).toBe(0);
    await reader.close();
  });
});
