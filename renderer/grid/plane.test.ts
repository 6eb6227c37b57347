import { describe, expect, it } from 'vitest';
import { defaultRowCells, isAggregated, planeOf, rowBlocks, rowCellsRange } from './plane.ts';

const EIB = 1n << 60n;

describe('defaultRowCells', () => {
  it('shows 64 MiB as 128 x 128 cells of 4 KiB', () => {
    expect(defaultRowCells(64n << 20n, 12)).toBe(128);
    expect(planeOf(64n << 20n, { cellShift: 12, rowCells: 128, level: 0 })).toEqual({
      cols: 128,
      rows: 128,
      lastRowCols: 128,
    });
  });

  it('makes the picture at least as wide as high', () => {
    for (const size of [1n, 4096n, 4097n, 10n << 20n, 128n << 20n, 3n << 40n, 7n * EIB, 8n * EIB - 1n]) {
      for (const cellShift of [9, 12, 20]) {
        const rowCells = defaultRowCells(size, cellShift);
        const { rows } = planeOf(size, { cellShift, rowCells, level: 0 });
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
    const layout = { cellShift: 12, rowCells: 8, level: 0 };
    expect(planeOf(10n * 4096n + 1n, layout)).toEqual({ cols: 8, rows: 2, lastRowCols: 3 });
    expect(planeOf(16n * 4096n, layout)).toEqual({ cols: 8, rows: 2, lastRowCols: 8 });
    expect(planeOf(0n, layout).rows).toBe(0);
  });

  it('draws an aggregated cell where any of its cells is on the disk', () => {
    const layout = { cellShift: 12, rowCells: 8, level: 1 };
    expect(planeOf(17n * 4096n, layout)).toEqual({ cols: 4, rows: 2, lastRowCols: 1 });
    expect(planeOf(30n * 4096n, layout)).toEqual({ cols: 4, rows: 2, lastRowCols: 4 });
  });

  it('is exact at 7 EiB', () => {
    const plane = planeOf(7n * EIB, { cellShift: 12, rowCells: 2 ** 26, level: 0 });
    expect(plane.cols * plane.rows).toBe(7 * 2 ** 48);
    expect(planeOf(7n * EIB - 4096n, { cellShift: 12, rowCells: 2 ** 26, level: 0 }).lastRowCols).toBe(
      2 ** 26 - 1,
    );
  });
});

describe('rowBlocks and isAggregated', () => {
  it('count blocks in a row whatever the cell stands for', () => {
    expect(rowBlocks({ cellShift: 9, rowCells: 64, level: 0 })).toBe(8);
    expect(rowBlocks({ cellShift: 20, rowCells: 64, level: 0 })).toBe(64 * 256);
  });

  it('call a cell aggregated where it stands for neighbours', () => {
    expect(isAggregated({ cellShift: 12, rowCells: 8, level: 0 })).toBe(false);
    expect(isAggregated({ cellShift: 9, rowCells: 8, level: 0 })).toBe(false);
    expect(isAggregated({ cellShift: 13, rowCells: 8, level: 0 })).toBe(true);
    expect(isAggregated({ cellShift: 9, rowCells: 8, level: 1 })).toBe(true);
  });
});
