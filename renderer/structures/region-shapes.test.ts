import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STRUCTURE_KINDS, type StructureKind } from '#shared/structures/structure.ts';
import { cellRectOf, fitView, type GridView } from '../grid/grid-view.ts';
import { blockCount, CELL_ORDERS, planeOf } from '../grid/plane.ts';
import { FAMILIES } from './kind-look.ts';
import { NOTHING, RegionField } from './region-field.ts';
import { labelsOf } from './region-labels.ts';
import { bandsOf, familiesIn, outlinesOf, tintsOf } from './region-shapes.ts';
import type { Regions } from './regions.ts';

const MIB = 1n << 20n;

function regionsOf(
  ...list: readonly (readonly [first: number, end: number, kind: StructureKind, name?: string])[]
): Regions {
  const names = [...new Set(list.map(([first, , kind, name]) => name ?? `${kind} at ${first}`))];
  return {
    firstBlock: Float64Array.from(list, ([first]) => first),
    endBlock: Float64Array.from(list, ([, end]) => end),
    kind: Uint8Array.from(list, ([, , kind]) => STRUCTURE_KINDS.indexOf(kind)),
    name: Uint32Array.from(list, ([first, , kind, name]) => names.indexOf(name ?? `${kind} at ${first}`)),
    names,
    isCoarse: false,
    version: 1,
  };
}

function fieldOf(sizeBytes: bigint, view: GridView, regions: Regions): RegionField {
  const { cols, rows } = planeOf(sizeBytes, view);
  return new RegionField(sizeBytes, view, { col: 0, row: 0, cols, rows }, regions);
}

describe('RegionField', () => {
  it('shows each block’s own region in every layout and at every cell size', () => {
    const kinds: readonly StructureKind[] = ['journal', 'inodeTable', 'file', 'blockBitmap'];
    fc.assert(
      fc.property(
        fc.constantFrom(...CELL_ORDERS),
        fc.constantFrom(9, 11, 12),
        fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 12 }),
        (order, cellShift, cuts) => {
          const edges = [0, ...cuts.toSorted((a, b) => a - b), 256];
          const regions = regionsOf(
            ...edges
              .slice(1)
              .map((end, i) => [edges[i] ?? 0, end, kinds[i % kinds.length] ?? 'file'] as const),
          );
          const view = fitView(MIB, 640, 640, { order, cellShift });
          const field = fieldOf(MIB, view, regions);
          for (let block = 0; block < blockCount(MIB); block += 1) {
            const rect = cellRectOf(view, block);
            const col = Math.floor((rect.xPx + view.originXPx) / view.cellPx);
            const row = Math.floor((rect.yPx + view.originYPx) / view.cellPx);
            const region = field.at(col, row);
            expect(regions.firstBlock[region]).toBeLessThanOrEqual(block);
            expect(regions.endBlock[region]).toBeGreaterThan(block);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('shows the rarest kind where several share a drawn cell, so that a superblock is seen from far', () => {
    const size = 4096n * MIB;
    const regions = regionsOf(
      [0, 700_000, 'free'],
      [700_000, 700_001, 'superblockBackup'],
      [700_001, 1 << 20, 'file'],
    );
    for (const order of CELL_ORDERS) {
      const view = fitView(size, 128, 128, { order });
      expect(view.level).toBeGreaterThan(0);
      const field = fieldOf(size, view, regions);
      const { cols, rows } = planeOf(size, view);
      const seen = Array.from({ length: cols * rows }, (_, i) => field.at(i % cols, Math.floor(i / cols)));
      expect(
        seen.filter((region) => region === 1),
        order,
      ).toHaveLength(1);
    }
  });

  it('knows nothing where nothing lies, and past the disk’s end', () => {
    const view = fitView(MIB, 640, 640);
    const field = fieldOf(MIB, view, regionsOf([10, 20, 'journal'], [250, 9000, 'file']));
    expect(field.at(0, 0)).toBe(NOTHING);
    expect(field.at(-1, 0)).toBe(NOTHING);
  });
});

describe('shapes of regions', () => {
  // 16 cells a row.
  const view = fitView(MIB, 256, 256);
  const journal = regionsOf([20, 52, 'journal', 'journal']);

  it('joins rows of cells that show one region to the fewest rectangles', () => {
    const field = fieldOf(MIB, view, journal);
    expect(bandsOf(field)).toEqual([
      { region: 0, x0: 4, x1: 16, y0: 1, y1: 2 },
      { region: 0, x0: 0, x1: 16, y0: 2, y1: 3 },
      { region: 0, x0: 0, x1: 4, y0: 3, y1: 4 },
    ]);
    expect([...familiesIn(field, bandsOf(field))]).toEqual(['journal']);
  });

  it('outlines a region where the lines between cells are, and only there', () => {
    const { cellPx } = view;
    const lines = outlinesOf(fieldOf(MIB, view, journal), view);
    expect(cellPx).toBe(16);
    for (const line of lines) {
      const isAcross = line.heightPx === 2;
      // One px before the border between two cells and one after it.
      expect(((isAcross ? line.yPx : line.xPx) + 1) % cellPx).toBe(0);
      expect(isAcross ? line.heightPx : line.widthPx).toBe(2);
    }
    const across = lines.filter(({ heightPx }) => heightPx === 2);
    const lengthCells = across.reduce((sum, { widthPx }) => sum + Math.floor(widthPx / cellPx), 0);
    // Above: 12 cells of the first row, 4 of the second; below: 4 of the last, 12 of the second.
    expect(lengthCells).toBe(32);
  });

  it('draws no line between pieces of the same name', () => {
    const together = regionsOf([0, 32, 'file', '/a'], [32, 64, 'file', '/a']);
    const apart = regionsOf([0, 32, 'file', '/a'], [32, 64, 'file', '/b']);
    const linesAt = (regions: Regions, yPx: number): number =>
      outlinesOf(fieldOf(MIB, view, regions), view).filter((line) => line.yPx === yPx && line.heightPx === 2)
        .length;
    expect(linesAt(together, 31)).toBe(0);
    expect(linesAt(apart, 31)).toBe(1);
  });

  it('leaves free space and what only holds others untinted, and free space without an outline', () => {
    const field = fieldOf(MIB, view, regionsOf([0, 32, 'free'], [64, 96, 'group'], [128, 160, 'journal']));
    expect(tintsOf(field, bandsOf(field), view).map(({ family }) => family)).toEqual(['journal']);
    expect(new Set(outlinesOf(field, view).map(({ family }) => family))).toEqual(
      new Set(['holders', 'journal']),
    );
  });

  it('draws no lines around files while cells have none of their own', () => {
    const far = fitView(64n * MIB, 256, 256);
    expect(far.cellPx).toBeLessThan(6);
    const files = regionsOf([0, 300, 'file', '/a'], [300, 900, 'file', '/b'], [900, 1000, 'directory', '/']);
    const families = outlinesOf(fieldOf(64n * MIB, far, files), far).map(({ family }) => family);
    expect(families).not.toContain('files');
    expect(families).toContain('directories');
  });

  it('gives the edge to the rarer of two neighbours', () => {
    const lines = outlinesOf(
      fieldOf(MIB, view, regionsOf([0, 16, 'file', '/a'], [16, 32, 'superblock'])),
      view,
    );
    const between = lines.filter(({ yPx, heightPx }) => yPx === 15 && heightPx === 2);
    expect(between.map(({ family }) => family)).toEqual(['superblocks']);
    expect(FAMILIES.superblocks.rank).toBeGreaterThan(FAMILIES.files.rank);
  });
});

describe('labelsOf', () => {
  const metrics = {
    textPx: (words: string) => words.length * 6,
    linePx: 12,
    paddingPx: 4,
    widthPx: 512,
    heightPx: 512,
  };
  const size = 16n * MIB;

  it('names a region once, inside cells that show it, where the words fit whole', () => {
    for (const order of CELL_ORDERS) {
      const view = fitView(size, 512, 512, { order });
      const regions = regionsOf(
        [0, 1000, 'inodeTable', 'inode table'],
        [1000, 3000, 'journal', 'journal'],
        [3000, 4096, 'journal', 'journal'],
      );
      const field = fieldOf(size, view, regions);
      const labels = labelsOf(field, bandsOf(field), view, metrics);
      expect(labels.map(({ words }) => words).toSorted(), order).toEqual(['inode table', 'journal']);
      for (const label of labels) {
        const corners = [
          [label.xPx, label.yPx],
          [label.xPx + label.widthPx, label.yPx],
          [label.xPx, label.yPx + label.heightPx],
          [label.xPx + label.widthPx, label.yPx + label.heightPx],
        ] as const;
        for (const [x, y] of corners) {
          const region = field.at(
            Math.floor((x + view.originXPx) / view.cellPx),
            Math.floor((y + view.originYPx) / view.cellPx),
          );
          expect(regions.names[regions.name[region] ?? -1], `${order} ${x} ${y}`).toBe(label.words);
        }
      }
    }
  });

  it('names nothing that its label would hide, and no free space', () => {
    const view = fitView(size, 512, 512);
    const field = fieldOf(
      size,
      view,
      regionsOf([0, 4, 'superblock', 'a name that is too long'], [64, 4000, 'free', 'free']),
    );
    expect(labelsOf(field, bandsOf(field), view, metrics)).toEqual([]);
  });

  it('keeps names in the panel when a region begins outside of it', () => {
    const fitted = fitView(size, 512, 512);
    const view = { ...fitted, cellPx: 32, originXPx: 600, originYPx: 700 };
    const window = { col: 18, row: 21, cols: 17, rows: 17 };
    const field = new RegionField(size, view, window, regionsOf([0, 4096, 'journal', 'journal']));
    const [label] = labelsOf(field, bandsOf(field), view, metrics);
    expect(label?.xPx).toBeGreaterThanOrEqual(0);
    expect(label?.yPx).toBeGreaterThanOrEqual(0);
  });
});
