import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TilingOptions, tile } from './tiling.ts';

/** The whole cell size at which a square disk of 128 x 128 blocks fits. */
const square128 = (_: number, w: number, h: number): number => Math.floor(Math.min(w, h) / 128);

function options(overrides: Partial<TilingOptions>): TilingOptions {
  return {
    count: 1,
    widthPx: 1000,
    heightPx: 600,
    gapPx: 8,
    headerPx: 28,
    cellPxFor: square128,
    ...overrides,
  };
}

describe('tile', () => {
  it('gives one disk everything', () => {
    expect(tile(options({}))).toEqual([{ xPx: 0, yPx: 0, widthPx: 1000, heightPx: 600 }]);
  });

  it('puts five square disks in a wide window where their cells are largest', () => {
    const tiles = tile(options({ count: 5, widthPx: 1400, heightPx: 900 }));
    const columns = new Set(tiles.map((t) => t.xPx)).size;
    expect(columns).toBe(3);
    expect(square128(0, tiles[0]?.widthPx ?? 0, (tiles[0]?.heightPx ?? 0) - 28)).toBe(3);
  });

  it('stacks disks in a tall window', () => {
    const tiles = tile(options({ count: 3, widthPx: 400, heightPx: 1300 }));
    expect(new Set(tiles.map((t) => t.xPx)).size).toBe(1);
  });

  it('keeps tiles inside and apart in any window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 4000 }),
        fc.integer({ min: 0, max: 3000 }),
        (count, widthPx, heightPx) => {
          const tiles = tile(options({ count, widthPx, heightPx }));
          expect(tiles).toHaveLength(count);
          for (const [i, a] of tiles.entries()) {
            if (a.widthPx > 0) expect(a.xPx + a.widthPx).toBeLessThanOrEqual(widthPx);
            if (a.heightPx > 0) expect(a.yPx + a.heightPx).toBeLessThanOrEqual(heightPx);
            for (const b of tiles.slice(i + 1)) {
              const apart =
                a.xPx + a.widthPx <= b.xPx ||
                b.xPx + b.widthPx <= a.xPx ||
                a.yPx + a.heightPx <= b.yPx ||
                b.yPx + b.heightPx <= a.yPx;
              expect(apart).toBe(true);
            }
          }
        },
      ),
    );
  });
});

describe('the arrangement of', () => {
  it.each([1, 2, 3, 5, 12, 64])('%d disks has the largest whole cells there can be', (count) => {
    for (const [widthPx, heightPx] of [
      [1280, 800],
      [3440, 1000],
      [700, 1900],
      [1, 1],
      [333, 777],
    ] as const) {
      const given = options({ count, widthPx, heightPx });
      const tiles = tile(given);
      const got = square128(0, tiles[0]?.widthPx ?? 0, (tiles[0]?.heightPx ?? 0) - given.headerPx);
      for (let columns = 1; columns <= count; columns += 1) {
        const rows = Math.ceil(count / columns);
        const width = Math.floor((widthPx - (columns - 1) * given.gapPx) / columns);
        const height = Math.floor((heightPx - (rows - 1) * given.gapPx) / rows) - given.headerPx;
        expect(square128(0, Math.max(0, width), height)).toBeLessThanOrEqual(Math.max(got, 0));
      }
    }
  });
});
