import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COARSE, KIND_MASK } from './block-state.ts';
import { UNTOUCHED_RUN } from './page.ts';
import { MAX_RUNS, RunMap } from './run-map.ts';

describe('RunMap', () => {
  it('holds for each page what was last put over it, in as few runs as there are', () => {
    const update = fc.record({ from: fc.nat(40), length: fc.nat(15), state: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(update, { maxLength: 25 }), (updates) => {
        const map = new RunMap();
        const plain = new Array<number>(60).fill(0);
        for (const { from, length, state } of updates) {
          map.update(from, from + length, () => ({ ...UNTOUCHED_RUN, state }));
          plain.fill(state, from, from + length);
        }
        expect(plain.map((_, page) => map.at(page).state)).toEqual(plain);
        expect(map.starts).toEqual(map.starts.toSorted((a, b) => a - b));
        const changes = plain.filter((state, page) => page > 0 && state !== plain[page - 1]).length;
        expect(map.starts.length).toBe(changes + 1);
      }),
    );
  });

  it('visits the runs of a range, cut to it', () => {
    const map = new RunMap();
    map.update(10, 20, (record) => ({ ...record, state: 1 }));
    const seen: number[][] = [];
    map.forEach(5, 15, (record, from, to) => seen.push([record.state, from, to]));
    expect(seen).toEqual([
      [0, 5, 10],
      [1, 10, 15],
    ]);
  });

  it('stays within its number of runs, widens what was touched and hides nothing', () => {
    const map = new RunMap();
    const pages = 2 ** 41;
    const touched: number[] = [];
    for (let i = 0; i < 40_000; i += 1) {
      const page = Math.floor(((i * 0.618_033_988_749_895) % 1) * pages);
      const state = 1 + (i % 3);
      map.update(page, page + 1, (record) => ({ ...record, state, lastOp: state, lastMs: i + 1 }));
      if (map.isFull) map.coarsen();
      touched.push(page);
    }
    expect(map.starts.length).toBeLessThanOrEqual(MAX_RUNS);
    expect(map.starts.length).toBe(map.records.length);
    expect(map.grain).toBeGreaterThan(1);
    expect(map.starts.every((start) => start % map.grain === 0)).toBe(true);
    expect(touched.filter((page) => (map.at(page).state & KIND_MASK) === 0)).toEqual([]);
  });

  it('widens by no more than a unit on either side, and shows the later of two that meet in one', () => {
    const map = new RunMap();
    const put = (from: number, to: number, state: number, lastMs: number): void =>
      map.update(from, to, (record) => ({ ...record, state, lastOp: 1, lastMs }));
    put(5, 21, 1, 1);
    put(21, 40, 2, 2);
    put(1000, 1001, 3, 3);
    map.coarsen();
    expect(map.grain).toBe(2);
    const seen: number[][] = [];
    map.forEach(0, 2000, (record, from, to) => seen.push([record.state & KIND_MASK, from, to]));
    expect(seen).toEqual([
      [0, 0, 4],
      [1, 4, 20],
      [2, 20, 40],
      [0, 40, 1000],
      [3, 1000, 1002],
      [0, 1002, 2000],
    ]);
    expect(map.at(1001).state & COARSE).toBe(COARSE);
  });
});
