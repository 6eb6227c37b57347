import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockAt,
  cellRectOf,
  clampView,
  fitView,
  type GridView,
  panBy,
  placeAt,
  type RectPx,
  revealBlock,
  zoomAbout,
} from './grid-view.ts';
import { blockCount, CELL_ORDERS, defaultRowCells, planeOf, rowBlocks } from './plane.ts';
import { drawnRectOf, isOnDisk } from './plane-place.ts';

const MIB = 1n << 20n;
const EIB = 1n << 60n;

const sizes = fc.oneof(
  fc.bigInt({ min: 1n, max: 64n * MIB }),
  fc.bigInt({ min: 1n, max: 7n * EIB }),
  fc.constantFrom(4096n, 64n * MIB, 7n * EIB, 8n * EIB - 1n),
);
const panels = fc.record({ w: fc.integer({ min: 20, max: 3000 }), h: fc.integer({ min: 20, max: 2000 }) });
const shifts = fc.integer({ min: 9, max: 20 });
const orders = fc.constantFrom(...CELL_ORDERS);

/** Any block of a disk, by a share of its length. */
function blockOf(sizeBytes: bigint, share: number): number {
  return Math.min(blockCount(sizeBytes) - 1, Math.floor(blockCount(sizeBytes) * share));
}

function firstFoundIn(
  rect: RectPx,
  cellPx: number,
  find: (xPx: number, yPx: number) => number | null,
): number | null {
  for (let yPx = rect.yPx; yPx < rect.yPx + rect.heightPx; yPx += cellPx) {
    for (let xPx = rect.xPx; xPx < rect.xPx + rect.widthPx; xPx += cellPx) {
      const found = find(xPx, yPx);
      if (found !== null) return found;
    }
  }
  return null;
}

describe('fitView', () => {
  it('shows 64 MiB whole, in the largest whole px a cell, centred', () => {
    const view = fitView(64n * MIB, 1000, 900);
    expect(view).toEqual({
      order: 'rows',
      squareShift: 0,
      cellShift: 12,
      rowCells: 128,
      level: 0,
      cellPx: 7,
      originXPx: -52,
      originYPx: -2,
    });
  });

  it('shows everything, and would not fit one px larger or one level finer', () => {
    fc.assert(
      fc.property(sizes, panels, shifts, orders, (sizeBytes, { w, h }, cellShift, order) => {
        const view = fitView(sizeBytes, w, h, { cellShift, order });
        const { cols, rows } = planeOf(sizeBytes, view);
        const fits = (cellPx: number): boolean => cols * cellPx <= w && rows * cellPx <= h;
        expect(fits(view.cellPx)).toBe(true);
        expect(view.cellPx).toBeGreaterThanOrEqual(2);
        expect(view.cellPx === 64 || !fits(view.cellPx + 1)).toBe(true);
        if (view.level > 0) {
          const finer = planeOf(sizeBytes, { ...view, level: view.level - 1 });
          expect(finer.cols * 2 > w || finer.rows * 2 > h).toBe(true);
        }
      }),
    );
  });

  it('gives the smallest cells where even one column is too high for the panel', () => {
    const view = fitView(64n * MIB, 20, 20, { rowCells: 8 });
    expect(view.level).toBe(3);
    expect(view.cellPx).toBe(2);
  });
});

describe('blockAt and cellRectOf', () => {
  it('find each other at every size, cell and zoom', () => {
    fc.assert(
      fc.property(
        sizes,
        panels,
        shifts,
        orders,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: -60, max: 60 }),
        (sizeBytes, { w, h }, cellShift, order, share, steps) => {
          const fitted = fitView(sizeBytes, w, h, { cellShift, order });
          const zoomed = zoomAbout(fitted, sizeBytes, w / 2, h / 2, steps);
          const block = blockOf(sizeBytes, share);
          const view = revealBlock(zoomed, sizeBytes, block, w, h);
          const rect = cellRectOf(view, block);
          // Of a last block that the disk ends in, only some cells are there; where a row runs back, the right ones.
          const found = firstFoundIn(rect, view.cellPx, (xPx, yPx) => blockAt(view, sizeBytes, xPx, yPx));
          expect(found).not.toBeNull();
          const again = cellRectOf(view, found ?? -1);
          expect(again).toEqual(rect);
          if (view.level === 0 && cellShift <= 12) expect(found).toBe(block);
        },
      ),
      {
        examples: [
          [3_122_198_580_045_361_153n, { w: 20, h: 20 }, 9, 'serpentine', 0.999_999_999_999_998_7, 48],
        ],
      },
    );
  });

  it('give every block a place of its own, whatever the order', () => {
    for (const order of CELL_ORDERS) {
      for (const blocks of [1n, 5n, 16n, 77n, 200n]) {
        for (const cellShift of [9, 10, 11, 12]) {
          const view = fitView(blocks * 4096n, 3000, 3000, { cellShift, order });
          expect(view.level).toBe(0);
          const plane = planeOf(blocks * 4096n, view);
          const seen = new Map<string, string>();
          for (let block = 0; block < blocks; block += 1) {
            const rect = drawnRectOf(view, block);
            expect(rect.cols * rect.rows).toBe(2 ** (12 - cellShift));
            for (let sector = 0; sector < rect.cols * rect.rows; sector += 1) {
              const col = rect.col + (sector % rect.cols);
              const row = rect.row + Math.floor(sector / rect.cols);
              expect(isOnDisk(view, plane, col, row)).toBe(true);
              const px = (cell: number, originPx: number): number => cell * view.cellPx - originPx;
              const place = placeAt(view, blocks * 4096n, px(col, view.originXPx), px(row, view.originYPx));
              expect(place?.block).toBe(block);
              seen.set(`${col} ${row}`, `${block} ${place?.sector}`);
            }
          }
          expect(new Set(seen.values()).size).toBe(Number(blocks) * 2 ** (12 - cellShift));
          let onDisk = 0;
          for (let row = 0; row < plane.rows; row += 1) {
            for (let col = 0; col < plane.cols; col += 1) if (isOnDisk(view, plane, col, row)) onDisk += 1;
          }
          expect(onDisk).toBe(seen.size);
        }
      }
    }
  });

  it('turn at the end of a row in the serpentine order', () => {
    const view: GridView = {
      order: 'serpentine',
      squareShift: 0,
      cellShift: 12,
      rowCells: 8,
      level: 0,
      cellPx: 10,
      originXPx: 0,
      originYPx: 0,
    };
    expect(cellRectOf(view, 7)).toMatchObject({ xPx: 70, yPx: 0 });
    expect(cellRectOf(view, 8)).toMatchObject({ xPx: 70, yPx: 10 });
    expect(cellRectOf(view, 15)).toMatchObject({ xPx: 0, yPx: 10 });
    expect(cellRectOf(view, 16)).toMatchObject({ xPx: 0, yPx: 20 });
    const size = 10n * 4096n;
    expect(blockAt(view, size, 65, 15)).toBe(9);
    expect(blockAt(view, size, 55, 15)).toBeNull();
    expect(placeAt({ ...view, cellShift: 9 }, size, 75, 15)).toEqual({ block: 1, sector: 0 });
  });

  it('find nothing beside the disk, nor past the end of its last row', () => {
    const size = 10n * 4096n;
    const view: GridView = {
      order: 'rows',
      squareShift: 0,
      cellShift: 12,
      rowCells: 8,
      level: 0,
      cellPx: 10,
      originXPx: -5,
      originYPx: -5,
    };
    expect(blockAt(view, size, 4, 4)).toBeNull();
    expect(blockAt(view, size, 5, 5)).toBe(0);
    expect(blockAt(view, size, 84, 5)).toBe(7);
    expect(blockAt(view, size, 85, 5)).toBeNull();
    expect(blockAt(view, size, 24, 24)).toBe(9);
    expect(blockAt(view, size, 25, 24)).toBeNull();
    expect(blockAt(view, size, 10, 25)).toBeNull();
  });

  it('tell the sector where cells are sectors', () => {
    const view = fitView(MIB, 512, 512, { cellShift: 9 });
    expect(view.rowCells).toBe(64);
    const rect = cellRectOf(view, 9);
    expect(rect.widthPx).toBe(8 * view.cellPx);
    expect(placeAt(view, MIB, rect.xPx + 3 * view.cellPx, rect.yPx)).toEqual({ block: 9, sector: 3 });
  });
});

describe('zoomAbout', () => {
  it('keeps what is under the pointer under it, to the nearest px', () => {
    fc.assert(
      fc.property(
        sizes,
        shifts,
        orders,
        panels,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 8 }),
        (sizeBytes, cellShift, order, { w, h }, share, moves) => {
          const pointerX = Math.floor(w * share);
          const pointerY = Math.floor(h * share);
          let view = fitView(sizeBytes, w, h, { cellShift, order });
          for (const steps of moves) {
            const next = zoomAbout(view, sizeBytes, pointerX, pointerY, steps);
            // Where the pointer is, in cells of the plane: it must not move by more than half a px of either view.
            const before = ((view.originXPx + pointerX + 0.5) * 2 ** view.level) / view.cellPx;
            const after = ((next.originXPx + pointerX + 0.5) * 2 ** next.level) / next.cellPx;
            expect(Math.abs(after - before)).toBeLessThanOrEqual(
              (0.5 * 2 ** next.level) / next.cellPx + 1e-6,
            );
            expect(Number.isInteger(next.originXPx) && Number.isInteger(next.originYPx)).toBe(true);
            view = next;
          }
        },
      ),
    );
  });

  it('goes to 64 px a cell and back to the whole disk', () => {
    const size = 7n * EIB;
    const fitted = fitView(size, 800, 600);
    const close = zoomAbout(fitted, size, 400, 300, 1000);
    expect(close).toMatchObject({ level: 0, cellPx: 64 });
    const far = zoomAbout(close, size, 400, 300, -1000);
    const { cols, rows } = planeOf(size, far);
    expect(Math.max(cols, rows) * far.cellPx).toBeLessThanOrEqual(800);
  });

  it('takes each rung once on the way in and on the way out', () => {
    const size = 1n << 40n;
    const start = zoomAbout(fitView(size, 800, 600), size, 0, 0, -1000);
    const way: string[] = [];
    let view = start;
    for (;;) {
      way.push(`${view.level}:${view.cellPx}`);
      const next = zoomAbout(view, size, 0, 0, 1);
      if (next === view) break;
      view = next;
    }
    expect(way.slice(-12)).toEqual([
      '1:3',
      '0:2',
      '0:3',
      '0:4',
      '0:6',
      '0:8',
      '0:12',
      '0:16',
      '0:24',
      '0:32',
      '0:48',
      '0:64',
    ]);
    const back = [`${view.level}:${view.cellPx}`];
    for (;;) {
      const next = zoomAbout(view, size, 0, 0, -1);
      if (next === view) break;
      view = next;
      back.push(`${view.level}:${view.cellPx}`);
    }
    expect(back).toEqual(way.toReversed());
  });

  it('goes to the next rung from a fitted size between two', () => {
    const view = fitView(64n * MIB, 1000, 900);
    expect(view.cellPx).toBe(7);
    expect(zoomAbout(view, 64n * MIB, 0, 0, 1).cellPx).toBe(8);
    expect(zoomAbout(view, 64n * MIB, 0, 0, -1).cellPx).toBe(6);
  });
});

describe('panBy and clampView', () => {
  it('move by whole px and keep the disk in the panel', () => {
    fc.assert(
      fc.property(
        sizes,
        panels,
        fc.integer({ min: -40, max: 40 }),
        fc.double({ min: -1e12, max: 1e12, noNaN: true }),
        (sizeBytes, { w, h }, steps, distance) => {
          const zoomed = zoomAbout(fitView(sizeBytes, w, h), sizeBytes, 0, 0, steps);
          const view = clampView(panBy(zoomed, distance, -distance), sizeBytes, w, h);
          const { cols, rows } = planeOf(sizeBytes, view);
          const inside = (origin: number, plane: number, panel: number): boolean =>
            plane <= panel ? origin <= 0 && origin + panel >= plane : origin >= 0 && origin + panel <= plane;
          expect(inside(view.originXPx, cols * view.cellPx, w)).toBe(true);
          expect(inside(view.originYPx, rows * view.cellPx, h)).toBe(true);
          expect(Number.isInteger(view.originXPx)).toBe(true);
        },
      ),
    );
  });

  it('leave a view alone that needs nothing', () => {
    const view = fitView(64n * MIB, 1000, 900);
    expect(clampView(view, 64n * MIB, 1000, 900)).toBe(view);
  });
});

describe('revealBlock', () => {
  it('pans only when the block is out of sight', () => {
    const size = 7n * EIB;
    const view = zoomAbout(fitView(size, 800, 600), size, 400, 300, 1000);
    const last = blockCount(size) - 1;
    const there = revealBlock(view, size, last, 800, 600);
    const rect = cellRectOf(there, last);
    expect(rect.xPx).toBeGreaterThanOrEqual(0);
    expect(rect.xPx + rect.widthPx).toBeLessThanOrEqual(800);
    expect(rect.yPx + rect.heightPx).toBeLessThanOrEqual(600);
    expect(revealBlock(there, size, last, 800, 600)).toBe(there);
    expect(rowBlocks(there)).toBe(defaultRowCells(size, 12));
  });
});
