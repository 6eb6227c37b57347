import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { MemoryBudget } from '#shared/model/memory-budget.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { batchesOf, rowStream, type StreamRow } from '#shared/testing/streams.ts';
import { visible } from '#shared/testing/visible-state.ts';
import { OfflineSession } from '../stats/offline-session.ts';
import { EncodingThread } from './encoding-thread.ts';
import { CHUNK_ROWS } from './row-log.ts';
import { rowsBetween } from './rows-between.ts';
import { DEFAULT_HISTORY, SessionHistory } from './session-history.ts';

const BUDGET_BYTES = 1 << 28;
const streams = rowStream({ disks: 3, sizeBytes: 32n << 20n, minRows: 120, maxRows: 250 });

const threads: EncodingThread[] = [];

function threadOf(mostWaitingBytes?: number): EncodingThread {
  const thread = new EncodingThread(mostWaitingBytes);
  threads.push(thread);
  return thread;
}

/** A session's rows and their history, with many keyframes. */
function recordedWith(thread: EncodingThread | null, rows: readonly StreamRow[]): SessionHistory {
  const session = new OfflineSession(new SessionState(new MemoryBudget(BUDGET_BYTES)));
  const options = { ...DEFAULT_HISTORY, keyframeWork: 60, thread };
  const history = new SessionHistory(session.state, options);
  for (const batch of batchesOf(rows, [3, 11, 1])) {
    session.rows(batch);
    history.append(batch, session.state);
  }
  return history;
}

async function rowsOf(history: SessionHistory): Promise<Uint8Array[]> {
  const rows: Uint8Array[] = [];
  for await (const batch of history.rows(1, Number.MAX_SAFE_INTEGER)) {
    for (let i = 0; i < batch.count; i += 1) rows.push(rowsBetween(batch, i, i + 1).encode());
  }
  return rows;
}

/** That it tells the same of every row and state as one that writes everything where it comes. */
async function expectSame(history: SessionHistory, inline: SessionHistory): Promise<void> {
  expect(await rowsOf(history)).toEqual(await rowsOf(inline));
  for (let sequence = 1; sequence <= inline.lastSequence; sequence += 61) {
    expect(visible(await history.stateAt(sequence))).toEqual(visible(await inline.stateAt(sequence)));
  }
}

const oneStream = (): readonly StreamRow[] => fc.sample(streams, { numRuns: 1, seed: 11 })[0] ?? [];

describe('a history that a thread writes', () => {
  afterEach(() => {
    for (const thread of threads.splice(0)) thread.dispose();
  });

  it('tells the same before its thread has come to it and after', async () => {
    await fc.assert(
      fc.asyncProperty(streams, async (rows) => {
        const thread = threadOf();
        const inline = recordedWith(null, rows);
        const history = recordedWith(thread, rows);
        expect(thread.done).toBe(0);
        await expectSame(history, inline);
        await expect.poll(() => thread.isIdle, { timeout: 30_000 }).toBe(true);
        expect(thread.done).toBeGreaterThan(2);
        await expectSame(history, inline);
        expect(history.info().bytes).toBe(inline.info().bytes);
        thread.dispose();
      }),
      { numRuns: 2 },
    );
  });

  it('takes batches longer than its chunks', async () => {
    const rows = 3 * CHUNK_ROWS + 5;
    const batch = new EventBatch(rows);
    for (let i = 0; i < rows; i += 1) batch.push({ kind: RowKind.Connect, connection: i, timeUs: 1_000 + i });
    const session = new OfflineSession(new SessionState(new MemoryBudget(BUDGET_BYTES)));
    const history = new SessionHistory(session.state, { ...DEFAULT_HISTORY, thread: threadOf() });
    session.rows(batch);
    history.append(batch, session.state);
    const connections: number[] = [];
    for await (const part of history.rows(1, rows)) {
      for (let i = 0; i < part.count; i += 1) connections.push(part.connection[i] ?? 0);
    }
    expect(connections).toEqual(Array.from({ length: rows }, (_, i) => i));
  });

  it('writes itself what the thread has no room for', async () => {
    const thread = threadOf(1);
    const history = recordedWith(thread, oneStream());
    expect(thread.hasRoom).toBe(false);
    await expectSame(history, recordedWith(null, oneStream()));
    await expect.poll(() => thread.done, { timeout: 30_000 }).toBe(1);
    expect(thread.hasRoom).toBe(true);
  });

  it('loses nothing when its thread ends', async () => {
    const thread = threadOf();
    const history = recordedWith(thread, oneStream());
    thread.dispose();
    expect(thread.hasRoom).toBe(false);
    await expectSame(history, recordedWith(null, oneStream()));
  });

  it('gives back what a thread that failed had not done', async () => {
    const thread = threadOf();
    const results = await Promise.all([
      new Promise((resolve) => thread.encode('rows', new Uint8Array(4), resolve)),
      new Promise((resolve) => thread.encode('plain', new Uint8Array(4), resolve)),
    ]);
    expect(results).toEqual([null, null]);
    expect(thread.hasRoom).toBe(false);
  });

  it('does not bring back what was forgotten before it was written', async () => {
    const thread = threadOf();
    const session = new OfflineSession(new SessionState(new MemoryBudget(BUDGET_BYTES)));
    const options = { ...DEFAULT_HISTORY, keyframeWork: 60, limitBytes: 4_000, thread };
    const history = new SessionHistory(session.state, options);
    const batches: readonly EventBatch[] = batchesOf(oneStream(), [5]);
    for (const batch of batches) {
      session.rows(batch);
      history.append(batch, session.state);
    }
    const { firstSequence } = history;
    expect(firstSequence).toBeGreaterThan(1);
    await expect.poll(() => thread.isIdle, { timeout: 30_000 }).toBe(true);
    expect(history.firstSequence).toBe(firstSequence);
    const { bytes, keyframeBytes } = history.info();
    expect(bytes).toBeGreaterThanOrEqual(0);
    expect(keyframeBytes).toBeGreaterThan(0);
    expect(visible(await history.stateAt(history.lastSequence))).toEqual(visible(session.state));
  });
});
