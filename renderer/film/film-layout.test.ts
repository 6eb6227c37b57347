import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planeOf } from '../grid/plane.ts';
import { type BoxPx, type FilmLayoutOptions, layOutFilm } from './film-layout.ts';
import { FULL_COLOR, HALVED_COLOR } from './film-view.ts';

const MIB = 1n << 20n;

function options(
  change: Partial<FilmLayoutOptions> & { readonly sizes?: readonly bigint[] } = {},
): FilmLayoutOptions {
  const { sizes = [64n * MIB], ...rest } = change;
  return {
    widthPx: 1280,
    heightPx: 720,
    disks: sizes.map((sizeBytes, id) => ({ id, name: `disk ${id + 1}`, sizeBytes })),
    grain: HALVED_COLOR,
    captions: true,
    legend: true,
    order: 'rows',
    cellShift: 12,
    rowCells: null,
    ...rest,
  };
}

function overlap(a: BoxPx, b: BoxPx): boolean {
  const across = a.xPx < b.xPx + b.widthPx && b.xPx < a.xPx + a.widthPx;
  return across && a.yPx < b.yPx + b.heightPx && b.yPx < a.yPx + a.heightPx;
}

describe('layOutFilm', () => {
  it('shows every block of a disk of 64 MiB at 720p, in cells of 4 px on even places', () => {
    const [panel] = layOutFilm(options()).panels;
    expect(panel?.grid.view).toMatchObject({ level: 0, cellPx: 4, rowCells: 128 });
  });

  it('lets cells grow with the frame, and takes odd sizes where every px has a colour of its own', () => {
    const large = layOutFilm(options({ widthPx: 1920, heightPx: 1080 })).panels[0]?.grid.view.cellPx;
    expect(large).toBe(6);
    expect(layOutFilm(options({ grain: FULL_COLOR })).panels[0]?.grid.view.cellPx).toBe(5);
  });

  it('stands words over and under the grids in an upright frame', () => {
    expect(layOutFilm(options({ widthPx: 1080, heightPx: 1920 })).arrangement).toBe('around');
    expect(layOutFilm(options({ widthPx: 1080, heightPx: 1080 })).arrangement).toBe('around');
  });

  it('keeps colours apart, everything in the frame and nothing over anything else', () => {
    const side = fc.integer({ min: 180, max: 1080 }).map((half) => 2 * half);
    const size = fc
      .bigInt({ min: 1n, max: 63n })
      .chain((bits) => fc.bigInt({ min: 1n << (bits - 1n), max: (1n << bits) - 1n }));
    fc.assert(
      fc.property(
        side,
        side,
        fc.array(size, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        fc.constantFrom('rows', 'serpentine', 'hilbert'),
        (widthPx, heightPx, sizes, captions, order) => {
          const layout = layOutFilm(options({ widthPx, heightPx, sizes, captions, order }));
          const words = [layout.heading, layout.clock, layout.caption, layout.legend];
          const boxes = words.filter((box) => box !== null && box.heightPx > 0 && box.widthPx > 0);
          for (const { disk, grid } of layout.panels) {
            const { view } = grid;
            expect(view.cellPx).toBeGreaterThanOrEqual(4);
            expect(view.cellPx % 2).toBe(0);
            expect((grid.xPx - view.originXPx) % 2).toBe(0);
            expect((grid.yPx - view.originYPx) % 2).toBe(0);
            const { cols, rows } = planeOf(disk.sizeBytes, view);
            expect(grid.widthPx).toBeGreaterThanOrEqual(cols * view.cellPx);
            expect(grid.heightPx).toBeGreaterThanOrEqual(rows * view.cellPx);
          }
          for (const box of boxes) {
            if (box === null) continue;
            expect(box.xPx).toBeGreaterThanOrEqual(0);
            expect(box.xPx + box.widthPx).toBeLessThanOrEqual(widthPx);
            expect(box.yPx + box.heightPx).toBeLessThanOrEqual(heightPx);
          }
          const grids = layout.panels.map(({ grid }) => grid);
          for (const [i, grid] of grids.entries()) {
            for (const other of grids.slice(i + 1)) expect(overlap(grid, other)).toBe(false);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
