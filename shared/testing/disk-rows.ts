import { EventBatch, type RowInit } from '../events/event-batch.ts';
import { Op, RowKind } from '../events/vocabulary.ts';

/** Session time at which made-up rows begin, µs since the epoch. */
export const ROWS_BEGIN_US = 1_780_000_000_000_000;

/** One request and its reply. Times are seconds since {@link ROWS_BEGIN_US}, places and lengths KiB. */
export interface Io {
  readonly disk?: number;
  readonly op?: number;
  readonly atKib: number;
  readonly kib?: number;
  readonly seconds: number;
  readonly errno?: number;
}

/** Requests in the order of their times, each followed by its reply. */
export function rowsOf(ios: readonly Io[]): RowInit[] {
  return [...ios]
    .sort((a, b) => a.seconds - b.seconds)
    .flatMap(({ disk = 0, op = Op.Read, atKib, kib = 64, seconds, errno = 0 }) => {
      const timeUs = ROWS_BEGIN_US + Math.round(seconds * 1e6);
      const row = { disk, op, slot: 0, timeUs, clockUs: timeUs, offsetBytes: atKib * 1024 };
      const lengthBytes = op === Op.Flush ? 0 : kib * 1024;
      return [
        { ...row, lengthBytes, kind: RowKind.Request },
        { ...row, lengthBytes, kind: RowKind.Completion, errno, latencyUs: 0 },
      ];
    });
}

/** A pass from `fromKib` to `toKib` in requests of `kib`, at `mibPerSecond` from `seconds` on. */
export function pass(
  options: {
    readonly fromKib?: number;
    readonly toKib: number;
    readonly kib?: number;
    readonly mibPerSecond?: number;
  } & Omit<Io, 'atKib'>,
): Io[] {
  const { fromKib = 0, toKib, kib = 64, mibPerSecond = 32, seconds, ...rest } = options;
  return Array.from({ length: Math.ceil((toKib - fromKib) / kib) }, (_, i) => ({
    ...rest,
    atKib: fromKib + i * kib,
    kib: Math.min(kib, toKib - fromKib - i * kib),
    seconds: seconds + (i * kib) / 1024 / mibPerSecond,
  }));
}

/** All rows in one batch, sequence numbers from 1. */
export function batchOf(rows: readonly RowInit[]): EventBatch {
  const batch = new EventBatch(Math.max(1, rows.length));
  for (const row of rows) batch.push(row);
  batch.firstSequence = 1;
  return batch;
}
