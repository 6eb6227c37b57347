import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { Merge, type MergeInput } from './merge.ts';

function batchAt(times: readonly number[]): EventBatch {
  const batch = new EventBatch(Math.max(1, times.length));
  for (const timeUs of times) batch.push({ kind: RowKind.Request, timeUs });
  return batch;
}

function collector(): { merge: Merge; out: [MergeInput, number][] } {
  const out: [MergeInput, number][] = [];
  const merge = new Merge((input, batch, from, to) => {
    for (let i = from; i < to; i += 1) out.push([input, batch.timeUs[i] ?? -1]);
  });
  return { merge, out };
}

describe('Merge', () => {
  it('brings sources that catch up into the order of their times, and never reorders one source', () => {
    const times = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(times, { minLength: 2, maxLength: 4 }), (sources) => {
        const { merge, out } = collector();
        const inputs = sources.map(() => merge.add());
        sources.forEach((rows, s) => {
          const input = inputs[s];
          if (input === undefined) return;
          for (let i = 0; i < rows.length; i += 3) void merge.push(input, batchAt(rows.slice(i, i + 3)));
        });
        for (const input of inputs) merge.setCatchingUp(input, false);
        sources.forEach((rows, s) => {
          expect(out.filter(([input]) => input === inputs[s]).map(([, time]) => time)).toEqual(rows);
        });
        const sorted = sources.every((rows) => rows.every((t, i) => i === 0 || t >= (rows[i - 1] ?? 0)));
        if (sorted) expect(out.map(([, t]) => t)).toEqual([...out.map(([, t]) => t)].sort((a, b) => a - b));
        merge.dispose();
      }),
    );
  });

  it('goes on without a source that is silent', async () => {
    const { merge, out } = collector();
    const silent = merge.add();
    const busy = merge.add();
    void merge.push(busy, batchAt([1, 2]));
    expect(out).toEqual([]);
    await expect.poll(() => out.length).toBe(2);
    expect(silent.queue).toEqual([]);
    merge.dispose();
  });

  it('asks a source that is far ahead to wait, and lets it go on when the others have come', async () => {
    const { merge, out } = collector();
    const late = merge.add();
    const ahead = merge.add();
    let waited: Promise<void> | undefined;
    for (let i = 0; i < 4; i += 1) waited = merge.push(ahead, batchAt([10 + i]));
    expect(waited).toBeInstanceOf(Promise);
    merge.setCatchingUp(late, false);
    await waited;
    expect(out.map(([, time]) => time)).toEqual([10, 11, 12, 13]);
    merge.dispose();
  });

  it('hands a single source straight on', () => {
    const { merge, out } = collector();
    const only = merge.add();
    expect(merge.push(only, batchAt([5, 3]))).toBeUndefined();
    expect(out.map(([, time]) => time)).toEqual([5, 3]);
    merge.dispose();
  });

  it('keeps every promise it gave to a source that was to wait', async () => {
    const { merge } = collector();
    const busy = merge.add();
    const late = merge.add();
    const waits = [1, 2, 3, 4, 5, 6].map((time) => merge.push(busy, batchAt([time])));
    expect(waits.filter((wait) => wait !== undefined).length).toBe(3);
    merge.setCatchingUp(late, false);
    await Promise.all(waits);
    merge.dispose();
  });
});
