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

/** A lane as its name is placed on it. */
export interface NamedLane {
  readonly rect: PlotRect;
  readonly counts: Uint32Array;
  readonly nameWidthPx: number;
}

/** Where the names of lanes stand: all in the same corner, that in which they hide the fewest requests, rather above and left. */
export function namePlaces(lanes: readonly NamedLane[], rows: ShownRows, columns: number): PlotRect[] {
  const corners = CORNERS.map((corner) => {
    const places = lanes.map((lane) => cornerOf(lane, corner));
    const hidden = places.map((place, i) => requestsUnder(place, lanes[i], rows, columns));
    return { places, requests: hidden.reduce((sum, count) => sum + count, 0) };
  });
  return corners.reduce((least, corner) => (corner.requests < least.requests ? corner : least)).places;
}

const CORNERS = [
  { right: false, below: false },
  { right: false, below: true },
  { right: true, below: false },
  { right: true, below: true },
] as const;

function cornerOf({ rect, nameWidthPx }: NamedLane, { right, below }: (typeof CORNERS)[number]): PlotRect {
  const spareXPx = rect.widthPx - nameWidthPx - NAME_EDGE_PX;
  const spareYPx = Math.max(0, rect.heightPx - NAME_HEIGHT_PX - NAME_EDGE_PX);
  return {
    xPx: rect.xPx + (right ? spareXPx : NAME_EDGE_PX),
    yPx: rect.yPx + (below ? spareYPx : Math.min(NAME_EDGE_PX, spareYPx)),
    widthPx: nameWidthPx,
    heightPx: NAME_HEIGHT_PX,
  };
}

function requestsUnder(
  place: PlotRect,
  lane: NamedLane | undefined,
  rows: ShownRows,
  columns: number,
): number {
  if (lane === undefined) return 0;
  const { rect, counts } = lane;
  const columnAtPx = (xPx: number): number => ((xPx - rect.xPx) / rect.widthPx) * columns;
  const fromColumn = Math.max(0, Math.floor(columnAtPx(place.xPx)));
  const toColumn = Math.min(columns, columnAtPx(place.xPx + place.widthPx));
  const lastRow = groupAt(rect, rows, place.yPx);
  let requests = 0;
  for (let row = groupAt(rect, rows, place.yPx + place.heightPx); row <= lastRow; row += rows.perGroup) {
    for (let column = fromColumn; column < toColumn; column += 1) {
      requests += groupCount(counts, columns, rows, row, column);
    }
  }
  return requests;
}
