import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNTOUCHED_RUN } from './page.ts';
import { RunMap } from './run-map.ts';

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
});
