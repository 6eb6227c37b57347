import { describe, expect, it } from 'vitest';
import { latencyScale, latencyShare } from './latency-scale.ts';
import { readsOf, T0 } from './testing/columns.ts';

describe('latencies', () => {
  it('lie on whole decades, at least two', () => {
    const data = readsOf([1, 1, 1], [120, 900, 45_000]);
    expect(latencyScale(data, data.window)).toEqual({ lowest: 2, decades: 3 });
    expect(latencyScale(data, { fromUs: T0, toUs: T0 + 1e6 })).toEqual({ lowest: 2, decades: 2 });
    expect(latencyShare({ lowest: 2, decades: 2 }, 1000)).toBeCloseTo(0.5);
    expect(latencyShare({ lowest: 2, decades: 2 }, 1)).toBe(0);
  });

  it('have no scale where nothing was answered', () => {
    const data = readsOf([1, 1]);
    expect(latencyScale(data, data.window)).toBeNull();
  });
});
