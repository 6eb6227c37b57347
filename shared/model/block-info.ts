import { NO_OP, type RunRecord } from './page.ts';

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
