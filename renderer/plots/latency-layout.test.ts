import { describe, expect, it } from 'vitest';
import { LATENCY_MAP_ROWS } from '#shared/contract/questions.ts';
import {
  groupAt,
  groupCount,
  laneRects,
  latencyTicks,
  namePlaces,
  rowFloorUs,
  shownRows,
  yOfLatency,
} from './latency-layout.ts';

const COLUMNS = 100;
const RECT = { xPx: 76, yPx: 6, widthPx: 1000, heightPx: 204 };
const data = (firstRow: number, endRow: number) => ({
  window: { fromUs: 0, toUs: 1 },
  columns: COLUMNS,
  lanes: [],
  firstRow,
  endRow,
});

/** Counts with requests in these places. */
function counts(...places: readonly (readonly [row: number, column: number])[]): Uint32Array {
  const made = new Uint32Array(LATENCY_MAP_ROWS * COLUMNS);
  for (const [row, column] of places) made[row * COLUMNS + column] = 1;
  return made;
}

describe('lanes', () => {
  it('lie one below the other, alike and apart, and fill the plot', () => {
    const [first, second, third] = laneRects(RECT, 3);
    expect(first?.yPx).toBe(RECT.yPx);
    expect(second?.yPx).toBeGreaterThan((first?.yPx ?? 0) + (first?.heightPx ?? 0));
    expect((third?.yPx ?? 0) + (third?.heightPx ?? 0)).toBeCloseTo(RECT.yPx + RECT.heightPx);
    expect(laneRects(RECT, 0)).toEqual([]);
  });

  it('show the rows with requests in them and one more on either side, in groups that can be seen', () => {
    expect(shownRows(data(20, 30), 204)).toEqual({ first: 19, end: 31, perGroup: 1 });
    expect(shownRows(data(0, 30), 204)).toMatchObject({ first: 0, end: 31 });
    const { first, end, perGroup } = shownRows(data(10, 50), 20);
    expect(20 / ((end - first) / perGroup)).toBeGreaterThanOrEqual(4);
    expect((end - first) % perGroup).toBe(0);
    expect(shownRows(data(0, 0), 204).end).toBeGreaterThan(0);
  });

  it('have long latencies above, each where its row is', () => {
    const rows = shownRows(data(20, 32), RECT.heightPx);
    for (let row = 20; row < 32; row += 1) {
      const yPx = yOfLatency(RECT, rows, rowFloorUs(row) * 1.001);
      expect(groupAt(RECT, rows, yPx), `row ${row}`).toBe(row);
    }
    expect(yOfLatency(RECT, rows, 40_000)).toBeLessThan(yOfLatency(RECT, rows, 10_000));
    expect(groupAt(RECT, rows, RECT.yPx - 50)).toBe(rows.end - 1);
    expect(groupAt(RECT, rows, RECT.yPx + RECT.heightPx + 50)).toBe(rows.first);
  });

  it('name powers of ten in them, with their units, no nearer than can be read', () => {
    const ticks = latencyTicks(RECT, shownRows(data(0, 50), RECT.heightPx));
    expect(ticks.map(({ label }) => label)).toEqual([
      '1 µs',
      '10 µs',
      '100 µs',
      '1 ms',
      '10 ms',
      '100 ms',
      '1 s',
      '10 s',
    ]);
    const low = { ...RECT, heightPx: 40 };
    expect(latencyTicks(low, shownRows(data(2, 50), low.heightPx)).length).toBeLessThan(4);
  });

  it('count all rows of a group, and none beyond the last of the map', () => {
    const made = counts([4, 7], [5, 7], [6, 8]);
    const rows = { first: 4, end: 8, perGroup: 2 };
    expect(groupCount(made, COLUMNS, rows, 4, 7)).toBe(2);
    expect(groupCount(made, COLUMNS, rows, 6, 7)).toBe(0);
    expect(groupCount(made, COLUMNS, { first: 0, end: 60, perGroup: 4 }, LATENCY_MAP_ROWS, 7)).toBe(0);
  });
});

describe('the names of lanes', () => {
  const rows = { first: 0, end: 20, perGroup: 1 };
  const place = (...lanes: readonly Uint32Array[]) =>
    namePlaces(
      lanes.map((lane) => ({ rect: RECT, counts: lane, nameWidthPx: 100 })),
      rows,
      COLUMNS,
    )[0];
  const left = RECT.xPx + 2;
  const right = RECT.xPx + 898;
  const upper = RECT.yPx + 2;
  const lower = RECT.yPx + RECT.heightPx - 16;

  it('stand at the upper left, but where they would hide requests', () => {
    expect(place(counts())).toMatchObject({ xPx: left, yPx: upper });
    expect(place(counts([19, 3]))).toMatchObject({ xPx: left, yPx: lower });
    expect(place(counts([19, 3], [0, 3]))).toMatchObject({ xPx: right, yPx: upper });
    expect(place(counts([19, 3], [0, 3], [19, 95]))).toMatchObject({ xPx: right, yPx: lower });
  });

  it('hide the fewest where each corner has some', () => {
    const everywhere = counts([19, 3], [19, 4], [19, 95], [0, 3], [0, 4], [0, 95], [0, 96]);
    expect(place(everywhere)).toMatchObject({ xPx: right, yPx: upper });
  });

  it('stand in the same corner on all lanes', () => {
    expect(place(counts(), counts([19, 3]))).toMatchObject({ xPx: left, yPx: lower });
  });

  it('stay on lanes that are lower than they are', () => {
    const low = { rect: { ...RECT, heightPx: 10 }, counts: counts(), nameWidthPx: 100 };
    expect(namePlaces([low], rows, COLUMNS)[0]?.yPx).toBe(RECT.yPx);
  });
});
