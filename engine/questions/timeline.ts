import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { OP_COUNT, RowKind } from '#shared/events/vocabulary.ts';
import type { History } from '../history/history.ts';
import { percentileUs } from './percentile.ts';
import { columnOf } from './span-columns.ts';
import { rowsOfSpan, walkSpan } from './span-walk.ts';
import { timelineOfBins } from './timeline-bins.ts';

/** Buckets of latency in each doubling: percentiles are right to within 9 %. */
const PER_OCTAVE = 8;
/** Up to 2^40 µs, which is twelve days. */
const BUCKETS = 40 * PER_OCTAVE;

/** Spans of more rows are told from what was counted while they came, where anything was. */
const WALKED_ROWS = 200_000;

interface Lane {
  readonly requests: Uint32Array<ArrayBuffer>;
  readonly errors: Uint32Array<ArrayBuffer>;
}

/** Activity over a span in equal parts: by operation, errors, latencies and how many were in flight; disk by disk where asked. */
export async function answerTimeline(
  history: History,
  question: Extract<Question, { about: 'timeline' }>,
  signal: AbortSignal,
): Promise<Answer> {
  const { span, columns, perDisk } = question;
  const summary = question.disks === null ? await summaryOf(history, question, signal) : null;
  if (summary !== null) return summary;
  const together = laneOf(columns);
  const lanes = new Map<number, Lane>();
  const disk = (number: number): Lane | null => {
    if (!perDisk) return null;
    let lane = lanes.get(number);
    if (lane === undefined) {
      lane = laneOf(columns);
      lanes.set(number, lane);
    }
    return lane;
  };
  if (perDisk) for (const number of question.disks ?? []) disk(number);
  const latencies = new Uint32Array(BUCKETS * columns);
  const maxUs = new Float32Array(columns).fill(Number.NaN);
  const depth = new DepthColumns(columns);
  const columnAt = (batch: EventBatch, i: number): number =>
    columnOf(span, columns, batch.clockUs[i] ?? Number.NaN);

  await walkSpan(
    history,
    question,
    {
      arrived(batch, i) {
        const op = batch.op[i] ?? 0;
        const column = columnAt(batch, i);
        depth.change(column, 1);
        if (op >= OP_COUNT) return;
        const at = op * columns + column;
        add(together.requests, at);
        const own = disk(batch.disk[i] ?? 0);
        if (own !== null) add(own.requests, at);
      },
      ended(batch, i, _sequence, arrivalUs) {
        if (!((batch.clockUs[i] ?? 0) > span.toUs)) depth.change(columnAt(batch, i), -1);
        if (batch.kind[i] !== RowKind.Completion) return;
        const column = columnOf(span, columns, arrivalUs);
        if (batch.errno[i] !== 0) {
          add(together.errors, column);
          const own = disk(batch.disk[i] ?? 0);
          if (own !== null) add(own.errors, column);
        }
        const latencyUs = batch.latencyUs[i] ?? Number.NaN;
        if (Number.isNaN(latencyUs)) return;
        add(latencies, column * BUCKETS + bucketOf(latencyUs));
        if (!(latencyUs <= (maxUs[column] ?? 0))) maxUs[column] = latencyUs;
      },
      earlierEnded(batch, i) {
        depth.endEarlier(columnAt(batch, i));
      },
    },
    signal,
  );

  const p50Us = new Float32Array(columns);
  const p99Us = new Float32Array(columns);
  for (let column = 0; column < columns; column += 1) {
    const buckets = latencies.subarray(column * BUCKETS, (column + 1) * BUCKETS);
    const most = maxUs[column] ?? Number.NaN;
    p50Us[column] = percentileUs(buckets, 0.5, most, PER_OCTAVE);
    p99Us[column] = percentileUs(buckets, 0.99, most, PER_OCTAVE);
  }
  const numbers = [...lanes.keys()].sort((a, b) => a - b);
  const shared = {
    requests: together.requests,
    errors: together.errors,
    p50Us,
    p99Us,
    maxUs,
    depth: depth.most(),
  };
  if (!perDisk) return { json: null, columns: shared };
  const diskRequests = new Uint32Array(numbers.length * OP_COUNT * columns);
  const diskErrors = new Uint32Array(numbers.length * columns);
  for (const [place, number] of numbers.entries()) {
    const lane = disk(number) ?? laneOf(columns);
    diskRequests.set(lane.requests, place * OP_COUNT * columns);
    diskErrors.set(lane.errors, place * columns);
  }
  return { json: { disks: numbers }, columns: { ...shared, diskRequests, diskErrors } };
}

/** What was counted while the rows came, for a span of many; null where that is for the rows themselves to tell. */
async function summaryOf(
  history: History,
  question: Extract<Question, { about: 'timeline' }>,
  signal: AbortSignal,
): Promise<Answer | null> {
  const { first, last } = await rowsOfSpan(history, question.span);
  if (last - first < WALKED_ROWS) return null;
  // To go through all rows here, beside what counts them, would take as long again.
  await history.counted?.(signal);
  const firstUs = history.info().firstUs ?? Number.NEGATIVE_INFINITY;
  return history.activity ? timelineOfBins(history.activity, question, firstUs, signal) : null;
}

function laneOf(columns: number): Lane {
  return { requests: new Uint32Array(OP_COUNT * columns), errors: new Uint32Array(columns) };
}

function add(counts: Uint32Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

function bucketOf(latencyUs: number): number {
  if (!(latencyUs > 1)) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(latencyUs) * PER_OCTAVE));
}

/** How many requests were in flight, column by column, told as they come and go, in the order of time. */
class DepthColumns {
  readonly #most: Int32Array;
  #column = 0;
  #now = 0;
  /** In flight before the span began: known once they end. One that outlasts the span as well is not known of. */
  #before = 0;

  constructor(columns: number) {
    this.#most = new Int32Array(columns);
  }

  change(column: number, by: 1 | -1): void {
    this.#goTo(column);
    this.#now += by;
    this.#note();
  }

  endEarlier(column: number): void {
    this.#before += 1;
    this.change(column, -1);
  }

  most(): Uint32Array<ArrayBuffer> {
    this.#goTo(this.#most.length - 1);
    return Uint32Array.from(this.#most, (most) => Math.max(0, most + this.#before));
  }

  #goTo(column: number): void {
    while (this.#column < column) {
      this.#column += 1;
      this.#most[this.#column] = this.#now;
    }
  }

  #note(): void {
    this.#most[this.#column] = Math.max(this.#most[this.#column] ?? 0, this.#now);
  }
}
