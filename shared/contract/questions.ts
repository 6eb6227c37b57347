import * as v from 'valibot';
import { STRUCTURE_QUESTIONS } from './structures.ts';
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
   * The requests on a range of blocks, latest first, `limit` at most, before `beforeSequence` (null: from the end). Columns,
   * one element a request: `sequence`, `arrivalUs`, `latencyUs` (f64; NaN unknown), `op`, `flags` (u16), `errno` (u16, as in
   * the list of latest requests: ERRNO_PENDING while in flight, ERRNO_UNANSWERED where no reply will come), `connection` u32,
   * `offsetBytes`, `lengthBytes` (u64). JSON {@link BlockAnswer}. Counting all of them looks through the whole history, which
   * the latest of them alone rarely need: it is done only with `count`.
   */
  v.strictObject({
    about: v.literal('block'),
    disk,
    firstBlock: whole,
    endBlock: whole,
    beforeSequence: v.nullable(whole),
    limit: count(1000),
    count: v.boolean(),
  }),
  /** Totals of the requests that arrived in a span; all in JSON, of the form {@link SpanTotals}. */
  v.strictObject({ about: v.literal('span'), span: SpanSchema, disks }),
  /**
   * How long requests took, over time: `counts` u32, disk by disk, LATENCY_MAP_ROWS rows of `columns` each; a request stands in
   * the column in which it arrived. JSON `{ disks }`: the disks asked about, or those that had requests, in ascending order.
   */
  v.strictObject({ about: v.literal('latencyMap'), span: SpanSchema, columns: count(2048), disks }),
  /**
   * Where on one disk requests went, over time: `counts` u32, `rows` rows of `columns` for reads, then for what writes (write,
   * trim, zero). The blocks [firstBlock, endBlock) lie in `rows` parts of equally many blocks, the last maybe of fewer; a
   * request counts once in every row it touches, in the column in which it arrived. JSON `{ blocksPerRow }`.
   */
  v.strictObject({
    about: v.literal('seekPlot'),
    span: SpanSchema,
    columns: count(2048),
    rows: count(1024),
    disk,
    firstBlock: whole,
    endBlock: whole,
  }),
  ...STRUCTURE_QUESTIONS,
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

/** The JSON of an answer about blocks. */
export interface BlockAnswer {
  /** How many requests there are in all, before `beforeSequence` and after; null unless asked to count. */
  readonly total: number | null;
  /** Whether earlier ones are left. */
  readonly more: boolean;
}

/** Requests of one disk and direction that {@link SpanTotals.sequentialShare} looks back over. */
export const SEQUENTIAL_WINDOW = 32;

/** The answer to a question about a span. */
export interface SpanTotals {
  readonly fromUs: number;
  readonly toUs: number;
  /** By Op. */
  readonly ops: readonly OpTotals[];
  /** Requests by size: `bytes` and more, below twice that; powers of two, ascending. Those without a length are left out. */
  readonly sizes: readonly { readonly bytes: number; readonly requests: number }[];
  /**
   * Share of reads and writes that begin where one of the {@link SEQUENTIAL_WINDOW} before it, of the same disk and direction,
   * ended, 0 to 1; null for none.
   */
  readonly sequentialShare: number | null;
  /** Of all disks asked about together. */
  readonly mostInFlight: number;
  /**
   * Ranges of blocks by how many reads, writes, trims and zeroes touched each, most first; at least twice. A range that comes
   * from too many to be kept apart is a whole unit of its disk, and counts what touched any part of that.
   */
  readonly hot: readonly HotRange[];
  /** The longest waits, longest first; of those in flight still (errno ERRNO_PENDING), how long so far. */
  readonly waits: readonly LongWait[];
}

export interface HotRange {
  readonly disk: number;
  readonly firstBlock: number;
  readonly endBlock: number;
  readonly requests: number;
}

export interface LongWait {
  readonly disk: number;
  readonly op: number;
  readonly sequence: number;
  readonly arrivalUs: number;
  readonly latencyUs: number;
  readonly offsetBytes: string;
  readonly lengthBytes: string;
  readonly errno: number;
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
