/**
 * The latency below which `share` of the requests stay: the middle of its bucket, µs, and no more than the longest; NaN for none.
 * @param buckets requests by latency, `perOctave` buckets to a doubling, from 1 µs on.
 */
export function percentileUs(
  buckets: Uint32Array | Float64Array,
  share: number,
  maxUs: number,
  perOctave: number,
): number {
  let total = 0;
  for (const count of buckets) total += count;
  if (total === 0) return Number.NaN;
  let left = Math.ceil(total * share);
  for (const [bucket, count] of buckets.entries()) {
    left -= count;
    if (left <= 0) return Math.min(maxUs, 2 ** ((bucket + 0.5) / perOctave));
  }
  return maxUs;
}
