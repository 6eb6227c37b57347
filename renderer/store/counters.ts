import { OP_COUNT } from '#shared/events/vocabulary.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import type { SessionRates } from '../session/rate-window.ts';

/** What React sees of one disk's counters. Arrays are indexed by operation. */
export interface DiskCountersView {
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  readonly unanswered: readonly number[];
  readonly ratePerSecond: readonly number[];
  readonly p50Us: readonly (number | null)[];
  readonly p99Us: readonly (number | null)[];
  /** Requests in each of the last seconds, oldest first; empty for a disk that is not in hand. */
  readonly sparks: readonly (readonly number[])[];
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly inFlight: number;
  readonly mostInFlight: number;
  readonly connections: number;
  readonly lastUs: number;
}

/** Counters of the whole session, made at most ten times a second. */
export interface CountersView {
  readonly sequence: number;
  readonly clockUs: number;
  readonly totalRequests: number;
  readonly clears: number;
  /** By disk number. */
  readonly disks: ReadonlyMap<number, DiskCountersView>;
}

export const NO_COUNTERS: CountersView = {
  sequence: 0,
  clockUs: Number.NaN,
  totalRequests: 0,
  clears: 0,
  disks: new Map(),
};

/** The counters as React shall see them at session time `clockUs`; sparklines only for `activeDisk`. */
export function viewCounters(
  state: SessionState,
  rates: SessionRates,
  clockUs: number,
  activeDisk: number | null,
): CountersView {
  const disks = new Map<number, DiskCountersView>();
  for (const [disk, diskState] of state.disks.entries()) {
    if (diskState === undefined) continue;
    const counters = diskState.counters;
    const window = rates.disk(disk);
    const perOp = <T>(value: (op: number) => T): T[] =>
      Array.from({ length: OP_COUNT }, (_, op) => value(op));
    disks.set(disk, {
      requests: [...counters.requests],
      errors: [...counters.errors],
      unanswered: [...counters.unanswered],
      ratePerSecond: perOp((op) => window.ratePerSecond(op, clockUs)),
      p50Us: perOp((op) => counters.latency[op]?.percentileUs(0.5) ?? null),
      p99Us: perOp((op) => counters.latency[op]?.percentileUs(0.99) ?? null),
      sparks: disk === activeDisk ? perOp((op) => window.perSecond(op, clockUs)) : [],
      bytesRead: counters.bytes[0] ?? 0,
      bytesWritten: counters.bytes[1] ?? 0,
      inFlight: counters.inFlight,
      mostInFlight: counters.mostInFlight,
      connections: counters.connections,
      lastUs: counters.lastUs,
    });
  }
  return {
    sequence: state.sequence,
    clockUs,
    totalRequests: state.recent.total,
    clears: state.clears,
    disks,
  };
}

/** Sum of a per-operation column. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
