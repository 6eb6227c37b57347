import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import { OP_COUNT } from '#shared/events/vocabulary.ts';
import { type ActivityBins, BIN_BUCKETS, BIN_PER_OCTAVE } from '../history/activity-bins.ts';
import { Slices } from '../slices.ts';
import { percentileUs } from './percentile.ts';

/**
 * The timeline of a span that is long for its history, from what was counted while rows came, in slices. What went on in a bin that lasts
 * longer than a column is spread evenly over its columns; totals stay right but for a bin at either end.
 * @returns null when these bins cannot tell: of some disks alone, or of each of very many.
 */
export async function timelineOfBins(
  bins: ActivityBins,
  question: Extract<Question, { about: 'timeline' }>,
  firstUs: number,
  signal: AbortSignal,
): Promise<Answer | null> {
  const { span, columns, perDisk, disks } = question;
  const numbers = bins.disks?.toSorted((a, b) => a - b) ?? null;
  if (disks !== null || (perDisk && numbers === null)) return null;
  const lanes = perDisk ? (numbers ?? []) : [];
  const requests = new Uint32Array(OP_COUNT * columns);
  const errors = new Uint32Array(columns);
  const maxUs = new Float32Array(columns).fill(Number.NaN);
  const depth = new Uint32Array(columns);
  const latencies = new Float64Array(columns * BIN_BUCKETS);
  const diskRequests = new Uint32Array(lanes.length * OP_COUNT * columns);
  const diskErrors = new Uint32Array(lanes.length * columns);
  const widthUs = span.toUs - span.fromUs;
  const placeOf = (us: number): number =>
    us === span.toUs ? columns : ((us - span.fromUs) * columns) / widthUs;
  const spread = new Spread(columns);
  const slices = new Slices(signal);
  const { perBin } = bins;

  for (let b = firstBin(bins, Math.max(span.fromUs, firstUs)); b < bins.count; b += 1) {
    const startUs = bins.startUs[b] ?? 0;
    if (startUs > span.toUs) break;
    if (slices.isOver) await slices.rest();
    // Every two bins were made one meanwhile.
    if (bins.perBin !== perBin) return timelineOfBins(bins, question, firstUs, signal);
    spread.over(placeOf(startUs), placeOf(bins.endUs[b] ?? 0));
    for (let op = 0; op < OP_COUNT; op += 1) {
      spread.add(requests, op * columns, bins.requests[b * OP_COUNT + op] ?? 0);
    }
    spread.add(errors, 0, bins.errors[b] ?? 0);
    for (const [place, disk] of lanes.entries()) {
      const own = bins.disk(disk);
      for (let op = 0; op < OP_COUNT; op += 1) {
        const count = own?.requests[b * OP_COUNT + op] ?? 0;
        spread.add(diskRequests, (place * OP_COUNT + op) * columns, count);
      }
      spread.add(diskErrors, place * columns, own?.errors[b] ?? 0);
    }
    const most = bins.maxUs[b] ?? Number.NaN;
    for (let c = spread.first; c <= spread.last; c += 1) {
      if (!(most <= (maxUs[c] ?? 0))) maxUs[c] = Number.isNaN(most) ? (maxUs[c] ?? Number.NaN) : most;
      depth[c] = Math.max(depth[c] ?? 0, bins.depth[b] ?? 0);
      for (let n = 0; n < BIN_BUCKETS; n += 1) {
        const count = bins.latencies[b * BIN_BUCKETS + n] ?? 0;
        if (count !== 0) latencies[c * BIN_BUCKETS + n] = (latencies[c * BIN_BUCKETS + n] ?? 0) + count;
      }
    }
    // Until the next bin begins as many are in flight as were at the end of this.
    const until =
      b + 1 < bins.count ? Math.min(columns - 1, Math.floor(placeOf(bins.startUs[b + 1] ?? 0))) : -1;
    for (let c = Math.max(0, spread.last + 1); c <= until; c += 1) {
      depth[c] = Math.max(depth[c] ?? 0, bins.endDepth[b] ?? 0);
    }
  }

  const p50Us = new Float32Array(columns);
  const p99Us = new Float32Array(columns);
  for (let c = 0; c < columns; c += 1) {
    const buckets = latencies.subarray(c * BIN_BUCKETS, (c + 1) * BIN_BUCKETS);
    p50Us[c] = percentileUs(buckets, 0.5, maxUs[c] ?? Number.NaN, BIN_PER_OCTAVE);
    p99Us[c] = percentileUs(buckets, 0.99, maxUs[c] ?? Number.NaN, BIN_PER_OCTAVE);
  }
  const shared = { requests, errors, p50Us, p99Us, maxUs, depth };
  if (!perDisk) return { json: null, columns: shared };
  return { json: { disks: lanes }, columns: { ...shared, diskRequests, diskErrors } };
}

/** Spreads the counts of one bin over the columns that it lies in. */
class Spread {
  /** Columns that the bin meets; none when the first is behind the last. */
  first = 0;
  last = -1;
  readonly #columns: number;
  #start = 0;
  #end = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** @param start where the bin begins, and `end` where it ends, in columns; outside the span as well. */
  over(start: number, end: number): void {
    this.#start = start;
    this.#end = end;
    this.first = Math.min(this.#columns - 1, Math.max(0, Math.floor(start)));
    this.last = Math.min(this.#columns - 1, Math.floor(end));
  }

  add(to: Uint32Array, at: number, count: number): void {
    if (count === 0 || this.last < this.first) return;
    const length = this.#end - this.#start;
    if (this.first === this.last && this.#start >= this.first && this.#end <= this.last + 1) {
      to[at + this.first] = (to[at + this.first] ?? 0) + count;
      return;
    }
    // Whole requests, of which none is lost between two columns.
    let before = Math.round((count * (Math.max(0, this.#start) - this.#start)) / length);
    for (let c = this.first; c <= this.last; c += 1) {
      const now = Math.round((count * (Math.min(c + 1, this.#end) - this.#start)) / length);
      to[at + c] = (to[at + c] ?? 0) + now - before;
      before = now;
    }
  }
}

/** The first bin that ends no earlier than `us`. */
function firstBin(bins: ActivityBins, us: number): number {
  let low = 0;
  let high = bins.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bins.endUs[middle] ?? 0) < us) low = middle + 1;
    else high = middle;
  }
  // The one before may still tell how many are in flight.
  return Math.max(0, low - 1);
}
