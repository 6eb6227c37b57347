import { describe, expect, it } from 'vitest';
import { LATENCY_MAP_ROWS } from '#shared/contract/questions.ts';
import { readLatencyData, readSeekData } from './plot-data.ts';

const span = { fromUs: 0, toUs: 100 };

describe('readSeekData', () => {
  const asked = {
    about: 'seekPlot',
    span,
    columns: 4,
    rows: 8,
    disk: 2,
    firstBlock: 0,
    endBlock: 20,
  } as const;

  it('takes reads and writes apart, as many rows as have blocks', () => {
    const counts = new Uint32Array(2 * 8 * 4);
    counts[0] = 5;
    counts[8 * 4 + 6 * 4 + 3] = 7;
    const data = readSeekData({ json: null, columns: { counts } }, asked);
    // Three blocks in each row, the last with two.
    expect(data).toMatchObject({ disk: 2, rows: 7, blocksPerRow: 3 });
    expect(data.reads).toHaveLength(28);
    expect(data.reads[0]).toBe(5);
    expect(data.writes[6 * 4 + 3]).toBe(7);
  });

  it('has a row for each block where there are fewer blocks than rows', () => {
    const counts = new Uint32Array(64);
    expect(readSeekData({ json: null, columns: { counts } }, { ...asked, endBlock: 3 })).toMatchObject({
      rows: 3,
      blocksPerRow: 1,
    });
  });

  it('refuses an answer to another question', () => {
    expect(() => readSeekData({ json: null, columns: { counts: new Uint32Array(63) } }, asked)).toThrow(
      'an answer of 63 counts where 64 were asked for',
    );
    expect(() => readSeekData({ json: null, columns: {} }, asked)).toThrow('an answer of 0 counts');
    expect(() => readSeekData({ json: null, columns: { counts: new Float64Array(64) } }, asked)).toThrow(
      RangeError,
    );
  });
});

describe('readLatencyData', () => {
  const asked = { about: 'latencyMap', span, columns: 3, disks: [7, 2] } as const;
  const answer = (...places: readonly (readonly [lane: number, row: number])[]) => {
    const counts = new Uint32Array(2 * LATENCY_MAP_ROWS * 3);
    for (const [lane, row] of places) counts[(lane * LATENCY_MAP_ROWS + row) * 3 + 1] = 1;
    return { json: null, columns: { counts } };
  };

  it('gives each disk its own lane in the order of the panels, though the answer has them by number', () => {
    const { lanes } = readLatencyData(answer([0, 30]), { ...asked, disks: [...asked.disks] });
    expect(lanes.map(({ disk, counts }) => [disk, counts.reduce((sum, count) => sum + count)])).toEqual([
      [7, 0],
      [2, 1],
    ]);
  });

  it('knows which rows have any request, on any lane', () => {
    const disks = [...asked.disks];
    const read = (of: ReturnType<typeof answer>) => readLatencyData(of, { ...asked, disks });
    expect(read(answer([0, 10], [1, 40]))).toMatchObject({ firstRow: 10, endRow: 41 });
    expect(read(answer())).toMatchObject({ firstRow: 0, endRow: 0 });
  });
});
