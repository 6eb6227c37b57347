import { columnsIn } from './bars.ts';
import type { TimeWindow } from './time-window.ts';
import type { TimelineData } from './timeline-data.ts';

/** A logarithmic scale of latencies in whole powers of ten. */
export interface LatencyScale {
  /** Power of ten, of µs, at the foot of the band. */
  readonly lowest: number;
  readonly decades: number;
}

/** Fewer decades would make a ripple look like a wave. */
const LEAST_DECADES = 2;

/** The scale that holds every latency that `window` shows; null when nothing was answered there. */
export function latencyScale(data: TimelineData, window: TimeWindow): LatencyScale | null {
  const [first, end] = columnsIn(data, window);
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let column = first; column < end; column += 1) {
    const p50 = data.p50Us[column] ?? Number.NaN;
    const max = data.maxUs[column] ?? Number.NaN;
    if (p50 < least) least = p50;
    if (max > most) most = max;
  }
  if (!(least <= most)) return null;
  const lowest = Math.floor(Math.log10(Math.max(least, 1)));
  const highest = Math.ceil(Math.log10(Math.max(most, 1)));
  return { lowest, decades: Math.max(highest - lowest, LEAST_DECADES) };
}

/** How far up the band a latency lies, 0 to 1. */
export function latencyShare(scale: LatencyScale, latencyUs: number): number {
  const share = (Math.log10(Math.max(latencyUs, 1)) - scale.lowest) / scale.decades;
  return Math.min(1, Math.max(0, share));
}
