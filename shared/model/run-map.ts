import type { ByteReader, ByteWriter } from '../bytes/binary.ts';
import { COARSE, FAILED, KIND_MASK } from './block-state.ts';
import { NO_OP, type RunRecord, UNTOUCHED_RUN } from './page.ts';

/** Runs that one disk keeps apart; more are made fewer by a coarser grain. Some 5 MB. */
export const MAX_RUNS = 32_768;

/** Runs that are read in one step. */
export const STEP_RUNS = 1024;

/**
 * What is known of pages that were only ever touched whole: a sorted list of runs of page numbers, each with one
 * record. A trim of a whole 7 EiB disk is one run, whatever its size. Covers all page numbers from 0 up. The last run is
 * never touched.
 */
export class RunMap {
  /** First page of each run, ascending; the first is 0. A run ends where the next begins. */
  readonly starts: number[] = [0];
  readonly records: RunRecord[] = [UNTOUCHED_RUN];
  /** Pages in the least stretch that is kept apart: 1, or a larger power of two once there were too many runs. */
  grain = 1;

  /** Index of the run that holds `page`. */
  indexOf(page: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.starts[middle] ?? 0) <= page) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  at(page: number): RunRecord {
    return this.records[this.indexOf(page)] ?? UNTOUCHED_RUN;
  }

  /**
   * Replaces the record of every run in pages [from, to), widened to whole units of {@link grain} pages, by what
   * `change` makes of it; visits them in order. `isWidened`: what is changed is more than was asked for. Neighbours that
   * are alike become one run, so that a whole-disk operation leaves one again.
   */
  update(
    from: number,
    to: number,
    change: (record: RunRecord, from: number, to: number, isWidened: boolean) => RunRecord,
  ): void {
    if (from >= to) return;
    const start = Math.floor(from / this.grain) * this.grain;
    const end = Math.ceil(to / this.grain) * this.grain;
    const isWidened = start < from || end > to;
    const first = this.indexOf(start);
    if (this.starts[first] === start && this.starts[first + 1] === end) {
      // What is touched again and again has become a run of its own: nothing need move.
      const record = change(this.records[first] ?? UNTOUCHED_RUN, start, end, isWidened);
      const before = this.records[first - 1];
      const after = this.records[first + 1];
      const joins =
        (before !== undefined && sameRecord(before, record)) ||
        (after !== undefined && sameRecord(after, record));
      if (!joins) {
        this.records[first] = record;
        return;
      }
      change = () => record;
    }
    const starts: number[] = [];
    const records: RunRecord[] = [];
    const put = (at: number, record: RunRecord): void => {
      const previous = records[records.length - 1] ?? this.records[first - 1];
      if (previous !== undefined && sameRecord(previous, record)) return;
      starts.push(at);
      records.push(record);
    };
    let next = first;
    for (let at = this.starts[first]; at !== undefined && at < end; at = this.starts[next]) {
      const record = this.records[next] ?? UNTOUCHED_RUN;
      next += 1;
      const stop = this.starts[next] ?? Number.POSITIVE_INFINITY;
      if (at < start) put(at, record);
      put(Math.max(at, start), change(record, Math.max(at, start), Math.min(stop, end), isWidened));
      if (stop > end) put(end, record);
    }
    const following = this.records[next];
    const previous = records[records.length - 1] ?? this.records[first - 1];
    if (following !== undefined && previous !== undefined && sameRecord(previous, following)) next += 1;
    replaceSpan(this.starts, first, next, starts);
    replaceSpan(this.records, first, next, records);
  }

  /** More runs than are to be kept apart: {@link coarsen} is due. */
  get isFull(): boolean {
    return this.starts.length > MAX_RUNS;
  }

  /**
   * Doubles the grain until at most half of {@link MAX_RUNS} are left. What was touched is widened to whole units and
   * marked COARSE. Where two runs meet in a unit the later shows, but no kind gives way to none.
   */
  coarsen(): void {
    do this.#widenTo(this.grain * 2);
    while (this.starts.length > MAX_RUNS / 2);
  }

  #widenTo(grain: number): void {
    this.grain = grain;
    const spans: { from: number; to: number; readonly record: RunRecord }[] = [];
    this.records.forEach((record, i) => {
      const from = this.starts[i] ?? 0;
      const to = this.starts[i + 1];
      if (to === undefined || (record.lastOp === NO_OP && record.state === 0)) return;
      const start = Math.floor(from / grain) * grain;
      const end = Math.ceil(to / grain) * grain;
      const wider = start < from || end > to ? coarse(record) : record;
      const last = spans[spans.length - 1];
      if (last === undefined || last.to <= start) {
        spans.push({ from: start, to: end, record: wider });
        return;
      }
      // Runs do not overlap, so that those next to each other share one unit at most.
      last.to = start;
      if (last.from === start) spans.pop();
      spans.push({ from: start, to: start + grain, record: inOneUnit(last.record, record) });
      if (end > start + grain) spans.push({ from: start + grain, to: end, record: wider });
    });

    this.clear();
    this.grain = grain;
    let at = 0;
    const put = (from: number, record: RunRecord): void => {
      const last = this.records.length - 1;
      if (this.starts[last] === from) this.records[last] = record;
      else if (!sameRecord(this.records[last] ?? UNTOUCHED_RUN, record)) {
        this.starts.push(from);
        this.records.push(record);
      }
    };
    for (const { from, to, record } of spans) {
      if (from > at) put(at, UNTOUCHED_RUN);
      put(from, record);
      at = to;
    }
    put(at, UNTOUCHED_RUN);
  }

  /** Visits the runs that meet pages [from, to), each cut to that range, in order. */
  forEach(from: number, to: number, visit: (record: RunRecord, from: number, to: number) => void): void {
    for (let i = this.indexOf(from); i < this.starts.length; i += 1) {
      const start = Math.max(this.starts[i] ?? 0, from);
      if (start >= to) return;
      const stop = Math.min(this.starts[i + 1] ?? to, to);
      visit(this.records[i] ?? UNTOUCHED_RUN, start, stop);
    }
  }

  /** Visits the pages of which this and `before` have different records. */
  eachDifference(
    before: RunMap,
    visit: (from: number, to: number, was: RunRecord, is: RunRecord) => void,
  ): void {
    let old = 0;
    let own = 0;
    for (let from = 0; from !== Number.POSITIVE_INFINITY; ) {
      const oldEnd = before.starts[old + 1] ?? Number.POSITIVE_INFINITY;
      const ownEnd = this.starts[own + 1] ?? Number.POSITIVE_INFINITY;
      const to = Math.min(oldEnd, ownEnd);
      const was = before.records[old] ?? UNTOUCHED_RUN;
      const is = this.records[own] ?? UNTOUCHED_RUN;
      if (from < to && !sameRecord(was, is)) visit(from, to, was, is);
      if (oldEnd === to) old += 1;
      if (ownEnd === to) own += 1;
      from = to;
    }
  }

  write(to: ByteWriter): void {
    to.f64(this.grain);
    to.u32(this.starts.length);
    for (let i = 0; i < this.starts.length; i += 1) {
      const record = this.records[i] ?? UNTOUCHED_RUN;
      to.f64(this.starts[i] ?? 0);
      to.u32(record.state | (record.lastOp << 8) | (record.errno << 16));
      to.f64(record.lastMs);
      to.f64(record.latencyUs);
      to.f64(record.reads);
      to.f64(record.writes);
      to.f64(record.readMs);
    }
  }

  /**
   * Replaces everything by what {@link write} wrote, in steps; whoever takes them waits as long as they like
   * between two. Throws RangeError when the bytes end early.
   */
  *readInSteps(from: ByteReader): Generator<void, void> {
    this.clear();
    this.grain = from.f64();
    const runs = from.u32();
    for (let i = 0; i < runs; i += 1) {
      if (i > 0 && i % STEP_RUNS === 0) yield;
      this.starts[i] = from.f64();
      const packed = from.u32();
      this.records[i] = {
        state: packed & 0xff,
        lastOp: (packed >>> 8) & 0xff,
        errno: packed >>> 16,
        lastMs: from.f64(),
        latencyUs: from.f64(),
        reads: from.f64(),
        writes: from.f64(),
        readMs: from.f64(),
      };
    }
  }

  clear(): void {
    this.starts.length = 1;
    this.records.length = 1;
    this.starts[0] = 0;
    this.records[0] = UNTOUCHED_RUN;
    this.grain = 1;
  }
}

/** Puts `parts` in the place of elements [from, to); moves the rest only where their number changes. */
function replaceSpan<T>(array: T[], from: number, to: number, parts: readonly T[]): void {
  if (parts.length !== to - from) array.splice(from, to - from, ...parts);
  else
    parts.forEach((part, i) => {
      array[from + i] = part;
    });
}

function coarse(record: RunRecord): RunRecord {
  return record.state === 0 ? record : { ...record, state: record.state | COARSE };
}

function inOneUnit(a: RunRecord, b: RunRecord): RunRecord {
  const [earlier, later] = b.lastMs >= a.lastMs ? [a, b] : [b, a];
  const kind = (later.state & KIND_MASK) === 0 ? earlier.state & KIND_MASK : 0;
  return coarse({ ...later, state: later.state | kind | (earlier.state & FAILED) });
}

function sameRecord(a: RunRecord, b: RunRecord): boolean {
  return (
    a === b ||
    (a.state === b.state &&
      a.lastOp === b.lastOp &&
      a.errno === b.errno &&
      a.lastMs === b.lastMs &&
      a.latencyUs === b.latencyUs &&
      a.reads === b.reads &&
      a.writes === b.writes &&
      a.readMs === b.readMs)
  );
}
