import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBatch } from '../events/event-batch.ts';
import { Op, RowKind } from '../events/vocabulary.ts';
import { batchesOf, rowStream } from '../testing/streams.ts';
import { visible } from '../testing/visible-state.ts';
import { KIND_MASK } from './block-state.ts';
import { MemoryBudget } from './memory-budget.ts';
import { STEP_RUNS } from './run-map.ts';
import { SessionState } from './session-state.ts';
import { readSnapshotPart, SnapshotParts, snapshotPartSteps } from './snapshot.ts';

/** Room for two pages with all there is to know, then for states only, then for none. */
const SMALL_BUDGET = 72_000;
const LARGE_BUDGET = 1 << 24;

/** A state and a window's copy of it, between which rows can be left out. */
class Pair {
  readonly state: SessionState;
  readonly copy: SessionState;
  #parts: SnapshotParts | null;
  #leavesOut = true;
  #deliveredMs = 0;
  /** Blocks of each kind, as a listener of the copy's disks has counted them. */
  readonly #counted = new Map<number, number[]>();
  readonly #inFlight = new Map<number, number>();

  constructor(budgetBytes: number) {
    this.state = new SessionState(new MemoryBudget(budgetBytes));
    this.copy = new SessionState(new MemoryBudget(budgetBytes));
    this.#parts = new SnapshotParts(this.state);
  }

  rows(batch: EventBatch): void {
    this.state.apply(batch);
    if (this.#leavesOut) return;
    this.copy.apply(EventBatch.decode(batch.encode()));
    this.#deliveredMs = this.state.nowMs();
    this.#listen();
  }

  leaveOut(): void {
    if (this.#leavesOut) return;
    this.#leavesOut = true;
    if (this.#parts === null) this.#parts = new SnapshotParts(this.state, this.#deliveredMs);
    else this.#parts.leftOut(this.#deliveredMs);
  }

  /** Gives the copy a part, if one is due. True while more are. */
  part(maxBytes: number): boolean {
    if (this.#parts === null) return false;
    const { bytes, isLast } = this.#parts.next(maxBytes);
    expect(readSnapshotPart(this.copy, bytes)?.isLast).toBe(isLast);
    this.#leavesOut = false;
    this.#deliveredMs = this.state.nowMs();
    if (isLast) this.#parts = null;
    this.#listen();
    return !isLast;
  }

  /** Follows the disks that have come. */
  #listen(): void {
    for (const [d, disk] of this.copy.disks.entries()) {
      if (disk === undefined || disk.model.listener !== null) continue;
      const recount = (): void => {
        const kinds = [0, 0, 0, 0];
        disk.model.forEachTouched(0, 2 ** 51, (_first, count, state) => {
          kinds[state & KIND_MASK] = (kinds[state & KIND_MASK] ?? 0) + count;
        });
        this.#counted.set(d, kinds);
      };
      disk.model.listener = {
        blocksChanged: (_first, count, oldState, newState) => {
          const kinds = this.#counted.get(d) ?? [];
          kinds[oldState & KIND_MASK] = (kinds[oldState & KIND_MASK] ?? 0) - count;
          kinds[newState & KIND_MASK] = (kinds[newState & KIND_MASK] ?? 0) + count;
        },
        blocksRead: () => {},
        blocksTouched: () => {},
        touchesReplaced: () => {},
        reset: () => this.#counted.set(d, [0, 0, 0, 0]),
      };
      this.#inFlight.set(d, disk.inFlight.count);
      disk.inFlightListener = (_first, _end, change) =>
        this.#inFlight.set(d, (this.#inFlight.get(d) ?? 0) + change);
      recount();
    }
  }

  expectSame(): void {
    expect(visible(this.copy)).toEqual(visible(this.state));
    expect(this.copy.budget.usedBytes).toBe(this.state.budget.usedBytes);
    for (const [d, disk] of this.copy.disks.entries()) {
      if (disk === undefined) continue;
      expect(disk.model.runs).toEqual(this.state.disk(d).model.runs);
      const kinds = [0, 0, 0, 0];
      disk.model.forEachTouched(0, 2 ** 51, (_first, count, state) => {
        kinds[state & KIND_MASK] = (kinds[state & KIND_MASK] ?? 0) + count;
      });
      expect(this.#counted.get(d)?.slice(1)).toEqual(kinds.slice(1));
      expect(this.#inFlight.get(d)).toBe(disk.inFlight.count);
    }
  }
}

/** What happens between two batches: nothing much, rows begin to be left out, or a part with so many bytes of pages is taken. */
const happening = fc.oneof(
  fc.constant('nothing' as const),
  fc.constant('behind' as const),
  fc.constantFrom(1, 1, 5000),
);

describe('a snapshot in parts', () => {
  it('comes to the same as following from the start, whatever is left out and wherever its parts stand', () => {
    fc.assert(
      fc.property(
        rowStream({ disks: 3, sizeBytes: 32n << 20n, minRows: 60, maxRows: 200 }),
        fc.array(happening, { minLength: 10, maxLength: 60, size: 'max' }),
        fc.constantFrom(SMALL_BUDGET, LARGE_BUDGET),
        (rows, happenings, budgetBytes) => {
          const pair = new Pair(budgetBytes);
          for (const [i, batch] of batchesOf(rows, [40, 2]).entries()) {
            pair.rows(batch);
            const what = happenings[i % happenings.length];
            if (what === 'behind') pair.leaveOut();
            else if (typeof what === 'number') pair.part(what);
          }
          while (pair.part(1));
          pair.expectSame();
        },
      ),
      { numRuns: 80, endOnFailure: true },
    );
  });

  it('tells the counters at once, whole, and follows them while the picture still comes', () => {
    const pair = new Pair(LARGE_BUDGET);
    for (let i = 0; i < 40; i += 1) pair.rows(writes(pair.state, 50, i * 50 * 409_600));
    expect(pair.part(1)).toBe(true);
    expect(pair.copy.disk(0).counters.requests[Op.Write]).toBe(2000);
    pair.rows(writes(pair.state, 10, 0));
    expect(pair.copy.disk(0).counters.requests[Op.Write]).toBe(2010);
    expect(pair.copy.isPartial).toBe(true);
    while (pair.part(100_000));
    pair.expectSame();
    expect(pair.copy.isPartial).toBe(false);
  });

  it('costs what was touched while rows were left out, not what there is', () => {
    const state = new SessionState();
    // A disk of 1 GiB, every block written, one by one.
    for (let i = 0; i < 256; i += 1) state.apply(writes(state, 1024, i * 1024 * 4096, 4096));
    const all = new SnapshotParts(state).next(Number.POSITIVE_INFINITY).bytes.length;
    const sinceMs = state.nowMs() + 1;
    state.apply(writes(state, 500, 0));
    const changed = new SnapshotParts(state, sinceMs).next(Number.POSITIVE_INFINITY).bytes.length;
    const nothing = new SnapshotParts(state, state.nowMs() + 1).next(Number.POSITIVE_INFINITY).bytes.length;
    expect(all).toBeGreaterThan(7_000_000);
    expect(changed - nothing).toBeLessThan(25_000);
  });

  it('keeps its parts small however much there is, and comes to an end while rows go on', () => {
    const pair = new Pair(LARGE_BUDGET);
    for (let i = 0; i < 100; i += 1) pair.rows(writes(pair.state, 200, i * 200 * 409_600));
    let parts = 0;
    let isMore = true;
    while (isMore && parts < 1000) {
      const { bytes } = new SnapshotParts(pair.state, pair.state.nowMs() + 1).next(100_000);
      expect(bytes.length).toBeLessThan(1_000_000);
      isMore = pair.part(100_000);
      pair.rows(writes(pair.state, 20, parts * 409_600));
      parts += 1;
    }
    expect(isMore).toBe(false);
    expect(parts).toBeGreaterThan(5);
    pair.expectSame();
  });

  it('is taken in steps: pages and disks one after another, the same in the end, and partial until then', () => {
    const disks = 4;
    const state = new SessionState(new MemoryBudget(SMALL_BUDGET));
    // Pages apart from one another, for which there is no memory: each a run of its own.
    for (let disk = 0; disk < disks; disk += 1) {
      const batch = new EventBatch(6000);
      for (let i = 0; i < 3000; i += 1) {
        const at = { op: Op.Write, slot: 0, disk, offsetBytes: i * (8 << 20), lengthBytes: 4096 };
        batch.push({ ...at, kind: RowKind.Request, clockUs: 1e15 + i * 1000 });
        batch.push({ ...at, kind: RowKind.Completion, clockUs: 1e15 + i * 1000, latencyUs: 3 });
      }
      batch.firstSequence = state.sequence + 1;
      state.apply(batch);
    }
    const copy = new SessionState(new MemoryBudget(SMALL_BUDGET));
    const steps = snapshotPartSteps(copy, state.snapshot());
    const runsIn = (one: SessionState): number =>
      one.disks.reduce((sum, disk) => sum + (disk?.model.runs.starts.length ?? 0), 0);
    let before = 0;
    let most = 0;
    let count = 0;
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      count += 1;
      expect(copy.isPartial).toBe(true);
      most = Math.max(most, runsIn(copy) - before);
      before = runsIn(copy);
    }
    expect(count).toBeGreaterThan((disks * 3000) / STEP_RUNS - 1);
    // A disk's runs take the place of those before at once, as a picture of half of them would be of none.
    expect(most).toBeLessThan(7000);
    expect(runsIn(copy)).toBeGreaterThan(disks * 3000);
    expect(Buffer.compare(copy.snapshot(), state.snapshot())).toBe(0);
    expect(copy.isPartial).toBe(false);
  });

  it('is refused by a copy that has not had the rows before it', () => {
    const state = new SessionState();
    for (let i = 0; i < 40; i += 1) state.apply(writes(state, 50, i * 50 * 409_600));
    const parts = new SnapshotParts(state);
    parts.next(1);
    const second = parts.next(1).bytes;
    const copy = new SessionState();
    expect(readSnapshotPart(copy, second)).toBeNull();
    expect(visible(copy)).toEqual(visible(new SessionState()));
    expect(() => SessionState.readSnapshot(new SnapshotParts(state).next(1).bytes)).toThrow(/part/);
  });
});

/** Rows that write blocks `step` bytes apart, a ms each. */
function writes(state: SessionState, count: number, offset: number, step = 409_600): EventBatch {
  const batch = new EventBatch(count * 2);
  const from = Number.isNaN(state.clockUs) ? 1e15 : state.clockUs;
  for (let i = 0; i < count; i += 1) {
    const clockUs = from + (i + 1) * 1000;
    const at = { op: Op.Write, slot: 0, offsetBytes: offset + i * step, lengthBytes: 4096, clockUs };
    batch.push({ ...at, kind: RowKind.Request });
    batch.push({ ...at, kind: RowKind.Completion, latencyUs: 3 });
  }
  batch.firstSequence = state.sequence + 1;
  return batch;
}
