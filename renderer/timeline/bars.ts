import { OP_COUNT } from '#shared/events/vocabulary.ts';
import type { TimeWindow } from './time-window.ts';
import { type LaneData, requestsIn, type TimelineData } from './timeline-data.ts';

/** How high the bars of the histogram are. All heights are whole device px. */

/** The most requests in one column of the lanes, of the columns that `window` shows; at least 1. */
export function mostRequests(data: TimelineData, lanes: readonly LaneData[], window: TimeWindow): number {
  const [first, end] = columnsIn(data, window);
  let most = 1;
  for (const lane of lanes) {
    for (let column = first; column < end; column += 1) most = Math.max(most, requestsIn(lane, column));
  }
  return most;
}

/** The columns that a window shows some of: the first and the one past the last. */
export function columnsIn(data: TimelineData, window: TimeWindow): readonly [first: number, end: number] {
  const { fromUs, toUs } = data.window;
  const columnsPerUs = data.columns / (toUs - fromUs);
  const first = Math.floor((window.fromUs - fromUs) * columnsPerUs);
  const end = Math.ceil((window.toUs - fromUs) * columnsPerUs);
  return [Math.min(Math.max(first, 0), data.columns), Math.min(Math.max(end, 0), data.columns)];
}

/**
 * Height of a bar for `requests` where the highest stands for `most`. It grows with the square root, so that a quiet hour
 * beside a busy minute can still be told from silence; whatever happened at all is `leastPx` high.
 */
export function barHeightPx(requests: number, most: number, fullPx: number, leastPx: number): number {
  if (requests === 0) return 0;
  return Math.max(Math.min(leastPx, fullPx), Math.round(Math.sqrt(Math.min(1, requests / most)) * fullPx));
}

/**
 * Divides a bar of `heightPx` among the operations of a column, by their share, into `out` (OP_COUNT long). Each that came at
 * all has a px, as long as there are as many. Hot path: no allocation.
 */
export function divideBar(lane: LaneData, column: number, heightPx: number, out: Uint16Array): void {
  let total = 0;
  let left = 0;
  for (let op = 0; op < OP_COUNT; op += 1) {
    const count = lane.requests[op]?.[column] ?? 0;
    total += count;
    if (count > 0) left += 1;
    out[op] = 0;
  }
  let free = heightPx;
  let rest = total;
  for (let op = 0; op < OP_COUNT && rest > 0; op += 1) {
    const count = lane.requests[op]?.[column] ?? 0;
    if (count === 0) continue;
    left -= 1;
    // Its share of what is left over, with a px kept for each of those to come.
    const share = Math.round((count / rest) * free);
    const px = Math.max(Math.min(share, free - left), Math.min(1, free));
    out[op] = px;
    free -= px;
    rest -= count;
  }
}
