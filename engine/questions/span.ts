import type { Answer } from '#shared/channel/answer.ts';
import type { OpTotals, Question, SpanTotals } from '#shared/contract/questions.ts';
import { OP_COUNT, Op, RowKind } from '#shared/events/vocabulary.ts';
import { rowSectors, SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';
import { LatencyHistogram } from '#shared/model/latency-histogram.ts';
import { ERRNO_PENDING } from '#shared/model/recent-requests.ts';
import type { History } from '../history/history.ts';
import { LongestWaits } from './longest-waits.ts';
import { SequentialShare } from './sequential-share.ts';
import { diskFilter, rowsOfSpan, type SpanRows, walkSpan } from './span-walk.ts';
import { TouchCounts } from './touch-counts.ts';

/** How many hot ranges and long waits are told. */
const MOST_HOT = 16;
const MOST_WAITS = 24;

/** A length of 64 bits has its size among so many powers of two. */
const SIZES = 64;

/** Totals of the requests that arrived in a span. */
export async function answerSpan(
  history: History,
  question: Extract<Question, { about: 'span' }>,
  signal: AbortSignal,
): Promise<Answer> {
  const { span } = question;
  const requests = new Float64Array(OP_COUNT);
  const bytes = new Float64Array(OP_COUNT);
  const errors = new Float64Array(OP_COUNT);
  const unanswered = new Float64Array(OP_COUNT);
  const latencies = Array.from({ length: OP_COUNT }, () => new LatencyHistogram());
  const sizes = new Float64Array(SIZES);
  const touches = new TouchCounts();
  const sequential = new SequentialShare();
  const waits = new LongestWaits(MOST_WAITS);
  const depth = await depthBefore(history, question, signal);
  const range = new Float64Array(2);

  const left = await walkSpan(
    history,
    question,
    {
      arrived(batch, i) {
        const op = batch.op[i] ?? 0;
        const lengthHigh = batch.lengthHigh[i] ?? 0;
        const lengthLow = batch.lengthLow[i] ?? 0;
        if (op < OP_COUNT) {
          requests[op] = (requests[op] ?? 0) + 1;
          bytes[op] = (bytes[op] ?? 0) + lengthHigh * 0x1_0000_0000 + lengthLow;
        }
        if ((lengthHigh | lengthLow) !== 0) {
          const size = lengthHigh !== 0 ? 63 - Math.clz32(lengthHigh) : 31 - Math.clz32(lengthLow);
          sizes[size] = (sizes[size] ?? 0) + 1;
        }
        depth.change(batch.firstSequence + i, 1);
        sequential.add(batch, i);
        if (op !== Op.Read && op !== Op.Write && op !== Op.Trim && op !== Op.Zero) return;
        rowSectors(batch, i, range);
        const first = Math.floor((range[0] ?? 0) / SECTORS_PER_BLOCK);
        const end = Math.ceil((range[1] ?? 0) / SECTORS_PER_BLOCK);
        if (first < end) touches.add(batch.disk[i] ?? 0, first, end);
      },
      ended(batch, i, sequence, arrivalUs) {
        const op = batch.op[i] ?? 0;
        depth.change(batch.firstSequence + i, -1);
        if (batch.kind[i] === RowKind.Unanswered) {
          if (op < OP_COUNT) unanswered[op] = (unanswered[op] ?? 0) + 1;
          return;
        }
        const errno = batch.errno[i] ?? 0;
        const latencyUs = batch.latencyUs[i] ?? Number.NaN;
        if (op < OP_COUNT && errno !== 0) errors[op] = (errors[op] ?? 0) + 1;
        latencies[op]?.add(latencyUs);
        waits.add(batch, i, sequence, arrivalUs, latencyUs, errno);
      },
      earlierEnded: (batch, i) => depth.change(batch.firstSequence + i, -1),
    },
    signal,
  );
  await addUnfinished(history, left, waits, signal);

  const ops: OpTotals[] = latencies.map((histogram, op) => ({
    requests: requests[op] ?? 0,
    bytes: bytes[op] ?? 0,
    errors: errors[op] ?? 0,
    unanswered: unanswered[op] ?? 0,
    p50Us: histogram.percentileUs(0.5),
    p99Us: histogram.percentileUs(0.99),
    maxUs: histogram.count === 0 ? null : histogram.maxUs,
  }));
  const json: SpanTotals = {
    fromUs: span.fromUs,
    toUs: span.toUs,
    ops,
    sizes: [...sizes].flatMap((count, i) => (count === 0 ? [] : [{ bytes: 2 ** i, requests: count }])),
    sequentialShare: sequential.share,
    mostInFlight: depth.most,
    hot: touches.hottest(MOST_HOT),
    waits: waits.waits,
  };
  return { json, columns: {} };
}

/** How many requests are in flight at once, and the most there were in a span. */
class Depth {
  readonly #rows: SpanRows;
  /** Rows up to here are in {@link now} from the start. */
  readonly #known: number;
  now: number;
  most: number;

  constructor(rows: SpanRows, known: number, now: number) {
    this.#rows = rows;
    this.#known = known;
    this.now = now;
    this.most = now;
  }

  /** Row `sequence` brings a request into flight (+1) or ends one (-1). */
  change(sequence: number, by: 1 | -1): void {
    if (sequence <= this.#known) return;
    this.now += by;
    if (this.now > this.most && sequence <= this.#rows.last) this.most = this.now;
  }
}

/** The depth as a span begins: what had arrived before is in flight still. */
async function depthBefore(
  history: History,
  question: Extract<Question, { about: 'span' }>,
  signal: AbortSignal,
): Promise<Depth> {
  const isWanted = diskFilter(question.disks);
  const rows = await rowsOfSpan(history, question.span);
  if (rows.first > rows.last) return new Depth(rows, 0, 0);
  // Of a history whose beginning is gone the first state may hold a row of the span already.
  const state = await history.stateAt(rows.first - 1, signal);
  let now = 0;
  for (const [disk, known] of state.disks.entries()) if (isWanted(disk)) now += known?.inFlight.count ?? 0;
  return new Depth(rows, state.sequence, now);
}

/** Requests that never ended have waited until the history's end, so far. */
async function addUnfinished(
  history: History,
  sequences: readonly number[],
  waits: LongestWaits,
  signal: AbortSignal,
): Promise<void> {
  const { lastUs } = history.info();
  if (lastUs === null) return;
  for (const sequence of sequences) {
    for await (const batch of history.rows(sequence, sequence, signal)) {
      const arrivalUs = batch.clockUs[0] ?? Number.NaN;
      if (batch.count > 0) waits.add(batch, 0, sequence, arrivalUs, lastUs - arrivalUs, ERRNO_PENDING);
    }
  }
}
