import * as v from 'valibot';
import type { Answer, Column } from '#shared/channel/answer.ts';
import { OP_COUNT } from '#shared/events/vocabulary.ts';
import type { TimeWindow } from './time-window.ts';

/** Activity in equal parts of a stretch of time: the answer to the question about `timeline`, its columns found and measured. */

/** Requests and errors of one disk, or of all that were asked for. */
export interface LaneData {
  /** Null for all of them together. */
  readonly disk: number | null;
  /** By operation, then by column. */
  readonly requests: readonly Uint32Array[];
  readonly errors: Uint32Array;
}

export interface TimelineData {
  readonly window: TimeWindow;
  readonly columns: number;
  readonly together: LaneData;
  /** One for each disk in ascending order, where they were asked for; else none. */
  readonly disks: readonly LaneData[];
  /** NaN where nothing was answered. */
  readonly p50Us: Float32Array;
  readonly p99Us: Float32Array;
  readonly maxUs: Float32Array;
  /** Most requests in flight at once. */
  readonly depth: Uint32Array;
}

const DisksSchema = v.object({ disks: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))) });

/** Reads what came for a question about `window` in `columns` parts. @throws RangeError when it is not of that shape. */
export function readTimeline(
  answer: Answer,
  window: TimeWindow,
  columns: number,
  perDisk: boolean,
): TimelineData {
  const u32 = (name: string, length: number): Uint32Array => {
    const column: Column | undefined = answer.columns[name];
    if (column instanceof Uint32Array && column.length === length) return column;
    throw misshapen(name, column, `${length} whole numbers`);
  };
  const f32 = (name: string): Float32Array => {
    const column: Column | undefined = answer.columns[name];
    if (column instanceof Float32Array && column.length === columns) return column;
    throw misshapen(name, column, `${columns} numbers`);
  };
  const lane = (
    disk: number | null,
    place: number,
    requests: Uint32Array,
    errors: Uint32Array,
  ): LaneData => ({
    disk,
    requests: Array.from({ length: OP_COUNT }, (_, op) => {
      const from = (place * OP_COUNT + op) * columns;
      return requests.subarray(from, from + columns);
    }),
    errors: errors.subarray(place * columns, (place + 1) * columns),
  });
  let disks: readonly LaneData[] = [];
  if (perDisk) {
    const parsed = v.safeParse(DisksSchema, answer.json);
    if (!parsed.success) throw new RangeError('an answer about time that does not name its disks');
    const numbers = parsed.output.disks;
    const requests = u32('diskRequests', numbers.length * OP_COUNT * columns);
    const errors = u32('diskErrors', numbers.length * columns);
    disks = numbers.map((disk, place) => lane(disk, place, requests, errors));
  }
  return {
    window,
    columns,
    together: lane(null, 0, u32('requests', OP_COUNT * columns), u32('errors', columns)),
    disks,
    p50Us: f32('p50Us'),
    p99Us: f32('p99Us'),
    maxUs: f32('maxUs'),
    depth: u32('depth', columns),
  };
}

function misshapen(name: string, column: Column | undefined, wanted: string): RangeError {
  const found = column === undefined ? 'nothing' : `${column.length} of another kind or number`;
  return new RangeError(`an answer about time whose "${name}" should be ${wanted}, and is ${found}`);
}

/** The column that a moment falls into; null for one outside of what is known. */
export function columnAt(data: TimelineData, us: number): number | null {
  const { fromUs, toUs } = data.window;
  if (!(us >= fromUs && us <= toUs)) return null;
  return Math.min(Math.floor(((us - fromUs) / (toUs - fromUs)) * data.columns), data.columns - 1);
}

/** Where a column begins. */
export function columnUs(data: TimelineData, column: number): number {
  const { fromUs, toUs } = data.window;
  return fromUs + ((toUs - fromUs) / data.columns) * column;
}

/** Requests of every operation in one column of a lane. */
export function requestsIn(lane: LaneData, column: number): number {
  let sum = 0;
  for (const op of lane.requests) sum += op[column] ?? 0;
  return sum;
}
