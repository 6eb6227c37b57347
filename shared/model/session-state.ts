import type { FaultChange } from '../contract/faults.ts';
import type { EventBatch } from '../events/event-batch.ts';
import { ALL_DISKS, Op, RowKind } from '../events/vocabulary.ts';
import { ActivityTracker } from './activity/activity-tracker.ts';
import { InStepTable } from './activity/in-step.ts';
import { rowSectors } from './block-state.ts';
import { DiskCounters } from './disk-counters.ts';
import { DiskModel } from './disk-model.ts';
import { type FaultChangeEntry, FaultHistory, readFaultChange } from './fault-history.ts';
import { InFlightTable } from './in-flight.ts';
import { MemoryBudget } from './memory-budget.ts';
import { ERRNO_UNANSWERED, RecentRequests } from './recent-requests.ts';
import { readSnapshotPart, SnapshotParts } from './snapshot.ts';

/** Disks one session can hold. */
export const MAX_DISKS = 256;

/** One disk as the rows have shaped it. */
export class DiskState {
  readonly model: DiskModel;
  readonly counters = new DiskCounters();
  readonly inFlight = new InFlightTable();
  /** What makes it fail, as the last change left it; null when nothing ever changed that. */
  faults: FaultChange | null = null;
  readonly activity = new ActivityTracker();
  /** Told when requests come into flight (+1) and leave it (-1), in sectors. */
  inFlightListener: ((firstSector: number, endSector: number, change: 1 | -1, op: number) => void) | null =
    null;

  /** @param bornAt sequence number of the row that names the disk first; tells it from others of its number. */
  constructor(budget: MemoryBudget, bornAt = 0) {
    this.model = new DiskModel(budget, bornAt);
  }

  /** Tells the listener that every request in flight came (+1) or left (-1). */
  tellAllInFlight(change: 1 | -1): void {
    for (let slot = 0; slot < this.inFlight.slotEnd; slot += 1) this.tellInFlight(slot, change);
  }

  /** Tells the listener that the request in a slot, if there is one, came (+1) or left (-1). */
  tellInFlight(slot: number, change: 1 | -1): void {
    const table = this.inFlight;
    if (this.inFlightListener === null || table.active[slot] !== 1) return;
    this.inFlightListener(
      table.firstSector[slot] ?? 0,
      table.endSector[slot] ?? 0,
      change,
      table.op[slot] ?? 0,
    );
  }
}

/**
 * Everything that follows from the rows of a session up to a sequence number. The engine holds the true one; a window
 * holds a copy, made from a snapshot and kept up by the batches after it. Applying the same rows always gives the same
 * state, whatever the sizes of the batches they came in.
 */
export class SessionState {
  readonly disks: (DiskState | undefined)[] = [];
  readonly recent = new RecentRequests();
  readonly inStep = new InStepTable();
  readonly budget: MemoryBudget;
  /** Sequence number of the last row applied; 0 before the first. */
  sequence = 0;
  /** The session's clock: running maximum of the rows' times, µs since the epoch; NaN before the first time. */
  clockUs = Number.NaN;
  /** Where the model's ms are counted from: the first clock in whole ms, less 1 so that 0 can mean never. */
  epochMs = Number.NaN;
  /** Rows of kind ClearPicture so far, and the clock of the last. */
  clears = 0;
  clearedUs = Number.NaN;
  readonly faultHistory = new FaultHistory();
  readonly #range = new Float64Array(2);
  #isPartial = false;
  /** Sequence number of the row that is being applied. */
  #row = 0;

  constructor(budget: MemoryBudget = new MemoryBudget()) {
    this.budget = budget;
  }

  /** The latest changes of what makes disks fail, in order. Another array after each row that tells of one. */
  get faultChanges(): readonly FaultChangeEntry[] {
    return this.faultHistory.entries;
  }

  /** A copy of which parts have still to come: what cannot be known yet is left as it is, and comes with them. */
  get isPartial(): boolean {
    return this.#isPartial;
  }

  set isPartial(isPartial: boolean) {
    this.#isPartial = isPartial;
    for (const disk of this.disks) if (disk !== undefined) disk.model.isPartial = isPartial;
  }

  /** The state of a disk, made on first use. `disk` must be below {@link MAX_DISKS}. */
  disk(disk: number): DiskState {
    let state = this.disks[disk];
    if (state === undefined) {
      if (!(disk < MAX_DISKS))
        throw new RangeError(`disk ${disk}: a session holds at most ${MAX_DISKS} disks`);
      state = new DiskState(this.budget, this.#row);
      state.model.isPartial = this.#isPartial;
      this.disks[disk] = state;
    }
    return state;
  }

  /**
   * Forgets a disk and gives its memory back; its number may stand for another disk afterwards. Not a row: whoever
   * follows the state needs a snapshot.
   */
  removeDisk(disk: number): void {
    this.disks[disk]?.model.clear(0);
    this.disks[disk] = undefined;
    while (this.disks.length > 0 && this.disks[this.disks.length - 1] === undefined) this.disks.pop();
    this.recent.leaveDisk(disk);
    this.faultHistory.leaveDisk(disk);
    this.inStep.leaveDisk(disk);
    for (const state of this.disks) state?.activity.partners.leaveDisk(disk);
  }

  /**
   * Applies the rows [from, to) of a batch whose clock and sequence numbers are set, all unless told otherwise. Hot path: no
   * allocation per row.
   */
  apply(batch: EventBatch, from = 0, to = batch.count): void {
    for (let i = from; i < to; i += 1) this.#applyRow(batch, i);
    if (to > from) this.sequence = batch.firstSequence + to - 1;
  }

  #applyRow(batch: EventBatch, i: number): void {
    const clockUs = batch.clockUs[i] ?? Number.NaN;
    if (!Number.isNaN(clockUs)) {
      this.clockUs = clockUs;
      if (Number.isNaN(this.epochMs)) this.epochMs = Math.floor(clockUs / 1000) - 1;
    }
    this.#row = batch.firstSequence + i;
    const kind = batch.kind[i];
    const disk = batch.disk[i] ?? 0;
    switch (kind) {
      case RowKind.Request: {
        const state = this.disk(disk);
        const number = this.recent.add(batch, i);
        state.inFlight.add(batch, i, number);
        state.counters.request(batch, i);
        state.counters.at(clockUs);
        this.#noteActivity(batch, i, state, clockUs);
        state.tellInFlight(batch.slot[i] ?? 0, 1);
        return;
      }
      case RowKind.Completion: {
        const state = this.disk(disk);
        const slot = batch.slot[i] ?? 0;
        state.tellInFlight(slot, -1);
        this.recent.answer(
          state.inFlight.remove(slot),
          batch.errno[i] ?? 0,
          batch.latencyUs[i] ?? Number.NaN,
        );
        state.counters.completion(batch, i);
        state.counters.at(clockUs);
        state.activity.reply(batch.op[i] ?? 0, batch.errno[i] ?? 0, clockUs);
        state.model.complete(batch, i, this.nowMs());
        return;
      }
      case RowKind.Unanswered: {
        const state = this.disk(disk);
        const slot = batch.slot[i] ?? 0;
        state.tellInFlight(slot, -1);
        this.recent.answer(state.inFlight.remove(slot), ERRNO_UNANSWERED, Number.NaN);
        state.counters.noReply(batch, i);
        return;
      }
      case RowKind.Connect: {
        const counters = this.disk(disk).counters;
        counters.connections += 1;
        counters.at(clockUs);
        return;
      }
      case RowKind.Disconnect:
        this.disk(disk).counters.at(clockUs);
        return;
      case RowKind.ClearPicture:
        this.clears += 1;
        this.clearedUs = clockUs;
        if (disk !== ALL_DISKS) this.disk(disk).model.clear(this.#row);
        else for (const state of this.disks) state?.model.clear(this.#row);
        return;
      case RowKind.FaultChange: {
        const change = readFaultChange(batch.textOf(i));
        if (change !== null && disk < MAX_DISKS) this.disk(disk).faults = change;
        this.faultHistory.add(disk, batch.firstSequence + i, clockUs, change);
        return;
      }
    }
  }

  #noteActivity(batch: EventBatch, i: number, state: DiskState, clockUs: number): void {
    const op = batch.op[i] ?? 0;
    const range = this.#range;
    rowSectors(batch, i, range);
    const first = range[0] ?? 0;
    const timeUs = batch.timeUs[i] ?? Number.NaN;
    state.activity.request(op, first, range[1] ?? 0, clockUs, timeUs, state.inFlight.count === 1);
    if (op !== Op.Write && op !== Op.Trim && op !== Op.Zero) return;
    this.inStep.note(this.disks, batch.disk[i] ?? 0, first, timeUs, clockUs);
  }

  /** The clock as the model counts it: whole ms since the session's epoch, at least 1. */
  nowMs(): number {
    return Number.isNaN(this.clockUs) ? 1 : this.msOf(this.clockUs);
  }

  /** A session time in µs as the model's ms. */
  msOf(clockUs: number): number {
    return Math.max(1, Math.floor(clockUs / 1000) - this.epochMs);
  }

  /**
   * The whole state as bytes; {@link SessionState.readSnapshot} makes an equal one. They stand behind `reservedBytes`
   * zero bytes, which are for a header.
   */
  snapshot(reservedBytes = 0): Uint8Array<ArrayBuffer> {
    return new SnapshotParts(this).next(Number.POSITIVE_INFINITY, reservedBytes).bytes;
  }

  /** Makes a state from what {@link snapshot} wrote. Throws RangeError when the bytes are no snapshot of this version. */
  static readSnapshot(bytes: Uint8Array, budget = new MemoryBudget()): SessionState {
    const state = new SessionState(budget);
    const part = readSnapshotPart(state, bytes);
    if (!(part?.hasHead && part.isLast)) throw new RangeError('a part of a session snapshot, not the whole');
    return state;
  }
}
