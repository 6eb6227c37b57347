import { type RunRecord, UNTOUCHED_RUN } from './page.ts';

/**
 * What is known of pages that were only ever touched whole: a sorted list of runs of page numbers, each with one
 * record. A trim of a whole 7 EiB disk is one run, whatever its size. Covers all page numbers from 0 up.
 */
export class RunMap {
  /** First page of each run, ascending; the first is 0. A run ends where the next begins. */
  readonly starts: number[] = [0];
  readonly records: RunRecord[] = [UNTOUCHED_RUN];

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

  #cut(page: number): number {
    const index = this.indexOf(page);
    if (this.starts[index] === page) return index;
    this.starts.splice(index + 1, 0, page);
    this.records.splice(index + 1, 0, this.records[index] ?? UNTOUCHED_RUN);
    return index + 1;
  }

  /** Replaces the record of every run in pages [from, to) by what `change` makes of it; visits them in order. */
  update(from: number, to: number, change: (record: RunRecord, from: number, to: number) => RunRecord): void {
    if (from >= to) return;
    const first = this.#cut(from);
    const end = this.#cut(to);
    for (let i = first; i < end; i += 1) {
      const start = this.starts[i] ?? from;
      const stop = this.starts[i + 1] ?? to;
      this.records[i] = change(this.records[i] ?? UNTOUCHED_RUN, start, stop);
    }
    this.#join(Math.max(first - 1, 0), end + 1);
  }

  /** Joins neighbours with equal records, so that a whole-disk operation leaves one run again. */
  #join(from: number, to: number): void {
    let kept = from;
    const last = Math.min(to, this.starts.length - 1);
    for (let i = from + 1; i <= last; i += 1) {
      const record = this.records[i];
      const previous = this.records[kept];
      if (record !== undefined && previous !== undefined && sameRecord(record, previous)) continue;
      kept += 1;
      this.starts[kept] = this.starts[i] ?? 0;
      this.records[kept] = record ?? UNTOUCHED_RUN;
    }
    this.starts.splice(kept + 1, last - kept);
    this.records.splice(kept + 1, last - kept);
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

  clear(): void {
    this.starts.length = 1;
    this.records.length = 1;
    this.starts[0] = 0;
    this.records[0] = UNTOUCHED_RUN;
  }
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
