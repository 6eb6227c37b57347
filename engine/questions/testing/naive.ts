import type { HotRange, LongWait, OpTotals, Question } from '#shared/contract/questions.ts';
import { LATENCY_MAP_ROWS, SEQUENTIAL_WINDOW } from '#shared/contract/questions.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { OP_COUNT, Op, RowKind } from '#shared/events/vocabulary.ts';
import { LatencyHistogram } from '#shared/model/latency-histogram.ts';
import { ERRNO_PENDING, ERRNO_UNANSWERED } from '#shared/model/recent-requests.ts';

/**
 * The questions answered the plain way: every request an object, everything in memory, nothing clever. What the engine
 * answers is held against this.
 */

/** A request with how it ended. */
export interface NaiveRequest {
  readonly sequence: number;
  readonly disk: number;
  readonly op: number;
  readonly flags: number;
  readonly connection: number;
  readonly offset: bigint;
  readonly length: bigint;
  readonly arrivalUs: number;
  /** The row that ended it; infinite while none has. */
  endSequence: number;
  errno: number;
  latencyUs: number;
}

export function naiveRequests(batches: readonly EventBatch[]): NaiveRequest[] {
  const requests: NaiveRequest[] = [];
  const open = new Map<string, NaiveRequest>();
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i += 1) {
      const key = `${batch.disk[i]}/${batch.slot[i]}`;
      const kind = batch.kind[i];
      if (kind === RowKind.Request) {
        const request: NaiveRequest = {
          sequence: batch.firstSequence + i,
          disk: batch.disk[i] ?? 0,
          op: batch.op[i] ?? 0,
          flags: batch.flags[i] ?? 0,
          connection: batch.connection[i] ?? 0,
          offset: (BigInt(batch.offsetHigh[i] ?? 0) << 32n) + BigInt(batch.offsetLow[i] ?? 0),
          length: (BigInt(batch.lengthHigh[i] ?? 0) << 32n) + BigInt(batch.lengthLow[i] ?? 0),
          arrivalUs: batch.clockUs[i] ?? Number.NaN,
          endSequence: Number.POSITIVE_INFINITY,
          errno: ERRNO_PENDING,
          latencyUs: Number.NaN,
        };
        requests.push(request);
        open.set(key, request);
      } else if (kind === RowKind.Completion || kind === RowKind.Unanswered) {
        const request = open.get(key);
        open.delete(key);
        if (request === undefined) continue;
        request.endSequence = batch.firstSequence + i;
        request.errno = kind === RowKind.Unanswered ? ERRNO_UNANSWERED : (batch.errno[i] ?? 0);
        if (kind === RowKind.Completion) request.latencyUs = batch.latencyUs[i] ?? Number.NaN;
      }
    }
  }
  return requests;
}

type SpanAsked = Pick<Extract<Question, { about: 'span' }>, 'span' | 'disks'>;

function isAsked({ span, disks }: SpanAsked, request: NaiveRequest): boolean {
  return (
    !(request.arrivalUs < span.fromUs || request.arrivalUs > span.toUs) &&
    (disks === null || disks.includes(request.disk))
  );
}

const isData = (op: number): boolean => op <= Op.Zero;
const blocksOf = ({ offset, length }: NaiveRequest): readonly [number, number] => [
  Number(offset / 4096n),
  Number((offset + length + 4095n) / 4096n),
];

/** The requests on blocks [first, end), latest first. */
export function naiveBlock(
  requests: readonly NaiveRequest[],
  disk: number,
  first: number,
  end: number,
): NaiveRequest[] {
  return requests
    .filter((request) => {
      const [from, to] = blocksOf(request);
      return request.disk === disk && request.length > 0n && from < end && to > first;
    })
    .reverse();
}

export function naiveOps(requests: readonly NaiveRequest[], asked: SpanAsked): OpTotals[] {
  return Array.from({ length: OP_COUNT }, (_, op) => {
    const own = requests.filter((request) => request.op === op && isAsked(asked, request));
    const latency = new LatencyHistogram();
    for (const { latencyUs } of own) latency.add(latencyUs);
    return {
      requests: own.length,
      bytes: own.reduce((sum, { length }) => sum + Number(length), 0),
      errors: own.filter(({ errno }) => errno !== 0 && errno < ERRNO_UNANSWERED).length,
      unanswered: own.filter(({ errno }) => errno === ERRNO_UNANSWERED).length,
      p50Us: latency.percentileUs(0.5),
      p99Us: latency.percentileUs(0.99),
      maxUs: latency.count === 0 ? null : latency.maxUs,
    };
  });
}

export function naiveSizes(requests: readonly NaiveRequest[], asked: SpanAsked): unknown {
  const sizes = new Map<number, number>();
  for (const request of requests) {
    if (!isAsked(asked, request) || request.length === 0n) continue;
    const bytes = 2 ** (request.length.toString(2).length - 1);
    sizes.set(bytes, (sizes.get(bytes) ?? 0) + 1);
  }
  return [...sizes].sort(([a], [b]) => a - b).map(([bytes, count]) => ({ bytes, requests: count }));
}

export function naiveSequential(requests: readonly NaiveRequest[], asked: SpanAsked): number | null {
  const moved = requests.filter(({ op }) => op === Op.Read || op === Op.Write);
  const own = moved.filter((request) => isAsked(asked, request));
  const isSequential = (request: NaiveRequest): boolean =>
    own
      .filter(
        ({ disk, op, sequence }) => disk === request.disk && op === request.op && sequence < request.sequence,
      )
      .slice(-SEQUENTIAL_WINDOW)
      .some(({ offset, length }) => offset + length === request.offset);
  return own.length === 0 ? null : own.filter(isSequential).length / own.length;
}

/** The most in flight at once after any row of the span, or as it begins. */
export function naiveDepth(
  requests: readonly NaiveRequest[],
  asked: SpanAsked,
  first: number,
  last: number,
): number {
  const wanted = requests.filter(({ disk }) => asked.disks === null || asked.disks.includes(disk));
  let most = 0;
  for (let sequence = first - 1; sequence <= last; sequence += 1) {
    const now = wanted.filter((one) => one.sequence <= sequence && one.endSequence > sequence).length;
    most = Math.max(most, now);
  }
  return most;
}

/** All ranges touched at least twice, most first. */
export function naiveHot(requests: readonly NaiveRequest[], asked: SpanAsked): HotRange[] {
  const found: HotRange[] = [];
  for (const disk of new Set(requests.map((request) => request.disk))) {
    const own = requests.filter(
      (one) => one.disk === disk && isData(one.op) && isAsked(asked, one) && one.length > 0n,
    );
    const edges = [...new Set(own.flatMap((one) => blocksOf(one)))].sort((a, b) => a - b);
    for (const [i, firstBlock] of edges.entries()) {
      const endBlock = edges[i + 1] ?? firstBlock;
      const touching = own.filter(
        (one) => blocksOf(one)[0] <= firstBlock && blocksOf(one)[1] > firstBlock,
      ).length;
      const before = found.at(-1);
      if (before?.disk === disk && before.requests === touching && before.endBlock === firstBlock) {
        found[found.length - 1] = { ...before, endBlock };
      } else {
        found.push({ disk, firstBlock, endBlock, requests: touching });
      }
    }
  }
  return found
    .filter(({ requests: count }) => count >= 2)
    .sort((a, b) => b.requests - a.requests || a.disk - b.disk || a.firstBlock - b.firstBlock);
}

/** All waits, longest first. */
export function naiveWaits(requests: readonly NaiveRequest[], asked: SpanAsked, lastUs: number): LongWait[] {
  return requests
    .filter((request) => isAsked(asked, request) && request.errno !== ERRNO_UNANSWERED)
    .map((request) => ({
      disk: request.disk,
      op: request.op,
      sequence: request.sequence,
      arrivalUs: request.arrivalUs,
      latencyUs: request.errno === ERRNO_PENDING ? lastUs - request.arrivalUs : request.latencyUs,
      offsetBytes: String(request.offset),
      lengthBytes: String(request.length),
      errno: request.errno,
    }))
    .filter(({ latencyUs }) => latencyUs >= 0)
    .sort((a, b) => b.latencyUs - a.latencyUs || a.sequence - b.sequence);
}

function columnIn({ span }: SpanAsked, columns: number, us: number): number {
  const edges = Array.from(
    { length: columns },
    (_, i) => span.fromUs + (i * (span.toUs - span.fromUs)) / columns,
  );
  return Math.max(
    0,
    edges.findLastIndex((edge) => us >= edge),
  );
}

export function naiveLatencyMap(
  requests: readonly NaiveRequest[],
  asked: SpanAsked,
  columns: number,
  disk: number,
): number[] {
  const counts = new Array<number>(LATENCY_MAP_ROWS * columns).fill(0);
  for (const request of requests) {
    if (request.disk !== disk || !isAsked(asked, request) || Number.isNaN(request.latencyUs)) continue;
    let row = 0;
    while (row + 1 < LATENCY_MAP_ROWS && request.latencyUs >= 2 ** ((row + 1) / 2)) row += 1;
    const at = row * columns + columnIn(asked, columns, request.arrivalUs);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

export function naiveSeekPlot(
  requests: readonly NaiveRequest[],
  asked: Extract<Question, { about: 'seekPlot' }>,
): number[] {
  const { columns, rows, firstBlock, endBlock, disk, span } = asked;
  const perRow = Math.max(1, Math.ceil((endBlock - firstBlock) / rows));
  const counts = new Array<number>(2 * rows * columns).fill(0);
  for (const request of requests) {
    if (!isData(request.op) || request.length === 0n || !isAsked({ span, disks: [disk] }, request)) continue;
    const [from, to] = blocksOf(request);
    for (let row = 0; row < rows; row += 1) {
      const start = firstBlock + row * perRow;
      if (from >= Math.min(start + perRow, endBlock) || to <= start) continue;
      const at =
        ((request.op === Op.Read ? 0 : rows) + row) * columns +
        columnIn({ span, disks: null }, columns, request.arrivalUs);
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }
  return counts;
}
