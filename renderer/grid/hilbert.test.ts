import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DOWNWARDS, HilbertCurve, TO_THE_RIGHT } from './hilbert.ts';

/** The well-known way from an index to a place, one level at a time: starts at the left top, ends at the right top. */
function placeOf(levels: number, index: number): readonly [x: number, y: number] {
  let x = 0;
  let y = 0;
  let left = index;
  for (let side = 1; side < 2 ** levels; side *= 2) {
    const right = 1 & Math.floor(left / 2);
    const down = 1 & (left ^ right);
    if (down === 0) {
      if (right === 1) {
        x = side - 1 - x;
        y = side - 1 - y;
      }
      [x, y] = [y, x];
    }
    x += side * right;
    y += side * down;
    left = Math.floor(left / 4);
  }
  return [x, y];
}

const levelsAndWay = fc.record({
  levels: fc.integer({ min: 0, max: 7 }),
  way: fc.constantFrom(TO_THE_RIGHT, DOWNWARDS),
});

describe('HilbertCurve', () => {
  it('is the curve that the textbook rule draws', () => {
    for (const levels of [1, 2, 5, 6, 7]) {
      const right = new HilbertCurve(levels, TO_THE_RIGHT);
      const down = new HilbertCurve(levels, DOWNWARDS);
      for (let index = 0; index < 4 ** levels; index += 1) {
        const [x, y] = placeOf(levels, index);
        right.locate(index);
        down.locate(index);
        expect([right.x, right.y]).toEqual([x, y]);
        expect([down.x, down.y]).toEqual([right.y, right.x]);
      }
    }
  });

  it('goes through every place once, one step at a time, from corner to corner', () => {
    for (const levels of [0, 1, 4, 6, 7]) {
      const curve = new HilbertCurve(levels, TO_THE_RIGHT);
      const seen = new Set<string>();
      let before = [0, -1];
      for (let index = 0; index < 4 ** levels; index += 1) {
        curve.locate(index);
        const { x, y } = curve;
        seen.add(`${x} ${y}`);
        if (index > 0) expect(Math.abs(x - (before[0] ?? 0)) + Math.abs(y - (before[1] ?? 0))).toBe(1);
        before = [x, y];
      }
      expect(seen.size).toBe(4 ** levels);
      expect(before).toEqual([2 ** levels - 1, 0]);
    }
  });

  it('finds the index of every place again, at any size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 26 }),
        fc.constantFrom(TO_THE_RIGHT, DOWNWARDS),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (levels, way, share) => {
          const curve = new HilbertCurve(levels, way);
          const index = Math.floor(share * 4 ** levels);
          curve.locate(index);
          expect(curve.x).toBeLessThan(2 ** levels);
          expect(curve.y).toBeLessThan(2 ** levels);
          curve.find(curve.x, curve.y);
          expect(curve.high * 4096 + curve.low).toBe(index);
        },
      ),
    );
  });

  it('at a coarser level is in the same quarter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25 }), fc.double({ min: 0, max: 0.999 }), (levels, share) => {
        const index = Math.floor(share * 4 ** levels);
        const fine = new HilbertCurve(levels, DOWNWARDS);
        const coarse = new HilbertCurve(levels - 1, DOWNWARDS);
        fine.locate(index);
        coarse.locate(Math.floor(index / 4));
        expect([Math.floor(fine.x / 2), Math.floor(fine.y / 2)]).toEqual([coarse.x, coarse.y]);
      }),
    );
  });

  it('tells how far its first places reach', () => {
    fc.assert(
      fc.property(levelsAndWay, fc.nat(), ({ levels, way }, n) => {
        const count = n % (4 ** levels + 1);
        const curve = new HilbertCurve(levels, way);
        let x = 0;
        let y = 0;
        for (let index = 0; index < count; index += 1) {
          curve.locate(index);
          x = Math.max(x, curve.x + 1);
          y = Math.max(y, curve.y + 1);
        }
        expect(curve.reach(count)).toEqual({ x, y });
      }),
    );
  });

  const rects = fc.record({
    levels: fc.integer({ min: 0, max: 8 }),
    a: fc.nat(),
    b: fc.nat(),
    c: fc.nat(),
    d: fc.nat(),
  });

  it('walks exactly the places of a range that lie in a rectangle, in order', () => {
    fc.assert(
      fc.property(rects, fc.nat(), fc.nat(), ({ levels, a, b, c, d }, n, m) => {
        const side = 2 ** levels;
        const within = { x0: a % side, y0: b % side, x1: (c % side) + 1, y1: (d % side) + 1 };
        const first = n % 4 ** levels;
        const end = first + (m % (4 ** levels - first)) + 1;
        const curve = new HilbertCurve(levels, DOWNWARDS);
        const wanted: number[][] = [];
        for (let index = first; index < end; index += 1) {
          curve.locate(index);
          const { x, y } = curve;
          if (x >= within.x0 && x < within.x1 && y >= within.y0 && y < within.y1) wanted.push([x, y, index]);
        }
        const got: number[][] = [];
        curve.walk(first, end, within, (x, y, index) => got.push([x, y, index]));
        expect(got).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });

  it('covers a rectangle with ranges that are apart and hold all of it', () => {
    fc.assert(
      fc.property(rects, fc.integer({ min: 1, max: 16 }), ({ levels, a, b, c, d }, grain) => {
        const side = 2 ** levels;
        const within = { x0: a % side, y0: b % side, x1: (c % side) + 1, y1: (d % side) + 1 };
        const curve = new HilbertCurve(levels, TO_THE_RIGHT);
        const ranges: [number, number][] = [];
        curve.cover(within, grain, (first, end) => ranges.push([first, end]));
        for (let i = 1; i < ranges.length; i += 1)
          expect(ranges[i]?.[0]).toBeGreaterThan(ranges[i - 1]?.[1] ?? 0);
        for (let y = within.y0; y < within.y1; y += 1) {
          for (let x = within.x0; x < within.x1; x += 1) {
            curve.find(x, y);
            const index = curve.high * 4096 + curve.low;
            expect(ranges.some(([first, end]) => index >= first && index < end)).toBe(true);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('walks a window of a curve over a whole disk of 8 EiB at once', () => {
    const curve = new HilbertCurve(26, DOWNWARDS);
    const at = 2 ** 25 - 50;
    let visited = 0;
    curve.walk(0, 4 ** 26, { x0: at, y0: at, x1: at + 100, y1: at + 80 }, () => {
      visited += 1;
    });
    expect(visited).toBe(8000);
  });
});
