import * as v from 'valibot';
import { SpanSchema } from './time.ts';

/**
 * Questions about the history. A window sends `ask` with a number of its own; the answer comes in a frame of type Answer with
 * that number as its tag (`channel/answer.ts`): JSON and columns of numbers. A question may be called off, and is when its
 * window goes. Answers are worked out in slices, so that nothing else waits for them.
 */

const count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
/** The session's disk numbers; null for all. */
const disks = v.nullable(
  v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))), v.maxLength(256)),
);
const disk = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));

/** Rows of a latency map: bucket r holds latencies from 2^(r/2) µs on; the last all that are longer. */
export const LATENCY_MAP_ROWS = 56;

export const QuestionSchema = v.variant('about', [
  /**
   * Activity over time in `columns` equal parts of the span. Columns of the answer, each of that length: `requests` (u32,
   * OP_COUNT times that length, operation by operation), `errors` u32, `p50Us`, `p99Us`, `maxUs` (f32, NaN for none),
   * `depth` (u32, most in flight); with `perDisk`, `diskRequests` (u32, disk by disk, each as `requests`: OP_COUNT times that
   * length), `diskErrors` (u32, disk by disk) and JSON `{ disks: number[] }`, in ascending order. A column holds the requests
   * that arrived in it; errors and latencies stand in the column of their request. Column i of a span begins at
   * `fromUs + i * (toUs - fromUs) / columns`; what is at `toUs` itself belongs to the last.
   */
  v.strictObject({
    about: v.literal('timeline'),
    span: SpanSchema,
    columns: count(4096),
    disks,
    perDisk: v.boolean(),
  }),
  /**
   * The requests that touched a range of blocks, latest first, `limit` at most, before `beforeSequence` (null: from the end).
   * Columns, one element a request: `sequence`, `arrivalUs`, `latencyUs` (f64; NaN unknown), `op`, `flags`, `errno` (u16; 65535
   * unanswered, 65534 in flight), `connection` u32, `offsetBytes`, `lengthBytes` (u64). JSON `{ total, more }`: how many there
   * are in all, and whether earlier ones are left.
   */
  v.strictObject({
    about: v.literal('block'),
    disk,
    firstBlock: whole,
    endBlock: whole,
    beforeSequence: v.nullable(whole),
    limit: count(1000),
  }),
  /** Totals of a span; all in JSON, of the form {@link SpanTotals}. */
  v.strictObject({ about: v.literal('span'), span: SpanSchema, disks }),
  /** How long requests took, over time: `counts` u32, disk by disk, LATENCY_MAP_ROWS rows of `columns` each. JSON `{ disks }`. */
  v.strictObject({ about: v.literal('latencyMap'), span: SpanSchema, columns: count(2048), disks }),
  /** Where on one disk requests went, over time: `counts` u32, `rows` rows (from the disk's beginning) of `columns` for reads, then for what writes. */
  v.strictObject({
    about: v.literal('seekPlot'),
    span: SpanSchema,
    columns: count(2048),
    rows: count(1024),
    disk,
  }),
]);

/** Totals of one operation in a span. */
export interface OpTotals {
  readonly requests: number;
  readonly bytes: number;
  readonly errors: number;
  readonly unanswered: number;
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly maxUs: number | null;
}

/** The answer to a question about a span. */
export interface SpanTotals {
  readonly fromUs: number;
  readonly toUs: number;
  /** By Op. */
  readonly ops: readonly OpTotals[];
  /** Requests by size: `bytes` and more, in powers of two. */
  readonly sizes: readonly { readonly bytes: number; readonly requests: number }[];
  /** Share of reads and writes that begin where an earlier one of the same disk and direction ended, 0 to 1; null for none. */
  readonly sequentialShare: number | null;
  readonly mostInFlight: number;
  /** Blocks touched most often, in ranges, most first. */
  readonly hot: readonly {
    readonly disk: number;
    readonly firstBlock: number;
    readonly endBlock: number;
    readonly requests: number;
  }[];
  /** The longest waits, longest first. */
  readonly waits: readonly {
    readonly disk: number;
    readonly op: number;
    readonly sequence: number;
    readonly arrivalUs: number;
    readonly latencyUs: number;
    readonly offsetBytes: string;
    readonly lengthBytes: string;
    readonly errno: number;
  }[];
}

/** Asking, as part of the commands. */
export const QUESTION_COMMANDS = [
  v.strictObject({
    command: v.literal('ask'),
    id: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
    question: QuestionSchema,
  }),
  v.strictObject({
    command: v.literal('callOff'),
    id: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
  }),
] as const;

export type Question = v.InferOutput<typeof QuestionSchema>;
