import { describe, expect, it } from 'vitest';
import { OP_COUNT } from '#shared/events/vocabulary.ts';
import { barHeightPx, columnsIn, divideBar, mostRequests } from './bars.ts';
import { laneOf, readsOf, T0 } from './testing/columns.ts';

describe('bars', () => {
  it('show what happened once beside what happened ten thousand times', () => {
    expect(barHeightPx(0, 10_000, 36, 1)).toBe(0);
    expect(barHeightPx(1, 10_000, 36, 1)).toBe(1);
    expect(barHeightPx(1, 1e9, 36, 2)).toBe(2);
    expect(barHeightPx(10_000, 10_000, 36, 1)).toBe(36);
    expect(barHeightPx(100, 10_000, 40, 1)).toBe(4);
  });

  it('give every operation that came a px of the bar, and no more px than it has', () => {
    const out = new Uint16Array(OP_COUNT);
    for (const counts of [
      [9999, 1],
      [1, 9999, 1, 0, 1],
      [5, 5],
      [0, 0, 3],
      [1, 1, 1, 1, 1, 1, 1],
    ]) {
      for (const heightPx of [7, 12, 36]) {
        divideBar(laneOf(counts), 0, heightPx, out);
        expect(out.reduce((sum, px) => sum + px, 0)).toBe(heightPx);
        for (const [op, px] of out.entries()) expect(px > 0, `${counts} ${op}`).toBe((counts[op] ?? 0) > 0);
      }
    }
    divideBar(laneOf([4, 4, 4]), 0, 2, out);
    expect(out.reduce((sum, px) => sum + px, 0)).toBe(2);
    divideBar(laneOf([75, 25]), 0, 40, out);
    expect([...out.subarray(0, 2)]).toEqual([30, 10]);
  });

  it('are measured by what is in sight', () => {
    const data = readsOf([1, 50, 3, 4]);
    const lanes = [data.together];
    expect(mostRequests(data, lanes, data.window)).toBe(50);
    expect(mostRequests(data, lanes, { fromUs: T0 + 2e6, toUs: T0 + 4e6 })).toBe(4);
    expect(columnsIn(data, { fromUs: T0 - 5e6, toUs: T0 + 1.5e6 })).toEqual([0, 2]);
    expect(columnsIn(data, { fromUs: T0 + 50e6, toUs: T0 + 60e6 })).toEqual([4, 4]);
  });
});
