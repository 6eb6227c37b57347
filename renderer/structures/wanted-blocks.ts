/** Which blocks are asked about for what a panel shows. */

import { BLOCK_SHIFT } from '#shared/model/block-state.ts';
import { HilbertStrip } from '../grid/hilbert-strip.ts';
import { windowAround } from '../grid/panel-cells.ts';
import { blockCount, type PlaneLayout, planeOf, rowBlocks } from '../grid/plane.ts';
import type { BlockStretch, OverlayPanel } from './overlay-scene.ts';

/** Ranges begin and end at multiples of this share of their length, so that moving on a little asks for the same. */
const GRAIN = 4;

/** The blocks between the first and the last that a panel shows, a little more on both sides. Empty for an empty disk. */
export function wantedBlocks(panel: OverlayPanel): BlockStretch {
  const { view, sizeBytes } = panel;
  const blocks = blockCount(sizeBytes);
  const window = windowAround(panel, planeOf(sizeBytes, view), 0);
  if (blocks === 0 || window.cols === 0 || window.rows === 0) return { firstBlock: 0, endBlock: 0 };
  const seen = view.order === 'hilbert' ? seenOnCurve(view, window) : seenInRows(view, window);
  const first = Math.max(0, Math.min(seen.firstBlock, blocks - 1));
  const end = Math.min(blocks, Math.max(seen.endBlock, first + 1));
  const grain = Math.max(1, 2 ** Math.ceil(Math.log2((end - first) / GRAIN)));
  return {
    firstBlock: Math.max(0, Math.floor(first / grain) * grain),
    endBlock: Math.min(blocks, Math.ceil(end / grain) * grain),
  };
}

type CellWindow = ReturnType<typeof windowAround>;

function seenInRows(layout: PlaneLayout, { row, rows }: CellWindow): BlockStretch {
  const perDrawnRow = rowBlocks(layout) * 2 ** layout.level;
  return { firstBlock: row * perDrawnRow, endBlock: (row + rows) * perDrawnRow };
}

function seenOnCurve(layout: PlaneLayout, { col, row, cols, rows }: CellWindow): BlockStretch {
  const strip = new HilbertStrip(layout);
  let first = Number.POSITIVE_INFINITY;
  let end = 0;
  strip.cover({ x0: col, y0: row, x1: col + cols, y1: row + rows }, GRAIN, (from, to) => {
    first = Math.min(first, from);
    end = Math.max(end, to);
  });
  const perDrawn = strip.cellsPerDrawn * 2 ** (layout.cellShift - BLOCK_SHIFT);
  return { firstBlock: Math.floor(first * perDrawn), endBlock: Math.ceil(end * perDrawn) };
}
