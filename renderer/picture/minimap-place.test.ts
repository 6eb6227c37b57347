import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampView, fitView, zoomAbout } from '../grid/grid-view.ts';
import { CELL_ORDERS } from '../grid/plane.ts';
import { minimapPlace, viewAround } from './minimap-place.ts';

const sizes = fc.oneof(
  fc.bigInt({ min: 4096n, max: (1n << 63n) - 1n }),
  fc.constantFrom(64n << 20n, 7n << 60n),
);

function panelOf(sizeBytes: bigint, widthPx: number, heightPx: number, view: ReturnType<typeof fitView>) {
  return { disk: 0, sizeBytes, xPx: 0, yPx: 0, widthPx, heightPx, view, cursorBlock: null, marks: [] };
}

describe('minimapPlace', () => {
  it('has none while the whole disk is in sight', () => {
    expect(minimapPlace(panelOf(64n << 20n, 800, 600, fitView(64n << 20n, 800, 600)), 1)).toBeNull();
  });

  it('is small, holds the whole disk and frames what is in sight, at every size, layout and zoom', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.constantFrom(...CELL_ORDERS),
        fc.integer({ min: 80, max: 2000 }),
        fc.integer({ min: 80, max: 1500 }),
        fc.constantFrom(1, 1.5, 2),
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (size, order, w, h, ratio, steps, share) => {
          const zoomed = zoomAbout(fitView(size, w, h, { order }), size, w * share, h * share, steps);
          const panel = panelOf(size, w, h, clampView(zoomed, size, w, h));
          const place = minimapPlace(panel, ratio);
          if (place === null) return;
          expect(place.widthPx).toBeLessThanOrEqual(160 * ratio);
          expect(place.heightPx).toBeLessThanOrEqual(100 * ratio);
          expect(place.widthPx * place.heightPx).toBeLessThanOrEqual((w * h) / 9);
          const { frame } = place;
          expect(frame.leftPx).toBeGreaterThanOrEqual(0);
          expect(frame.topPx).toBeGreaterThanOrEqual(0);
          expect((frame.leftPx + frame.widthPx) * ratio).toBeLessThanOrEqual(place.widthPx + 1e-6);
          expect((frame.topPx + frame.heightPx) * ratio).toBeLessThanOrEqual(place.heightPx + 1e-6);
        },
      ),
    );
  });

  it('brings what is pressed on it into the middle', () => {
    const size = 64n << 20n;
    const view = clampView(zoomAbout(fitView(size, 800, 600), size, 0, 0, 6), size, 800, 600);
    const panel = panelOf(size, 800, 600, view);
    const place = minimapPlace(panel, 1);
    if (place === null) throw new Error('an overview was to be there');
    const there = viewAround(panel, place, place.widthPx / 2, place.heightPx / 2);
    const after = minimapPlace({ ...panel, view: there }, 1);
    const middle = (after?.frame.leftPx ?? 0) + (after?.frame.widthPx ?? 0) / 2;
    expect(Math.abs(middle - place.widthPx / 2)).toBeLessThan(0.6);
  });
});
