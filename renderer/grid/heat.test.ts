import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEAT_KINDS, HEAT_UNIT_MS, type HeatKind, heatOfTime, UNKNOWN_HEAT } from '#shared/model/heat.ts';
import { MemoryBudget } from '#shared/model/memory-budget.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { readSnapshotPart } from '#shared/model/snapshot.ts';
import { batchesOf, rowStream } from '#shared/testing/streams.ts';
import { HEAT_RAMPS } from '#shared/theme/heat.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import { CellGrid } from './cell-grid.ts';
import { cellStyle, heatLook, packColor } from './cell-look.ts';
import { CELL_WORDS } from './cell-value.ts';
import { AGE_STEPS_MS, COUNT_STEPS, heatLevel, heatSteps, LEVEL_NONE, LEVEL_UNKNOWN } from './heat.ts';
import { CELL_ORDERS, type CellOrder, layoutOf, planeOf } from './plane.ts';
import { placeOfCell } from './plane-place.ts';

const SIZE = 8n << 20n;

/** The heat of a block, by what the model tells of it alone. */
function blockHeat(state: SessionState, block: number, kind: HeatKind): number {
  const info = state.disk(0).model.blockInfo(block);
  if (kind === 'age') {
    if (info.reads === null) return UNKNOWN_HEAT;
    return info.lastMs === null ? 0 : heatOfTime(info.lastMs);
  }
  return (kind === 'reads' ? info.reads : info.writes) ?? UNKNOWN_HEAT;
}

function gridOf(state: SessionState, order: CellOrder, level: number, kind: HeatKind, size = SIZE): CellGrid {
  const layout = { ...layoutOf(size, { order }), level };
  const { cols, rows } = planeOf(size, layout);
  return new CellGrid(state.disk(0), size, layout, { col: 0, row: 0, cols, rows }, kind);
}

/** The cells of a grid that is the whole of its disk, each with the blocks it stands for. */
function cellsOf({
  layout,
  window,
  values,
}: CellGrid): { readonly heat: number; readonly blocks: readonly number[] }[] {
  const side = 2 ** layout.level;
  return Array.from({ length: window.cols * window.rows }, (_, cell) => {
    const [col, row] = [cell % window.cols, Math.floor(cell / window.cols)];
    const blocks = Array.from({ length: side * side }, (_unused, i) => {
      return placeOfCell(layout, col * side + (i % side), row * side + Math.floor(i / side)).block;
    });
    return { heat: values[cell * CELL_WORDS + 1] ?? 0, blocks };
  });
}

describe('cells coloured by heat', () => {
  const streams = rowStream({ disks: 1, sizeBytes: SIZE, maxRows: 120, minRows: 30 });
  const kinds = fc.constantFrom(...HEAT_KINDS);
  const orders = fc.constantFrom(...CELL_ORDERS);

  it('have the heat of their hottest block, kept up as it is when made anew', () => {
    fc.assert(
      fc.property(
        streams,
        kinds,
        orders,
        fc.nat(2),
        fc.integer({ min: 1, max: 9 }),
        (rows, kind, order, level, every) => {
          const state = new SessionState();
          const grid = gridOf(state, order, level, kind);
          batchesOf(rows, [3]).forEach((batch, i) => {
            state.apply(batch);
            if (i % every === 0) grid.refresh();
          });
          grid.refresh();
          const anew = gridOf(state, order, level, kind);
          anew.refresh();
          expect(grid.values).toEqual(anew.values);
          expect(grid.latestReadMs).toBe(0);
          for (const { heat, blocks } of cellsOf(grid)) {
            expect(heat).toBe(Math.max(...blocks.map((block) => blockHeat(state, block, kind))));
          }
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it('say that nobody counted where memory was short, and count truly elsewhere', () => {
    // Room for one page with all its columns, for some with states alone, and none for the rest.
    const size = 64n << 20n;
    const wide = rowStream({ disks: 1, sizeBytes: size, maxRows: 120, minRows: 60 });
    let unknown = 0;
    fc.assert(
      fc.property(wide, kinds, orders, (rows, kind, order) => {
        const state = new SessionState(new MemoryBudget(43_000));
        const grid = gridOf(state, order, 0, kind, size);
        grid.refresh();
        for (const batch of batchesOf(rows, [5])) state.apply(batch);
        grid.refresh();
        const cells = cellsOf(grid);
        const known = cells.filter(({ heat }) => heat !== UNKNOWN_HEAT);
        unknown += cells.length - known.length;
        const wrong = known.filter(({ heat, blocks }) => heat !== blockHeat(state, blocks[0] ?? 0, kind));
        expect(wrong).toEqual([]);
      }),
      { numRuns: 25, endOnFailure: true },
    );
    expect(unknown).toBeGreaterThan(0);
  });

  it('are counted anew when pages of another time take the place of these', () => {
    fc.assert(
      fc.property(streams, kinds, (rows, kind) => {
        const batches = batchesOf(rows, [Math.ceil(rows.length / 2), rows.length]);
        const earlier = new SessionState();
        const later = new SessionState();
        for (const batch of batches.slice(0, 1)) earlier.apply(batch);
        for (const batch of batches) later.apply(batch);
        const grid = gridOf(later, 'rows', 0, kind);
        grid.refresh();
        readSnapshotPart(later, earlier.snapshot());
        grid.refresh();
        const anew = gridOf(later, 'rows', 0, kind);
        anew.refresh();
        expect(grid.values).toEqual(anew.values);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});

describe('the steps of heat', () => {
  it('go up with counts, from once, and every count has one', () => {
    expect(heatLevel(0, false, 0, COUNT_STEPS)).toBe(LEVEL_NONE);
    expect(COUNT_STEPS.map((count) => heatLevel(count, false, 0, COUNT_STEPS))).toEqual(
      COUNT_STEPS.map((_, i) => i + 1),
    );
    expect(heatLevel(3, false, 0, COUNT_STEPS)).toBe(2);
    expect(heatLevel(UNKNOWN_HEAT - 1, false, 0, COUNT_STEPS)).toBe(COUNT_STEPS.length);
    expect(heatLevel(UNKNOWN_HEAT, false, 0, COUNT_STEPS)).toBe(LEVEL_UNKNOWN);
  });

  it('go down with age, and what is of a time to come is of now', () => {
    const steps = heatSteps('age');
    expect(steps.every(Number.isInteger)).toBe(true);
    const now = heatOfTime(10 * 86_400_000);
    const levels = AGE_STEPS_MS.map((ms) => heatLevel(now - ms / HEAT_UNIT_MS, true, now, steps));
    expect(levels).toEqual(AGE_STEPS_MS.map((_, i) => AGE_STEPS_MS.length - i));
    expect(heatLevel(now + 50, true, now, steps)).toBe(AGE_STEPS_MS.length);
    expect(heatLevel(now - 19, true, now, steps)).toBe(AGE_STEPS_MS.length);
    expect(heatLevel(now - 20, true, now, steps)).toBe(AGE_STEPS_MS.length - 1);
  });

  it('look each different, and what nobody counted like none of them', () => {
    const theme = THEMES.dark.grid;
    const filter = { read: true, write: true, trim: true, zero: true, error: true, inFlight: true };
    const heat = { kind: 'writes' as const, ramp: HEAT_RAMPS.dark };
    for (const cellPx of [2, 5, 12]) {
      const innerPx = cellPx >= 6 ? cellPx - 1 : cellPx;
      const style = cellStyle({ cellPx, innerPx, aggregated: false }, { filter, heat }, theme);
      const shown = Array.from({ length: LEVEL_UNKNOWN }, (_, level) => heatLook(style, level, 0, 0));
      expect(shown).toEqual([packColor(theme.untouched), ...HEAT_RAMPS.dark.map(packColor)]);
      const hatch = [0, 1, 2, 3].flatMap((x) => (x < innerPx ? [heatLook(style, LEVEL_UNKNOWN, x, 0)] : []));
      expect(new Set(hatch)).toEqual(new Set([packColor(theme.inFlight), packColor(theme.untouched)]));
    }
  });
});
