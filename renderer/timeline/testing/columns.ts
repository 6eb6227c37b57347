import { OP_COUNT } from '#shared/events/vocabulary.ts';
import { type LaneData, readTimeline, type TimelineData } from '../timeline-data.ts';

/** Where made-up columns begin: some moment of 2026. */
export const T0 = 1_777_674_027_000_000;

/** A lane of one column with so many requests of each operation. */
export function laneOf(counts: readonly number[]): LaneData {
  return {
    disk: null,
    requests: Array.from({ length: OP_COUNT }, (_, op) => Uint32Array.of(counts[op] ?? 0)),
    errors: new Uint32Array(1),
  };
}

/** One column a second, with so many reads in each. */
export function readsOf(reads: readonly number[], latencies: readonly number[] = []): TimelineData {
  const columns = reads.length;
  const requests = new Uint32Array(OP_COUNT * columns);
  requests.set(reads);
  const latency = Float32Array.from({ length: columns }, (_, i) => latencies[i] ?? Number.NaN);
  return readTimeline(
    {
      json: null,
      columns: {
        requests,
        errors: new Uint32Array(columns),
        p50Us: latency,
        p99Us: latency,
        maxUs: latency,
        depth: new Uint32Array(columns),
      },
    },
    { fromUs: T0, toUs: T0 + columns * 1e6 },
    columns,
    false,
  );
}

/** The columns of an answer in which nothing happened. */
export function emptyColumns(
  columns: number,
): Record<string, Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>> {
  return {
    requests: new Uint32Array(OP_COUNT * columns),
    errors: new Uint32Array(columns),
    p50Us: new Float32Array(columns),
    p99Us: new Float32Array(columns),
    maxUs: new Float32Array(columns),
    depth: new Uint32Array(columns),
  };
}
