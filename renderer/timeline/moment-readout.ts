import { columnAt, columnUs, type TimelineData } from './timeline-data.ts';

/** What happened in the column about a moment. */
export interface MomentReadout {
  readonly fromUs: number;
  readonly lengthUs: number;
  /** By Op. */
  readonly requests: readonly number[];
  readonly errors: number;
  /** Null where nothing was answered. */
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly maxUs: number | null;
  readonly depth: number;
}

/** What the column about `us` holds; null for a moment that nothing is known of. */
export function readMoment(data: TimelineData, us: number): MomentReadout | null {
  const column = columnAt(data, us);
  if (column === null) return null;
  const known = (of: Float32Array): number | null => {
    const value = of[column] ?? Number.NaN;
    return Number.isNaN(value) ? null : value;
  };
  return {
    fromUs: columnUs(data, column),
    lengthUs: (data.window.toUs - data.window.fromUs) / data.columns,
    requests: data.together.requests.map((counts) => counts[column] ?? 0),
    errors: data.together.errors[column] ?? 0,
    p50Us: known(data.p50Us),
    p99Us: known(data.p99Us),
    maxUs: known(data.maxUs),
    depth: data.depth[column] ?? 0,
  };
}
