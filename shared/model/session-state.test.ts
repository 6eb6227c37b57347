import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBatch, type RowInit } from '../events/event-batch.ts';
import { ALL_DISKS, Op, RowKind } from '../events/vocabulary.ts';
import { batchesOf, rowStream } from '../testing/streams.ts';
import { visible } from '../testing/visible-state.ts';
import { BlockKind, FAILED, KIND_MASK, SECTORS_PER_BLOCK } from './block-state.ts';
import { MemoryBudget } from './memory-budget.ts';
import { MAX_RUNS } from './run-map.ts';
import { SessionState } from './session-state.ts';

/** Four pages, and so some pages that requests cover whole. */
const SIZE = 16n << 20n;
const stream = rowStream({ disks: 2, sizeBytes: SIZE, maxRows: 120 });

function applied(batches: readonly EventBatch[]): SessionState {
  const state = new SessionState();
  for (const batch of batches) state.apply(batch);
  return state;
}

/** The rules of docs/architecture.md, "What a block shows", in the plainest code there is: one entry per sector. */
function referenceKinds(rows: readonly RowInit[], disk: number): { kinds: Uint8Array; failed: Uint8Array } {
  const sectors = Number(SIZE / 512n);
  const kinds = new Uint8Array(sectors);
  const failed = new Uint8Array(sectors / SECTORS_PER_BLOCK);
  for (const row of rows) {
    if (row.kind === RowKind.ClearPicture && row.disk === disk) {
      kinds.fill(0);
      failed.fill(0);
    }
    if (row.kind !== RowKind.Completion || row.disk !== disk) continue;
    if (row.op === Op.Flush || row.op === Op.Cache || !row.lengthBytes) continue;
    const start = Number(row.offsetBytes);
    const end = start + Number(row.lengthBytes);
    failed.fill(row.errno === 0 ? 0 : 1, Math.floor(start / 4096), Math.ceil(end / 4096));
    const kind = row.op === Op.Write ? 1 : row.op === Op.Trim ? 2 : row.op === Op.Zero ? 3 : 0;
    if (kind !== 0 && row.errno === 0) kinds.fill(kind, Math.floor(start / 512), Math.ceil(end / 512));
  }
  return { kinds, failed };
}

describe('SessionState', () => {
  it('shows each sector and each failed block as the plain rules say', () => {
    fc.assert(
      fc.property(stream, (rows) => {
        const state = applied(batchesOf(rows, [7]));
        for (const disk of [0, 1]) {
          const { kinds, failed } = referenceKinds(rows, disk);
          const model = state.disk(disk).model;
          for (let s = 0; s < kinds.length; s += 1) {
            if (model.sectorKind(s) !== kinds[s])
              throw new Error(`sector ${s}: ${model.sectorKind(s)}, not ${kinds[s]}`);
          }
          for (let b = 0; b < failed.length; b += 1) {
            if (((model.stateAt(b) & FAILED) !== 0) !== (failed[b] === 1))
              throw new Error(`block ${b}: failed wrongly`);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('does not depend on how the rows are cut into batches', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (rows, cuts) => {
        expect(visible(applied(batchesOf(rows, cuts)))).toEqual(visible(applied(batchesOf(rows, [1]))));
      }),
      { numRuns: 60 },
    );
  });

  it('is the same when followed from a snapshot as when followed from the start', () => {
    fc.assert(
      fc.property(stream, fc.nat(), (rows, at) => {
        const batches = batchesOf(rows, [3]);
        const cut = batches.length === 0 ? 0 : at % batches.length;
        const early = applied(batches.slice(0, cut));
        const late = SessionState.readSnapshot(early.snapshot().slice());
        for (const batch of batches.slice(cut)) {
          early.apply(batch);
          late.apply(EventBatch.decode(batch.encode()));
        }
        expect(visible(late)).toEqual(visible(early));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps what a listener counted equal to what is there', () => {
    fc.assert(
      fc.property(stream, (rows) => {
        const state = new SessionState();
        const model = state.disk(0).model;
        const counted = new Map<number, number>();
        const count = (kind: number, by: number): void => {
          counted.set(kind, (counted.get(kind) ?? 0) + by);
        };
        model.listener = {
          blocksChanged: (_first, blocks, oldState, newState) => {
            count(oldState & KIND_MASK, -blocks);
            count(newState & KIND_MASK, blocks);
          },
          blocksRead: () => {},
          blocksTouched: () => {},
          touchesReplaced: () => {},
          reset: () => counted.clear(),
        };
        for (const batch of batchesOf(rows, [5])) state.apply(batch);
        const there = new Map<number, number>();
        model.forEachTouched(0, 2 ** 51, (_first, blocks, byte) => {
          there.set(byte & KIND_MASK, (there.get(byte & KIND_MASK) ?? 0) + blocks);
        });
        for (const kind of [1, 2, 3]) expect(counted.get(kind) ?? 0).toBe(there.get(kind) ?? 0);
      }),
      { numRuns: 60 },
    );
  });

  it('trims the whole of a 7 EiB disk in no memory to speak of', () => {
    const size = 7n << 60n;
    const state = new SessionState();
    const rows: RowInit[] = [];
    const add = (op: number, offsetBytes: bigint, lengthBytes: bigint): void => {
      const row = { op, slot: 0, offsetBytes, lengthBytes, timeUs: 1e15, clockUs: 1e15 };
      rows.push({ ...row, kind: RowKind.Request }, { ...row, kind: RowKind.Completion, latencyUs: 1 });
    };
    add(Op.Write, 0n, 4096n);
    add(Op.Write, size - 512n, 512n);
    add(Op.Trim, 0n, size);
    add(Op.Write, size - 16_384n, 16_384n);
    add(Op.Zero, size / 2n, 1n << 50n);
    for (const batch of batchesOf(rows, [2])) state.apply(batch);
    const model = state.disk(0).model;
    expect(model.stateAt(0) & KIND_MASK).toBe(2);
    expect(model.stateAt(Number(size / 4096n) - 1) & KIND_MASK).toBe(1);
    expect(model.stateAt(Number(size / 4096n) - 5) & KIND_MASK).toBe(2);
    expect(model.stateAt(Number(size / 8192n)) & KIND_MASK).toBe(3);
    expect(model.pages.size).toBe(2);
    expect(model.blockInfo(0)).toMatchObject({ writes: 1, lastOp: Op.Trim });
  });

  it('takes time and memory for 40,000 scattered trims of a 7 EiB disk that their number does not multiply', () => {
    const state = new SessionState();
    const offsets: bigint[] = [];
    const trim = (i: number): EventBatch => {
      const offsetBytes = BigInt(Math.floor(((i * 0.618_033_988_749_895) % 1) * 7 * 2 ** 38)) << 22n;
      offsets.push(offsetBytes);
      const row: RowInit = {
        kind: RowKind.Completion,
        op: Op.Trim,
        offsetBytes,
        lengthBytes: 64n << 20n,
        clockUs: 1e15 + i * 1000,
      };
      return batchesOf([row], [1])[0] ?? new EventBatch(1);
    };
    const before = Array.from({ length: 30_000 }, (_, i) => trim(i));
    for (const batch of before) state.apply(batch);
    const follower = SessionState.readSnapshot(state.snapshot());
    for (let i = 30_000; i < 40_000; i += 1) {
      const batch = trim(i);
      state.apply(batch);
      follower.apply(batch);
    }
    const model = state.disk(0).model;
    expect(model.runs.starts.length).toBeLessThanOrEqual(MAX_RUNS);
    expect(follower.disk(0).model.runs).toEqual(model.runs);
    const lost = offsets.filter(
      (offset) => (model.stateAt(Number(offset >> 12n)) & KIND_MASK) !== BlockKind.Trimmed,
    );
    expect(lost).toEqual([]);
    expect(state.snapshot().length).toBeLessThan(4_000_000);
  });

  it('carries only the touched part of each page in a snapshot', () => {
    const state = new SessionState();
    const empty = state.snapshot().length;
    const row = { kind: RowKind.Completion, op: Op.Write, lengthBytes: 8192, clockUs: 1e15 };
    const rows = Array.from({ length: 100 }, (_, i) => ({ ...row, offsetBytes: i * 8_388_608 + 40_960 }));
    for (const batch of batchesOf(rows, [100])) state.apply(batch);
    expect(state.disk(0).model.pages.size).toBe(100);
    expect(state.snapshot().length - empty).toBeLessThan(64_000);
  });

  it('keeps times right in a log that goes on for months', () => {
    const day = 86_400_000_000;
    const row = { op: Op.Read, kind: RowKind.Completion, lengthBytes: 4096 };
    const rows = [0, 60, 120].map((days, i) => ({
      ...row,
      offsetBytes: i * 4096,
      clockUs: 1e15 + days * day,
    }));
    const state = new SessionState();
    for (const batch of batchesOf(rows, [3])) state.apply(batch);
    const ages = [0, 1, 2].map((block) => {
      const info = SessionState.readSnapshot(state.snapshot()).disk(0).model.blockInfo(block);
      return [info.lastMs, info.readMs].map((ms) => (state.nowMs() - (ms ?? Number.NaN)) / 86_400_000);
    });
    expect(ages).toEqual([
      [120, 120],
      [60, 60],
      [0, 0],
    ]);
  });

  it('leaves room for a header before a snapshot', () => {
    const state = new SessionState();
    const plain = state.snapshot();
    const behind = state.snapshot(8);
    expect(behind.subarray(0, 8)).toEqual(new Uint8Array(8));
    expect(behind.subarray(8)).toEqual(plain);
  });

  it('never hides a touched block when its memory is spent, and stays within it', () => {
    const budget = new MemoryBudget(100_000);
    const state = new SessionState(budget);
    const rows: RowInit[] = [];
    for (let i = 0; i < 500; i += 1) {
      const row = {
        op: Op.Write,
        slot: 0,
        offsetBytes: BigInt(i) * (8n << 20n),
        lengthBytes: 4096,
        clockUs: 1e15,
      };
      rows.push({ ...row, kind: RowKind.Request }, { ...row, kind: RowKind.Completion });
    }
    for (const batch of batchesOf(rows, [100])) state.apply(batch);
    for (let i = 0; i < 500; i += 1) expect(state.disk(0).model.stateAt(i * 2048) & KIND_MASK).toBe(1);
    expect(budget.usedBytes).toBeLessThanOrEqual(100_000);
    expect(budget.pageRefused).toBe(true);
  });

  it('forgets the picture and keeps the counts when the picture is cleared', () => {
    const state = new SessionState();
    const write = { op: Op.Write, slot: 0, offsetBytes: 0, lengthBytes: 4096, clockUs: 1e15 };
    const rows = [
      { ...write, kind: RowKind.Request },
      { ...write, kind: RowKind.Completion },
      { kind: RowKind.ClearPicture, disk: ALL_DISKS, clockUs: 1e15 },
    ];
    for (const batch of batchesOf(rows, [3])) state.apply(batch);
    expect(state.disk(0).model.stateAt(0)).toBe(0);
    expect(state.disk(0).counters.requests[Op.Write]).toBe(1);
    expect(state.disks.length).toBe(1);
    expect(state.budget.usedBytes).toBe(0);
  });

  it('marks a request as in flight until its reply', () => {
    const state = new SessionState();
    const read = { op: Op.Read, slot: 3, offsetBytes: 4096, lengthBytes: 8192, clockUs: 1e15 };
    const heard: number[][] = [];
    state.disk(0).inFlightListener = (first, end, change) => heard.push([first, end, change]);
    for (const batch of batchesOf([{ ...read, kind: RowKind.Request }], [1])) state.apply(batch);
    expect(state.disk(0).inFlight.count).toBe(1);
    for (const batch of batchesOf([{ ...read, kind: RowKind.Completion }], [1])) state.apply(batch);
    expect(state.disk(0).inFlight.count).toBe(0);
    expect(heard).toEqual([
      [8, 24, 1],
      [8, 24, -1],
    ]);
  });

  it('keeps how each disk can fail and the latest 200 changes of that, also through a snapshot', () => {
    const rule = {
      name: 'bad sector',
      on: true,
      ops: ['read' as const],
      range: { from: '4096', to: '8192' },
      action: { do: 'fail' as const, error: 'EIO' as const },
      percent: 100,
      times: null,
      afterMs: 0,
      forMs: null,
    };
    const rows = Array.from({ length: 250 }, (_, i) => ({
      kind: RowKind.FaultChange,
      disk: i % 2,
      clockUs: 1e15 + i,
      text: JSON.stringify({
        words: `change ${i}`,
        on: i % 4 === 0,
        rules: [{ ...rule, percent: i % 2 === 0 ? 50 : 100 }],
      }),
    }));
    const state = applied(batchesOf(rows, [70]));
    for (const seen of [state, SessionState.readSnapshot(state.snapshot())]) {
      expect(seen.faultChanges.length).toBe(200);
      expect(seen.faultChanges[0]).toEqual({ disk: 0, sequence: 51, clockUs: 1e15 + 50, words: 'change 50' });
      expect(seen.disk(0).faults).toEqual({
        words: 'change 248',
        on: true,
        rules: [{ ...rule, percent: 50 }],
      });
      expect(seen.disk(1).faults).toEqual({ words: 'change 249', on: false, rules: [rule] });
    }
    state.removeDisk(1);
    expect(new Set(state.faultChanges.map(({ disk }) => disk))).toEqual(new Set([0]));
  });

  it('lists a change whose text is none, and goes on', () => {
    const texts = ['', '{', 'null', '{"words":1}', '{"words":"x","on":true,"rules":[{}]}', '[[[['];
    const rows = texts.map((text) => ({ kind: RowKind.FaultChange, disk: 0, clockUs: 1e15, text }));
    const foreign = {
      kind: RowKind.FaultChange,
      disk: ALL_DISKS,
      clockUs: 1e15,
      text: '{"words":"x","on":true,"rules":[]}',
    };
    const state = applied(batchesOf([...rows, foreign], [10]));
    expect(state.faultChanges.map(({ words }) => words)).toEqual([
      ...texts.map(() => 'a change that cannot be read'),
      'x',
    ]);
    expect(state.disks[0]?.faults ?? null).toBeNull();
  });

  it('refuses bytes that are no snapshot', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => SessionState.readSnapshot(bytes)).toThrow(RangeError);
      }),
    );
  });
});
