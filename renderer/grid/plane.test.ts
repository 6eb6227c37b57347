import { describe, expect, it } from 'vitest';
import { defaultRowCells, isAggregated, layoutOf, planeOf, rowBlocks, rowCellsRange } from './plane.ts';

const ROWS = { order: 'rows', squareShift: 0 } as const;

const EIB = 1n << 60n;

describe('defaultRowCells', () => {
  it('shows 64 MiB as 128 x 128 cells of 4 KiB', () => {
    expect(defaultRowCells(64n << 20n, 12)).toBe(128);
    expect(planeOf(64n << 20n, { ...ROWS, cellShift: 12, rowCells: 128, level: 0 })).toEqual({
      cols: 128,
      rows: 128,
      ending: 128,
    });
  });

  it('makes the picture at least as wide as high', () => {
    for (const size of [1n, 4096n, 4097n, 10n << 20n, 128n << 20n, 3n << 40n, 7n * EIB, 8n * EIB - 1n]) {
      for (const cellShift of [9, 12, 20]) {
        const rowCells = defaultRowCells(size, cellShift);
        const { rows } = planeOf(size, { ...ROWS, cellShift, rowCells, level: 0 });
        expect(rows).toBeLessThanOrEqual(rowCells);
      }
    }
  });

  it('offers widths around it by hand, never less than a block wide', () => {
    expect(rowCellsRange(64n << 20n, 12)).toEqual({ min: 8, max: 2048 });
  });
});

describe('planeOf', () => {
  it('ends a partial last row where the disk ends', () => {
    const layout = { ...ROWS, cellShift: 12, rowCells: 8, level: 0 };
    expect(planeOf(10n * 4096n + 1n, layout)).toEqual({ cols: 8, rows: 2, ending: 3 });
    expect(planeOf(16n * 4096n, layout)).toEqual({ cols: 8, rows: 2, ending: 8 });
    expect(planeOf(0n, layout).rows).toBe(0);
  });

  it('draws an aggregated cell where any of its cells is on the disk', () => {
    const layout = { ...ROWS, cellShift: 12, rowCells: 8, level: 1 };
    expect(planeOf(17n * 4096n, layout)).toEqual({ cols: 4, rows: 2, ending: 1 });
    expect(planeOf(30n * 4096n, layout)).toEqual({ cols: 4, rows: 2, ending: 4 });
  });

  it('is exact at 7 EiB', () => {
    const plane = planeOf(7n * EIB, { ...ROWS, cellShift: 12, rowCells: 2 ** 26, level: 0 });
    expect(plane.cols * plane.rows).toBe(7 * 2 ** 48);
    expect(planeOf(7n * EIB - 4096n, { ...ROWS, cellShift: 12, rowCells: 2 ** 26, level: 0 }).ending).toBe(
      2 ** 26 - 1,
    );
  });
});

describe('planeOf along Hilbert curves', () => {
  const plane = (size: bigint, rowCells?: number) =>
    planeOf(size, layoutOf(size, { order: 'hilbert', ...(rowCells === undefined ? {} : { rowCells }) }));

  it('is one square where the disk fills it', () => {
    expect(plane(64n << 20n)).toEqual({ cols: 128, rows: 128, ending: 16_384 });
  });

  it('is two squares side by side for half of that', () => {
    expect(plane(32n << 20n)).toEqual({ cols: 128, rows: 64, ending: 8192 });
  });

  it('is a strip, wide or high, where the row width asks for one', () => {
    expect(plane(64n << 20n, 512)).toEqual({ cols: 512, rows: 32, ending: 16_384 });
    expect(plane(64n << 20n, 32)).toEqual({ cols: 32, rows: 512, ending: 16_384 });
  });

  it('reaches no farther than the disk', () => {
    expect(plane(4096n)).toEqual({ cols: 1, rows: 1, ending: 1 });
    expect(plane(5n * 4096n)).toEqual({ cols: 2, rows: 3, ending: 5 });
    expect(plane(7n * EIB)).toEqual({ cols: 2 ** 26, rows: 2 ** 25, ending: 7 * 2 ** 48 });
  });
});

describe('rowBlocks and isAggregated', () => {
  it('count blocks in a row whatever the cell stands for', () => {
    expect(rowBlocks({ ...ROWS, cellShift: 9, rowCells: 64, level: 0 })).toBe(8);
    expect(rowBlocks({ ...ROWS, cellShift: 20, rowCells: 64, level: 0 })).toBe(64 * 256);
  });

  it('call a cell aggregated where it stands for neighbours', () => {
    expect(isAggregated({ ...ROWS, cellShift: 12, rowCells: 8, level: 0 })).toBe(false);
    expect(isAggregated({ ...ROWS, cellShift: 9, rowCells: 8, level: 0 })).toBe(false);
    expect(isAggregated({ ...ROWS, cellShift: 13, rowCells: 8, level: 0 })).toBe(true);
    expect(isAggregated({ ...ROWS, cellShift: 9, rowCells: 8, level: 1 })).toBe(true);
  });
});
