import { columnsIn } from './bars.ts';
import type { TimeWindow } from './time-window.ts';
import { columnUs, requestsIn, type TimelineData } from './timeline-data.ts';

/** Stretches of at least `leastUs` in which no request arrived, as far as `window` shows them and `kept` knows of them. */
export function idleGaps(
  data: TimelineData,
  window: TimeWindow,
  kept: TimeWindow,
  leastUs: number,
): TimeWindow[] {
  const [first, end] = columnsIn(data, window);
  const gaps: TimeWindow[] = [];
  let begin: number | null = null;
  for (let column = first; column <= end; column += 1) {
    const idle = column < end && requestsIn(data.together, column) === 0;
    if (idle && begin === null) begin = column;
    if (idle || begin === null) continue;
    const fromUs = Math.max(columnUs(data, begin), kept.fromUs);
    const toUs = Math.min(columnUs(data, column), kept.toUs);
    if (toUs - fromUs >= leastUs) gaps.push({ fromUs, toUs });
    begin = null;
  }
  return gaps;
}
