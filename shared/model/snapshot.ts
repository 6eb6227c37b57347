import { ByteReader, ByteWriter } from '../bytes/binary.ts';
import { readFaults, writeFaults } from './fault-history.ts';
import type { InFlightTable } from './in-flight.ts';
import type { Page } from './page.ts';
import { STEP_RUNS } from './run-map.ts';
import { type DiskState, MAX_DISKS, type SessionState } from './session-state.ts';
import { inOneGo } from './steps.ts';

const SNAPSHOT_MAGIC = 0x4e534253; // "SBSN"
/** To be raised with the form of what {@link writeHead} and {@link SnapshotParts} write. */
export const SNAPSHOT_VERSION = 5;

/** Pages that are taken in one step. */
const STEP_PAGES = 4;

/** What a part was: its first, with the counters, or its last, with which the copy is complete. */
export interface SnapshotPartKind {
  readonly hasHead: boolean;
  readonly isLast: boolean;
}

/** How far the pages of one disk have been written. */
interface DiskCursor {
  /** The model's birth: it has been emptied since when that is another. */
  readonly bornAt: number;
  readonly pages: Iterator<[number, Page]>;
  /** Pages that came from the iterator; once it has said that it is at its end it gives no page that comes later. */
  seen: number;
}

/**
 * What a window lacks of a state, in parts of bounded size with the rows that come meanwhile between them. The head holds
 * everything but the pictures and is true at once; each part then replaces pages by what they are at its own place among
 * the rows; with the last come the runs, and from there on the copy equals the original. Whoever sends the parts must have
 * sent every row that the state has applied before it asks for one, or have said that rows were left out.
 */
export class SnapshotParts {
  readonly #state: SessionState;
  /** Pages that were not touched since then are known already; model ms. */
  #sinceMs: number;
  /** Rows from this time on were left out during this pass over the pages, so that another must follow. */
  #missedMs: number | null = null;
  #headDue = true;
  #cursors: (DiskCursor | undefined)[] = [];

  /** @param sinceMs the copy holds all rows before this time on the model's clock; 0 for one that holds nothing. */
  constructor(state: SessionState, sinceMs = 0) {
    this.#state = state;
    this.#sinceMs = sinceMs;
  }

  /** Rows at or after this time, model ms, are left out up to the state's sequence of now. */
  leftOut(sinceMs: number): void {
    this.#headDue = true;
    this.#missedMs = Math.min(this.#missedMs ?? sinceMs, sinceMs);
  }

  /**
   * The next part, with pages of `maxBytes` or little more, one at least (head and runs come whole), behind `reservedBytes` zero bytes for
   * a header. `isLast`: with it the copy is complete.
   */
  next(
    maxBytes: number,
    reservedBytes = 0,
  ): { readonly bytes: Uint8Array<ArrayBuffer>; readonly isLast: boolean } {
    const state = this.#state;
    const to = new ByteWriter();
    to.u32(SNAPSHOT_MAGIC);
    to.u32(SNAPSHOT_VERSION);
    to.f64(state.sequence);
    to.u32(this.#headDue ? 1 : 0);
    if (this.#headDue) writeHead(state, to);
    this.#headDue = false;
    const end = to.byteLength + Math.max(maxBytes, 1);
    let wentRound = this.#writePages(to, end);
    while (wentRound && this.#missedMs !== null) {
      this.#sinceMs = this.#missedMs;
      this.#missedMs = null;
      this.#cursors = [];
      wentRound = this.#writePages(to, end);
    }
    to.u32(0);
    to.u32(wentRound ? 1 : 0);
    if (wentRound) for (const disk of state.disks) disk?.model.runs.write(to);
    return { bytes: to.finish(reservedBytes), isLast: wentRound };
  }

  /** Writes pages until there are `end` bytes or no page is left; true for the latter. */
  #writePages(to: ByteWriter, end: number): boolean {
    for (const [d, disk] of this.#state.disks.entries()) {
      if (disk === undefined) continue;
      const { pages, bornAt } = disk.model;
      let cursor = this.#cursors[d];
      if (cursor === undefined || cursor.bornAt !== bornAt) {
        cursor = { bornAt, pages: pages.entries(), seen: 0 };
        this.#cursors[d] = cursor;
      }
      while (cursor.seen < pages.size) {
        if (to.byteLength >= end) return false;
        const next = cursor.pages.next();
        cursor.seen += 1;
        if (next.done === true) continue;
        const [number, page] = next.value;
        if (page.touchedMs < this.#sinceMs) continue;
        to.u32(d + 1);
        to.f64(number);
        page.write(to, this.#sinceMs);
      }
    }
    return true;
  }
}

/**
 * How far the state was that a part of a snapshot is of, and whether it is the first part. Throws RangeError when the bytes are
 * no part of this version.
 */
export function snapshotStart(bytes: Uint8Array): { readonly sequence: number; readonly hasHead: boolean } {
  const from = new ByteReader(bytes);
  return { sequence: readStart(from), hasHead: from.u32() === 1 };
}

/**
 * Takes a part of a snapshot into a state, in place: listeners hear what changes. The state is one that came before, not one
 * that comes after: what it has and the snapshot has not, stays. Returns null, with nothing changed, for
 * a part that belongs behind rows which this state has not had. Throws RangeError when the bytes are no part of this
 * version.
 */
export function readSnapshotPart(state: SessionState, bytes: Uint8Array): SnapshotPartKind | null {
  return inOneGo(snapshotPartSteps(state, bytes));
}

/**
 * {@link readSnapshotPart} in steps of a ms or some, for whoever must not be busy for longer: the runs of many disks come with one
 * part. Between two steps the state can be looked at, disks and pages being as before or as after; it must take no rows.
 */
export function* snapshotPartSteps(
  state: SessionState,
  bytes: Uint8Array,
): Generator<void, SnapshotPartKind | null> {
  const from = new ByteReader(bytes);
  const sequence = readStart(from);
  const hasHead = from.u32() === 1;
  if (!hasHead && sequence !== state.sequence) return null;
  state.sequence = sequence;
  if (hasHead) readHead(state, from);
  let pages = 0;
  for (let d = from.u32(); d !== 0; d = from.u32()) {
    if (pages > 0 && pages % STEP_PAGES === 0) yield;
    pages += 1;
    const disk = state.disks[d - 1];
    if (disk === undefined) throw new RangeError(`snapshot of a page of disk ${d - 1}, which is not there`);
    disk.model.readPage(from);
  }
  const isLast = from.u32() === 1;
  if (isLast) {
    let runs = 0;
    for (const disk of state.disks) {
      if (disk === undefined) continue;
      if (runs > STEP_RUNS / 2) yield;
      yield* disk.model.runsInSteps(from);
      runs = disk.model.runs.starts.length;
    }
    state.isPartial = false;
  }
  return { hasHead, isLast };
}

function readStart(from: ByteReader): number {
  if (from.u32() !== SNAPSHOT_MAGIC || from.u32() !== SNAPSHOT_VERSION) {
    throw new RangeError('not a session snapshot of this version');
  }
  return from.f64();
}

/** Writes everything of a state but its pictures. */
export function writeHead(state: SessionState, to: ByteWriter): void {
  for (const n of [state.clockUs, state.epochMs, state.clears, state.clearedUs]) to.f64(n);
  state.recent.write(to);
  state.inStep.write(to);
  state.faultHistory.write(to);
  to.u32(state.disks.length);
  for (const disk of state.disks) {
    to.u32(disk === undefined ? 0 : 1);
    if (disk === undefined) continue;
    to.f64(disk.model.bornAt);
    to.f64(disk.model.lastFlushMs);
    disk.counters.write(to);
    writeInFlight(disk.inFlight, to);
    disk.activity.write(to);
    writeFaults(disk.faults, to);
  }
}

/** Reads what {@link writeHead} wrote; the state is partial until its pictures have come. */
export function readHead(state: SessionState, from: ByteReader): void {
  state.isPartial = true;
  state.clockUs = from.f64();
  state.epochMs = from.f64();
  state.clears = from.f64();
  state.clearedUs = from.f64();
  state.recent.read(from);
  state.inStep.read(from);
  state.faultHistory.read(from);
  const disks = from.u32();
  if (disks > MAX_DISKS) throw new RangeError(`snapshot of ${disks} disks; at most ${MAX_DISKS}`);
  for (let d = 0; d < Math.max(disks, state.disks.length); d += 1) {
    const isThere = d < disks && from.u32() === 1;
    const known = state.disks[d];
    if (isThere) readDisk(state.disk(d), from);
    else if (known !== undefined) {
      known.model.clear(0);
      state.disks[d] = undefined;
    }
  }
  state.disks.length = disks;
}

function readDisk(disk: DiskState, from: ByteReader): void {
  const bornAt = from.f64();
  if (disk.model.bornAt !== bornAt) disk.model.clear(bornAt);
  disk.model.lastFlushMs = from.f64();
  disk.counters.read(from);
  disk.tellAllInFlight(-1);
  readInFlight(disk.inFlight, from);
  disk.tellAllInFlight(1);
  disk.activity.read(from);
  disk.faults = readFaults(from);
}

function writeInFlight(table: InFlightTable, to: ByteWriter): void {
  to.u32(table.count);
  for (let slot = 0; slot < table.slotEnd; slot += 1) {
    if (table.active[slot] !== 1) continue;
    to.u32(slot);
    to.u32(table.op[slot] ?? 0);
    to.f64(table.firstSector[slot] ?? 0);
    to.f64(table.endSector[slot] ?? 0);
    to.f64(table.clockUs[slot] ?? 0);
    to.f64(table.sequence[slot] ?? 0);
  }
}

function readInFlight(table: InFlightTable, from: ByteReader): void {
  table.clear();
  const count = from.u32();
  for (let i = 0; i < count; i += 1) {
    const slot = from.u32();
    table.set(slot, from.u32(), from.f64(), from.f64(), from.f64(), from.f64());
  }
}
