import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

describe('LatencyHistogram', () => {
  it('gives percentiles at most 1/16 above the true ones, never below', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (samples, q) => {
          const histogram = new LatencyHistogram();
          for (const sample of samples) histogram.add(sample);
          const sorted = samples.toSorted((a, b) => a - b);
          const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
          const told = histogram.percentileUs(q) ?? -1;
          expect(told).toBeGreaterThanOrEqual(exact);
          expect(told).toBeLessThanOrEqual(exact * (1 + 1 / 16));
        },
      ),
    );
  });

  it('does not count latencies that nobody knows', () => {
    const histogram = new LatencyHistogram();
    histogram.add(Number.NaN);
    expect(histogram.percentileUs(0.5)).toBeNull();
  });

  it('takes the longest of times without losing them', () => {
    const histogram = new LatencyHistogram();
    histogram.add(2 ** 50);
    expect(histogram.count).toBe(1);
    expect(histogram.maxUs).toBe(2 ** 50);
  });
});
