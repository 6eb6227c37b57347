import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARK_KINDS, MarkField, type RangeMark, unionOf } from './marks.ts';
import { blockCount, CELL_ORDERS, layoutOf, planeOf } from './plane.ts';
import { drawnRectOf } from './plane-place.ts';

const marksOn = (blocks: number) =>
  fc.array(
    fc
      .tuple(fc.nat(blocks - 1), fc.nat(blocks - 1), fc.constantFrom(...MARK_KINDS))
      .map(([a, b, kind]) => ({ kind, firstBlock: Math.min(a, b), endBlock: Math.max(a, b) + 1 })),
    { maxLength: 12 },
  );

describe('MarkField', () => {
  it('marks exactly the cells of the marked blocks, and one around the window, in every layout', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }).chain((blocks) => fc.tuple(fc.constant(blocks), marksOn(blocks))),
        fc.constantFrom(...CELL_ORDERS),
        fc.integer({ min: 9, max: 14 }),
        fc.integer({ min: 0, max: 3 }),
        fc.nat(),
        fc.nat(),
        ([blocks, marks], order, cellShift, level, a, b) => {
          const size = BigInt(blocks) * 4096n;
          const layout = { ...layoutOf(size, { order, cellShift }), level };
          const plane = planeOf(size, layout);
          const col = a % plane.cols;
          const row = b % plane.rows;
          const window = {
            col,
            row,
            cols: Math.ceil((plane.cols - col) / 2),
            rows: Math.ceil((plane.rows - row) / 2),
          };
          const field = new MarkField(size, layout, window, marks, 64);
          const wanted = new Map<string, number>();
          for (const { kind, firstBlock, endBlock } of marks) {
            for (let block = firstBlock; block < endBlock; block += 1) {
              const rect = drawnRectOf(layout, block);
              for (let n = 0; n < rect.cols * rect.rows; n += 1) {
                const key = `${rect.col + (n % rect.cols)} ${rect.row + Math.floor(n / rect.cols)}`;
                wanted.set(key, (wanted.get(key) ?? 0) | (1 << MARK_KINDS.indexOf(kind)));
              }
            }
          }
          for (let y = -1; y <= window.rows; y += 1) {
            for (let x = -1; x <= window.cols; x += 1) {
              const got = field.bits[field.indexOf(x, y)];
              expect(got, `${order} ${x} ${y}`).toBe(wanted.get(`${col + x} ${row + y}`) ?? 0);
            }
          }
          expect(field.bits.length % 64).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('costs the window, not the ranges: 1000 marks of a disk of 8 EiB', () => {
    const size = (1n << 63n) - 1n;
    const blocks = blockCount(size);
    const marks: RangeMark[] = Array.from({ length: 1000 }, (_, i) => ({
      kind: MARK_KINDS[i % MARK_KINDS.length] ?? 'fault',
      firstBlock: i,
      endBlock: blocks - i,
    }));
    for (const order of CELL_ORDERS) {
      const layout = layoutOf(size, { order });
      const window = { col: 2 ** 20, row: 2 ** 20, cols: 300, rows: 200 };
      const startMs = performance.now();
      const field = new MarkField(size, layout, window, marks, 2048);
      // The marks have 2^61 blocks between them.
      expect(performance.now() - startMs).toBeLessThan(30_000);
      expect(field.bits[field.indexOf(0, 0)]).toBe(0b11_1111);
      expect(field.bits[field.indexOf(299, 199)]).toBe(0b11_1111);
    }
  });
});

describe('unionOf', () => {
  it('joins what overlaps or touches and stays on the disk', () => {
    const mark = (firstBlock: number, endBlock: number): RangeMark => ({
      kind: 'fault',
      firstBlock,
      endBlock,
    });
    expect(unionOf([mark(5, 9), mark(0, 3), mark(3, 4), mark(8, 20), mark(-4, 0)], 'fault', 12)).toEqual([
      [0, 4],
      [5, 12],
    ]);
    expect(unionOf([mark(0, 3)], 'selection', 12)).toEqual([]);
  });
});
