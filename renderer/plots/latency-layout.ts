import { LATENCY_MAP_ROWS } from '#shared/contract/questions.ts';
import type { LatencyData } from './plot-data.ts';
import type { PlotRect } from './plot-frame.ts';

/** Space between the lanes of two disks. */
const LANE_GAP_PX = 4;
/** Names of the axis stand no nearer to each other. */
const LEAST_TICK_PX = 13;

/** The least latency of a row of the map, µs: rows are half an octave each. */
export function rowFloorUs(row: number): number {
  return row === 0 ? 0 : 2 ** (row / 2);
}

/** Where each disk's lane lies inside the plot, in the order of the disks, one below the other. */
export function laneRects(rect: PlotRect, lanes: number): PlotRect[] {
  if (lanes === 0) return [];
  const heightPx = Math.max(1, (rect.heightPx - LANE_GAP_PX * (lanes - 1)) / lanes);
  return Array.from({ length: lanes }, (_, i) => ({
    ...rect,
    yPx: rect.yPx + i * (heightPx + LANE_GAP_PX),
    heightPx,
  }));
}

/** Rows that lanes show, and how many of them stand together so that one request can be seen. */
export interface ShownRows {
  readonly first: number;
  /** A whole number of groups after `first`; may be beyond the map's last. */
  readonly end: number;
  readonly perGroup: number;
}

/** A drawn row is no lower than this. */
const LEAST_ROW_PX = 4;

/** The rows to show in a lane so high: those with requests in them, and one more on either side; a few where there are none. */
export function shownRows({ firstRow, endRow }: LatencyData, lanePx: number): ShownRows {
  const none = firstRow === endRow;
  const first = none ? 0 : Math.max(0, firstRow - 1);
  const rows = none ? 40 : endRow + 1 - first;
  let perGroup = 1;
  while (perGroup < rows && lanePx / Math.ceil(rows / perGroup) < LEAST_ROW_PX) perGroup += 1;
  return { first, end: first + Math.ceil(rows / perGroup) * perGroup, perGroup };
}

/** A latency that is named on the axis of a lane. */
export interface LatencyTick {
  readonly us: number;
  readonly label: string;
}

/** Where a latency lies in a lane, CSS px from the canvas's top; long ones are above. */
export function yOfLatency(rect: PlotRect, rows: ShownRows, us: number): number {
  const row = us <= 1 ? 0 : 2 * Math.log2(us);
  return rect.yPx + rect.heightPx * (1 - (row - rows.first) / (rows.end - rows.first));
}

/** Powers of ten to name beside a lane, as many as there is room for. */
export function latencyTicks(rect: PlotRect, rows: ShownRows): LatencyTick[] {
  const ticks: LatencyTick[] = [];
  let lastPx = Number.POSITIVE_INFINITY;
  for (let power = 0; power <= 8; power += 1) {
    const us = 10 ** power;
    const yPx = yOfLatency(rect, rows, us);
    if (yPx < rect.yPx + 4 || yPx > rect.yPx + rect.heightPx || lastPx - yPx < LEAST_TICK_PX) continue;
    ticks.push({ us, label: power < 3 ? `${us} µs` : power < 6 ? `${us / 1000} ms` : `${us / 1_000_000} s` });
    lastPx = yPx;
  }
  return ticks;
}

/** The first row of the group at a place in a lane. */
export function groupAt(rect: PlotRect, rows: ShownRows, yPx: number): number {
  const groups = (rows.end - rows.first) / rows.perGroup;
  const share = 1 - (yPx - rect.yPx) / rect.heightPx;
  return rows.first + Math.min(groups - 1, Math.max(0, Math.floor(share * groups))) * rows.perGroup;
}

/** How many requests a group of rows holds in a column. */
export function groupCount(
  counts: Uint32Array,
  columns: number,
  rows: ShownRows,
  firstRow: number,
  column: number,
): number {
  let count = 0;
  for (let row = firstRow; row < Math.min(firstRow + rows.perGroup, LATENCY_MAP_ROWS); row += 1) {
    count += counts[row * columns + column] ?? 0;
  }
  return count;
}

/** A lane's name stands so high, and so far from the lane's edges. */
const NAME_HEIGHT_PX = 14;
const NAME_EDGE_PX = 2;

/** Where a lane's name hides the fewest requests: in one of its corners, the upper left one where all are alike. */
export function namePlace(
  rect: PlotRect,
  rows: ShownRows,
  { counts, columns }: { readonly counts: Uint32Array; readonly columns: number },
  nameWidthPx: number,
): PlotRect {
  const size = { widthPx: nameWidthPx, heightPx: NAME_HEIGHT_PX };
  const rightPx = rect.xPx + rect.widthPx - nameWidthPx - NAME_EDGE_PX;
  const lowerPx = Math.max(rect.yPx, rect.yPx + rect.heightPx - NAME_HEIGHT_PX - NAME_EDGE_PX);
  const corners = [rect.yPx + NAME_EDGE_PX, lowerPx].flatMap((yPx) =>
    [rect.xPx + NAME_EDGE_PX, rightPx].map((xPx) => ({ ...size, xPx, yPx })),
  );
  const hidden = (corner: PlotRect): number => {
    const columnAtPx = (xPx: number): number => ((xPx - rect.xPx) / rect.widthPx) * columns;
    const [from, to] = [columnAtPx(corner.xPx), columnAtPx(corner.xPx + corner.widthPx)];
    const first = groupAt(rect, rows, corner.yPx + corner.heightPx);
    const last = groupAt(rect, rows, corner.yPx);
    let requests = 0;
    for (let row = first; row <= last; row += rows.perGroup) {
      for (let column = Math.max(0, Math.floor(from)); column < Math.min(columns, to); column += 1) {
        requests += groupCount(counts, columns, rows, row, column);
      }
    }
    return requests;
  };
  const places = corners.map((corner) => ({ corner, requests: hidden(corner) }));
  const best = places.reduce((least, place) => (place.requests < least.requests ? place : least));
  return best.corner;
}
