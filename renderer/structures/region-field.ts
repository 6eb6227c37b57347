import type { CellWindow } from '../grid/cell-grid.ts';
import { blockCount, type PlaneLayout } from '../grid/plane.ts';
import { RangeCells } from '../grid/range-cells.ts';
import { type Regions, rankAt } from './regions.ts';

/** No region, in a {@link RegionField}. */
export const NOTHING = -1;

/**
 * Which region each drawn cell of a window shows. Where several lie in one cell it is the one of the highest rank, the first
 * of these: so a superblock is seen however far out one zooms.
 */
export class RegionField {
  readonly window: CellWindow;
  readonly regions: Regions;
  /** The window's columns and one more on each side, so that every cell has neighbours. */
  readonly #stride: number;
  /** A region's place and 1; 0 for none. */
  readonly #owners: Uint16Array;

  constructor(sizeBytes: bigint, layout: PlaneLayout, window: CellWindow, regions: Regions) {
    this.window = window;
    this.regions = regions;
    this.#stride = window.cols + 2;
    this.#owners = new Uint16Array(this.#stride * (window.rows + 2));
    const owners = this.#owners;
    const blocks = blockCount(sizeBytes);
    const ranks = Uint8Array.from(regions.kind, (_, region) => rankAt(regions, region));
    let owner = 0;
    let rank = 0;
    const cells = new RangeCells(layout, window, (y, x0, x1) => {
      const base = (y - window.row + 1) * this.#stride + 1 - window.col;
      for (let x = x0; x < x1; x += 1) {
        const there = owners[base + x] ?? 0;
        if (there === 0 || (ranks[there - 1] ?? 0) < rank) owners[base + x] = owner;
      }
    });
    for (let region = 0; region < regions.kind.length; region += 1) {
      const first = regions.firstBlock[region] ?? 0;
      const end = Math.min(blocks, regions.endBlock[region] ?? 0);
      owner = region + 1;
      rank = ranks[region] ?? 0;
      if (first < end) cells.find(first, end);
    }
  }

  /** The region that a cell of the plane shows, {@link NOTHING} for none; for the window's cells and those one beside it. */
  at(col: number, row: number): number {
    const { window } = this;
    return (this.#owners[(row - window.row + 1) * this.#stride + col - window.col + 1] ?? 0) - 1;
  }
}
