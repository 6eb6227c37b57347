import { NO_OP, type Page, type RunRecord } from './page.ts';

/** What is known of one block. Times are ms since the model's epoch; null where nothing is known. */
export interface BlockInfo {
  readonly state: number;
  readonly lastOp: number | null;
  readonly lastMs: number | null;
  readonly latencyUs: number | null;
  readonly errno: number;
  /** Null when the model's memory was full and only states are kept here. */
  readonly reads: number | null;
  readonly writes: number | null;
  readonly readMs: number | null;
  /** Kinds of the block's eight sectors. */
  readonly sectors: readonly number[];
}

/** What a record, of a run or of one block, tells of each block it stands for. */
export function infoOfRun(record: RunRecord, sectors: readonly number[]): BlockInfo {
  const touched = record.lastOp !== NO_OP;
  return {
    state: record.state,
    lastOp: touched ? record.lastOp : null,
    lastMs: touched ? record.lastMs : null,
    latencyUs: touched && record.latencyUs >= 0 ? record.latencyUs : null,
    errno: record.errno,
    reads: record.reads,
    writes: record.writes,
    readMs: record.readMs === 0 ? null : record.readMs,
    sectors,
  };
}

/** What a page tells of its block `i`. */
export function infoOfBlock(page: Page, i: number, sectors: readonly number[]): BlockInfo {
  const state = page.state[i] ?? 0;
  const d = page.detail;
  if (d === null) {
    return {
      state,
      lastOp: null,
      lastMs: null,
      latencyUs: null,
      errno: 0,
      reads: null,
      writes: null,
      readMs: null,
      sectors,
    };
  }
  const record = {
    state,
    lastOp: d.lastOp[i] ?? NO_OP,
    errno: d.errno[i] ?? 0,
    lastMs: d.lastMs[i] ?? 0,
    latencyUs: d.latencyUs[i] ?? Number.NaN,
    reads: d.reads[i] ?? 0,
    writes: d.writes[i] ?? 0,
    readMs: d.readMs[i] ?? 0,
  };
  return infoOfRun(record, sectors);
}
