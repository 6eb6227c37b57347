import { describe, expect, it } from 'vitest';
import { type Figure, judge, slope } from './trend.ts';

const HEAP: Figure = { name: 'heap', unit: 'MiB', boundShare: 0.05, boundUnits: 2 };

/** Repeatable noise between -1 and 1. */
function noise(at: number): number {
  return Math.sin(at * 12.9898) * 0.999;
}

describe('a figure of the soak', () => {
  it('holds where it only goes up and down', () => {
    const samples = Array.from({ length: 60 }, (_, at) => 100 + 3 * noise(at));
    expect(judge(HEAP, samples)).toMatchObject({ holds: true, bound: expect.closeTo(7, 0) });
  });

  it('holds where it rises at first and stays then', () => {
    expect(judge(HEAP, [20, 40, 60, 80, ...Array(8).fill(100)]).holds).toBe(true);
  });

  it('does not hold where it rises to the end, however small a step', () => {
    const steady = Array.from({ length: 60 }, (_, at) => 100 + 0.4 * at);
    const { holds, drift, start, end } = judge(HEAP, steady);
    expect(holds).toBe(false);
    expect(drift).toBeCloseTo(0.4 * 29, 9);
    expect(end - start).toBeCloseTo(0.4 * 45, 9);
    expect(
      judge(
        HEAP,
        steady.map((value, at) => value + noise(at)),
      ).holds,
    ).toBe(false);
  });

  it('does not hold where too little was seen, or a sample was not to be had', () => {
    expect(judge(HEAP, [100, 100, 100]).holds).toBe(false);
    expect(judge(HEAP, [...Array(9).fill(100), Number.NaN]).holds).toBe(false);
  });

  it('has the slope of a line', () => {
    expect(slope([1, 3, 5, 7])).toBe(2);
    expect(slope([4])).toBe(0);
  });
});
