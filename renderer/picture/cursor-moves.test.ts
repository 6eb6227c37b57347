import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CELL_ORDERS, layoutOf } from '../grid/plane.ts';
import { drawnRectOf } from '../grid/plane-place.ts';
import { type CursorMove, type MoveView, moveCursor } from './cursor-moves.ts';

const VIEW: MoveView = {
  order: 'rows',
  squareShift: 0,
  cellShift: 12,
  rowCells: 128,
  level: 0,
  cellPx: 8,
};
const SIZE = 64n << 20n;
const MOVES: readonly CursorMove[] = [
  'left',
  'right',
  'up',
  'down',
  'rowStart',
  'rowEnd',
  'pageUp',
  'pageDown',
  'diskStart',
  'diskEnd',
];

describe('moveCursor', () => {
  it.each([
    ['left', 300, 299],
    ['right', 300, 301],
    ['up', 300, 172],
    ['down', 300, 428],
    ['rowStart', 300, 256],
    ['rowEnd', 300, 383],
    ['pageDown', 300, 300 + 99 * 128],
    ['pageUp', 300, 44],
    ['diskStart', 300, 0],
    ['diskEnd', 300, 16_383],
    ['left', 0, 0],
    ['right', 16_383, 16_383],
    ['down', 16_383, 16_383],
    ['up', 5, 5],
  ] as const)('moves %s from %d', (move, from, to) => {
    expect(moveCursor(VIEW, SIZE, 800, from, move)).toBe(to);
  });

  it('moves by drawn cells where a cell stands for several blocks', () => {
    expect(moveCursor({ ...VIEW, level: 2 }, SIZE, 800, 0, 'right')).toBe(4);
    expect(moveCursor({ ...VIEW, level: 2 }, SIZE, 800, 0, 'down')).toBe(512);
    expect(moveCursor({ ...VIEW, cellShift: 20 }, SIZE, 800, 0, 'right')).toBe(256);
  });

  it('moves by blocks where a cell is a sector', () => {
    expect(moveCursor({ ...VIEW, cellShift: 9 }, SIZE, 800, 7, 'right')).toBe(8);
    expect(moveCursor({ ...VIEW, cellShift: 9 }, SIZE, 800, 7, 'down')).toBe(23);
  });

  it('goes there and back over the rows of a serpentine', () => {
    const view: MoveView = { ...VIEW, order: 'serpentine' };
    expect(moveCursor(view, SIZE, 800, 127, 'down')).toBe(128);
    expect(moveCursor(view, SIZE, 800, 128, 'left')).toBe(129);
    expect(moveCursor(view, SIZE, 800, 128, 'right')).toBe(128);
    expect(moveCursor(view, SIZE, 800, 130, 'rowStart')).toBe(255);
    expect(moveCursor(view, SIZE, 800, 130, 'up')).toBe(125);
  });

  it.each(['left', 'right', 'up', 'down'] as const)(
    'moves one cell %s over a curve, as it is seen',
    (move) => {
      const [dx, dy] = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[move];
      for (const level of [0, 3]) {
        const view = { ...layoutOf(SIZE, { order: 'hilbert' }), level, cellPx: 8 };
        for (const block of [2500, 4800, 9000, 13_500]) {
          const from = drawnRectOf(view, block);
          const to = drawnRectOf(view, moveCursor(view, SIZE, 800, block, move));
          expect([to.col - from.col, to.row - from.row]).toEqual([dx, dy]);
        }
      }
    },
  );

  it('stays on the disk, whatever its size', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(...MOVES),
        fc.integer({ min: 0, max: 7 }),
        fc.constantFrom(...CELL_ORDERS),
        (size, share, move, level, order) => {
          const last = Number((size + 4095n) >> 12n) - 1;
          const from = Math.floor(share * last);
          const view = { ...layoutOf(size, { order, rowCells: 128 }), level, cellPx: 8 };
          const to = moveCursor(view, size, 700, from, move);
          expect(to).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(last);
          expect(Number.isInteger(to)).toBe(true);
        },
      ),
    );
  });
});
