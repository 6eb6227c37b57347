import { describe, expect, it } from 'vitest';
import { clampView, fitView, placeAt, zoomAbout } from '../grid/grid-view.ts';
import { blockCount, CELL_ORDERS } from '../grid/plane.ts';
import { wantedBlocks } from './wanted-blocks.ts';

const SIZE = 1n << 30n;
const PANEL = { disk: 0, sizeBytes: SIZE, xPx: 0, yPx: 0, widthPx: 512, heightPx: 512 };

describe.each(CELL_ORDERS)('blocks asked about, in %s', (order) => {
  const whole = fitView(SIZE, 512, 512, { order });

  it('are all of them while the whole disk is shown', () => {
    expect(wantedBlocks({ ...PANEL, view: whole })).toEqual({ firstBlock: 0, endBlock: blockCount(SIZE) });
  });

  it('hold every block in sight, and fewer the closer one looks', () => {
    let before = Number.POSITIVE_INFINITY;
    for (const steps of [6, 10, 14]) {
      const zoomed = zoomAbout(whole, SIZE, 37, 53, steps);
      const view = clampView(zoomed, SIZE, 512, 512);
      const { firstBlock, endBlock } = wantedBlocks({ ...PANEL, view });
      for (let y = 0; y < 512; y += 7) {
        for (let x = 0; x < 512; x += 7) {
          const block = placeAt(view, SIZE, x, y)?.block;
          if (block === undefined) continue;
          expect(block).toBeGreaterThanOrEqual(firstBlock);
          expect(block).toBeLessThan(endBlock);
        }
      }
      expect(endBlock - firstBlock).toBeLessThanOrEqual(before);
      before = endBlock - firstBlock;
    }
    expect(before).toBeLessThan(blockCount(SIZE) / 4);
  });

  it('are the same when the view moves a little', () => {
    const view = clampView(zoomAbout(whole, SIZE, 256, 256, 8), SIZE, 512, 512);
    const moved = { ...view, originYPx: view.originYPx + 3 };
    expect(wantedBlocks({ ...PANEL, view: moved })).toEqual(wantedBlocks({ ...PANEL, view }));
  });
});

it('asks about nothing on an empty disk', () => {
  const view = fitView(0n, 512, 512);
  expect(wantedBlocks({ ...PANEL, sizeBytes: 0n, view })).toEqual({ firstBlock: 0, endBlock: 0 });
});
