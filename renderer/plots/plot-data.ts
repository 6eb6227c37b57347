import type { Answer } from '#shared/channel/answer.ts';
import { LATENCY_MAP_ROWS, type Question } from '#shared/contract/questions.ts';
import type { TimeWindow } from '../timeline/time-window.ts';

/** What is known of where a disk's requests went, over time. */
export interface SeekData {
  readonly disk: number;
  readonly window: TimeWindow;
  readonly columns: number;
  /** Rows that stand for any block; the first is of the lowest. */
  readonly rows: number;
  readonly firstBlock: number;
  readonly endBlock: number;
  readonly blocksPerRow: number;
  /** Requests by row and column, `rows` rows of `columns` each. */
  readonly reads: Uint32Array;
  readonly writes: Uint32Array;
}

/** How long one disk's requests took, over time: {@link LATENCY_MAP_ROWS} rows of `columns`. */
export interface LatencyLane {
  readonly disk: number;
  readonly counts: Uint32Array;
}

export interface LatencyData {
  readonly window: TimeWindow;
  readonly columns: number;
  readonly lanes: readonly LatencyLane[];
  /** Rows in which there is any request, on any lane: [firstRow, endRow). Equal where there are none. */
  readonly firstRow: number;
  readonly endRow: number;
}

function countsOf(answer: Answer, length: number): Uint32Array {
  const counts = answer.columns['counts'];
  if (!(counts instanceof Uint32Array) || counts.length < length) {
    throw new RangeError(`an answer of ${counts?.length ?? 0} counts where ${length} were asked for`);
  }
  return counts;
}

/** Reads an answer about where requests went. @throws RangeError when it is none to that question. */
export function readSeekData(answer: Answer, asked: Extract<Question, { about: 'seekPlot' }>): SeekData {
  const { columns, rows, span, disk, firstBlock, endBlock } = asked;
  const counts = countsOf(answer, 2 * rows * columns);
  const blocksPerRow = Math.max(1, Math.ceil((endBlock - firstBlock) / rows));
  const used = Math.ceil((endBlock - firstBlock) / blocksPerRow);
  return {
    disk,
    window: span,
    columns,
    rows: used,
    firstBlock,
    endBlock,
    blocksPerRow,
    reads: counts.subarray(0, used * columns),
    writes: counts.subarray(rows * columns, (rows + used) * columns),
  };
}

/** Reads an answer about latencies. @throws RangeError when it is none to that question. */
export function readLatencyData(
  answer: Answer,
  asked: Extract<Question, { about: 'latencyMap' }>,
): LatencyData {
  const { columns, span } = asked;
  const disks = asked.disks ?? [];
  const cells = LATENCY_MAP_ROWS * columns;
  const counts = countsOf(answer, disks.length * cells);
  const sorted = disks.toSorted((a, b) => a - b);
  const lanes = disks.map((disk) => {
    const at = sorted.indexOf(disk) * cells;
    return { disk, counts: counts.subarray(at, at + cells) };
  });
  let firstRow = LATENCY_MAP_ROWS;
  let endRow = 0;
  for (const lane of lanes) {
    for (let row = 0; row < LATENCY_MAP_ROWS; row += 1) {
      if (lane.counts.subarray(row * columns, (row + 1) * columns).every((count) => count === 0)) continue;
      firstRow = Math.min(firstRow, row);
      endRow = Math.max(endRow, row + 1);
    }
  }
  return { window: span, columns, lanes, firstRow: Math.min(firstRow, endRow), endRow };
}
