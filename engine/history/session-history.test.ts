import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { MemoryBudget } from '#shared/model/memory-budget.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { batchesOf, rowStream, type StreamRow } from '#shared/testing/streams.ts';
import { visible } from '#shared/testing/visible-state.ts';
import { LogDecoder } from '../log/log-decoder.ts';
import { OfflineSession } from '../stats/offline-session.ts';
import { rowsBetween } from './rows-between.ts';
import { DEFAULT_HISTORY, SessionHistory, type SessionHistoryOptions } from './session-history.ts';
import { removeStaleSpills } from './spill-file.ts';

const RECORDINGS = resolve(import.meta.dirname, '../../assets/recordings');
const PIECE_BYTES = 64 * 1024;

/** Room for two pages with all there is to know, then for states only, then for none. */
const SMALL_BUDGET = 72_000;
const LARGE_BUDGET = 1 << 28;

/** Every log among the recordings. */
function logs(folder = RECORDINGS): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return logs(path);
    return /^log|[.]log/.test(entry.name) ? [path] : [];
  });
}

/** A session with a history, to which batches are given whose clocks are not yet set. */
class Recorded {
  readonly session: OfflineSession;
  readonly history: SessionHistory;
  readonly troubles: string[] = [];
  drops = 0;

  constructor(options: Partial<SessionHistoryOptions> = {}, budgetBytes = LARGE_BUDGET) {
    this.session = new OfflineSession(new SessionState(new MemoryBudget(budgetBytes)));
    this.history = new SessionHistory(
      this.session.state,
      { ...DEFAULT_HISTORY, ...options },
      {
        trouble: (what, reason) => this.troubles.push(`${what}: ${reason}`),
        dropped: () => {
          this.drops += 1;
        },
      },
    );
  }

  rows(batch: EventBatch): undefined {
    this.session.rows(batch);
    this.history.append(batch, this.session.state);
  }
}

/** What playing the first rows comes to. */
function played(rows: readonly StreamRow[], count: number, budgetBytes = LARGE_BUDGET): SessionState {
  const session = new OfflineSession(new SessionState(new MemoryBudget(budgetBytes)));
  for (const batch of batchesOf(rows.slice(0, count), [7])) session.rows(batch);
  return session.state;
}

function expectSameState(sought: SessionState, state: SessionState): void {
  expect(sought.budget.usedBytes).toBe(state.budget.usedBytes);
  if (Buffer.compare(sought.snapshot(), state.snapshot()) === 0) return;
  // What a person can see tells more of the difference than bytes do, but is long.
  expect(visible(sought)).toEqual(visible(state));
  expect.fail('the states differ in what nobody can see');
}

async function allRows(history: SessionHistory): Promise<Uint8Array[]> {
  const rows: Uint8Array[] = [];
  for await (const batch of history.rows(1, Number.MAX_SAFE_INTEGER)) {
    for (let i = 0; i < batch.count; i += 1) rows.push(rowsBetween(batch, i, i + 1).encode());
  }
  return rows;
}

const streams = rowStream({ disks: 3, sizeBytes: 32n << 20n, minRows: 60, maxRows: 250 });

describe('the history of a session', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nbdscope-history-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['', LARGE_BUDGET],
    [', with memory for few blocks', SMALL_BUDGET],
  ])('gives the state that playing to there gives%s', async (_title, budgetBytes) => {
    await fc.assert(
      fc.asyncProperty(
        streams,
        fc.array(fc.nat(250), { minLength: 4, maxLength: 6 }),
        async (rows, sequences) => {
          const recorded = new Recorded({ keyframeWork: 300 }, budgetBytes);
          for (const batch of batchesOf(rows, [3, 11, 1])) recorded.rows(batch);
          for (const sequence of sequences) {
            const state = await recorded.history.stateAt(sequence);
            expectSameState(state, played(rows, sequence, budgetBytes));
          }
          expect(recorded.troubles).toEqual([]);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('goes on from a state that was sought as from one that was played to', async () => {
    await fc.assert(
      fc.asyncProperty(streams, fc.nat(250), async (rows, sequence) => {
        const recorded = new Recorded({ keyframeWork: 300 });
        for (const batch of batchesOf(rows, [9])) recorded.rows(batch);
        const state = await recorded.history.stateAt(sequence);
        for await (const batch of recorded.history.rows(state.sequence + 1, rows.length)) state.apply(batch);
        expectSameState(state, recorded.session.state);
      }),
      { numRuns: 8 },
    );
  });

  it.each(logs().map((log) => [log.slice(RECORDINGS.length + 1), log]))('seeks in %s', async (_name, log) => {
    const recorded = new Recorded({ keyframeWork: 300 });
    const decoder = new LogDecoder({ rows: (batch) => recorded.rows(batch), disk: () => {} });
    const bytes = readFileSync(log);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) decoder.push(bytes.subarray(at, at + PIECE_BYTES));
    decoder.end();
    const { history, session } = recorded;
    const state = new SessionState(new MemoryBudget(LARGE_BUDGET));
    const step = Math.max(1, Math.floor(history.lastSequence / 5));
    for await (const batch of history.rows(1, history.lastSequence)) {
      for (let from = 0; from < batch.count; from += step) {
        state.apply(rowsBetween(batch, from, Math.min(batch.count, from + step)));
        expectSameState(await history.stateAt(state.sequence), state);
      }
    }
    expectSameState(state, session.state);
  });

  it('gives every row as it came, with what rows came later left out', async () => {
    await fc.assert(
      fc.asyncProperty(streams, fc.nat(250), fc.nat(250), async (rows, from, to) => {
        const recorded = new Recorded({ keyframeWork: 300 });
        for (const batch of batchesOf(rows, [13])) recorded.rows(batch);
        const all = await allRows(recorded.history);
        expect(all).toHaveLength(rows.length);
        let next = Math.max(1, from);
        for await (const batch of recorded.history.rows(from, to)) {
          for (let i = 0; i < batch.count; i += 1) {
            expect(batch.firstSequence + i).toBe(next);
            expect(rowsBetween(batch, i, i + 1).encode()).toEqual(all[next - 1]);
            next += 1;
          }
        }
        expect(next).toBe(Math.max(from, 1, Math.min(to, rows.length) + 1));
      }),
      { numRuns: 8 },
    );
  });

  it('finds the last row that is no later than a time', async () => {
    await fc.assert(
      fc.asyncProperty(streams, fc.nat(250), fc.constantFrom(-1, 0, 1), async (rows, at, off) => {
        const recorded = new Recorded({ keyframeWork: 300 });
        const batches = batchesOf(rows, [13]);
        for (const batch of batches) recorded.rows(batch);
        const clocks = batches.flatMap((batch) => [...batch.clockUs.subarray(0, batch.count)]);
        const us = (clocks[at % rows.length] ?? 0) + off;
        expect(await recorded.history.sequenceAt(us)).toBe(clocks.findLastIndex((clock) => clock <= us) + 1);
      }),
      { numRuns: 20 },
    );
  });

  it('forgets the oldest past its limit, and gives the same states of what is left', async () => {
    const long = rowStream({ disks: 2, sizeBytes: 32n << 20n, minRows: 150, maxRows: 250 });
    await fc.assert(
      fc.asyncProperty(long, fc.nat(250), async (rows, sequence) => {
        const recorded = new Recorded({ keyframeWork: 40, limitBytes: 5_000 });
        for (const batch of batchesOf(rows, [9])) recorded.rows(batch);
        const { history } = recorded;
        const { firstSequence, lastSequence, requests, droppedRequests } = history.info();
        expect(recorded.drops).toBeGreaterThan(0);
        // Nothing may be left but the state from which it goes on.
        const first = firstSequence === 0 ? rows.length + 1 : firstSequence;
        expect(first).toBeGreaterThan(1);
        if (firstSequence !== 0) expect(lastSequence).toBe(rows.length);
        const isRequest = ({ kind }: StreamRow): boolean => kind === RowKind.Request;
        expect(droppedRequests).toBe(rows.slice(0, first - 1).filter(isRequest).length);
        expect(requests).toBe(rows.slice(first - 1).filter(isRequest).length);
        const sought = await history.stateAt(sequence);
        expect(sought.sequence).toBe(Math.min(Math.max(sequence, first - 1), rows.length));
        expectSameState(sought, played(rows, sought.sequence));
      }),
      { numRuns: 8 },
    );
  });

  it('shows a past that was forgotten after it was sought', async () => {
    const recorded = new Recorded({ keyframeWork: 500, limitBytes: 60_000 });
    const batch = (n: number): EventBatch => writes(n * 100, 100);
    for (let n = 0; n < 10; n += 1) recorded.rows(batch(n));
    const sought = await recorded.history.stateAt(700);
    for (let n = 10; n < 200; n += 1) recorded.rows(batch(n));
    expect(recorded.history.firstSequence).toBeGreaterThan(700);
    const state = new OfflineSession(new SessionState(new MemoryBudget(LARGE_BUDGET)));
    for (let n = 0; n < 7; n += 1) state.rows(batch(n));
    expectSameState(sought, state.state);
  });

  it('goes to files that others cannot read when it is long, and is read from there', async () => {
    const recorded = new Recorded({
      keyframeWork: 500,
      memoryBytes: 4_000,
      directory: join(folder, 'cache'),
    });
    const { history, session } = recorded;
    for (let n = 0; n < 100; n += 1) recorded.rows(writes(n * 100, 100));
    await expect.poll(() => history.info().spilledBytes).toBeGreaterThan(10_000);
    expect(statSync(join(folder, 'cache')).mode & 0o777).toBe(0o700);
    // Without a name, so that nothing is left of them however the process ends.
    if (process.platform !== 'win32') expect(readdirSync(join(folder, 'cache'))).toEqual([]);
    expect(await allRows(history)).toHaveLength(10_000);
    const state = new OfflineSession(new SessionState(new MemoryBudget(LARGE_BUDGET)));
    for (let n = 0; n < 30; n += 1) state.rows(writes(n * 100, 100));
    expectSameState(await history.stateAt(3_000), state.state);
    const last = await history.stateAt(10_000);
    history.dispose();
    expectSameState(last, session.state);
  });

  it('says of each of its chunks whether rows of some blocks are in it, from files as from memory', async () => {
    const recorded = new Recorded({
      keyframeWork: 500,
      memoryBytes: 4_000,
      directory: join(folder, 'cache'),
    });
    const { history } = recorded;
    for (let n = 0; n < 100; n += 1) recorded.rows(writes(n * 100, 100));
    await expect.poll(() => history.info().spilledBytes).toBeGreaterThan(10_000);
    const [firstBlock, endBlock] = [700, 703];
    const held: boolean[] = [];
    const told: boolean[] = [];
    for (const { firstSequence, lastSequence, mayTouch } of history.chunks()) {
      let holds = false;
      for await (const batch of history.rows(firstSequence, lastSequence)) {
        const offsets = batch.offsetLow.subarray(0, batch.count);
        holds ||= offsets.some((offset) => offset >= firstBlock * 4096 && offset < endBlock * 4096);
      }
      held.push(holds);
      told.push(await mayTouch(0, firstBlock, endBlock));
    }
    // Of the rows that came last nothing is known but that they are there.
    expect(told.slice(0, -1)).toEqual(held.slice(0, -1));
    expect(new Set(told).size).toBe(2);
    const [first] = history.chunks();
    history.dispose();
    expect(first?.mayTouch(0, firstBlock, endBlock), 'what has gone is for the rows to tell').toBe(true);
  });

  it('goes on in memory where no file can be written, and says so once', async () => {
    const blocked = join(folder, 'file');
    writeFileSync(blocked, '');
    const recorded = new Recorded({
      keyframeWork: 500,
      memoryBytes: 4_000,
      memoryLimitBytes: 60_000,
      directory: join(blocked, 'cache'),
    });
    for (let n = 0; n < 200; n += 1) recorded.rows(writes(n * 100, 100));
    await expect.poll(() => recorded.troubles.length).toBe(1);
    for (let n = 200; n < 300; n += 1) recorded.rows(writes(n * 100, 100));
    expect(recorded.troubles).toHaveLength(1);
    const { bytes, keyframeBytes, spilledBytes, firstSequence, limitBytes } = recorded.history.info();
    expect(spilledBytes).toBe(0);
    expect(limitBytes).toBe(60_000);
    expect(bytes + keyframeBytes).toBeLessThanOrEqual(60_000);
    expect(firstSequence).toBeGreaterThan(1);
    expectSameState(await recorded.history.stateAt(60_000), recorded.session.state);
  });

  it('removes what a process that has ended left behind, and nothing else', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const left = `history-${hostname()}-${pid}-1`;
    const kept = [`history-${hostname()}-${process.pid}-1`, `history-elsewhere-${pid}-1`, 'notes'];
    for (const name of [left, ...kept]) writeFileSync(join(folder, name), '');
    removeStaleSpills(folder);
    expect(readdirSync(folder).sort()).toEqual(kept.sort());
  });
});

/** Writes of a block each, all over a small disk, and their replies; the same for the same `seed`. */
function writes(seed: number, count: number): EventBatch {
  const batch = new EventBatch(count);
  for (let n = 0; n < count / 2; n += 1) {
    const at = ((seed + n) * 48_271) % 4_099;
    const row = { op: Op.Write, slot: 0, cookie: seed + n, offsetBytes: at * 4096, lengthBytes: 4096 };
    const timeUs = 1_780_000_000_000_000 + (seed + n) * 1000;
    batch.push({ ...row, kind: RowKind.Request, timeUs });
    batch.push({ ...row, kind: RowKind.Completion, timeUs: timeUs + at, latencyUs: at });
  }
  return batch;
}
