import { describe, expect, it } from 'vitest';
import { OP_COUNT } from '#shared/events/vocabulary.ts';
import { emptyColumns, readsOf, T0 } from './testing/columns.ts';
import { columnAt, readTimeline } from './timeline-data.ts';

describe('the data of the timeline', () => {
  it('finds the column of a moment', () => {
    const data = readsOf([1, 2, 3]);
    expect([T0, T0 + 999_999, T0 + 1e6, T0 + 3e6].map((us) => columnAt(data, us))).toEqual([0, 0, 1, 2]);
    expect(columnAt(data, T0 - 1)).toBeNull();
    expect(columnAt(data, T0 + 3e6 + 1)).toBeNull();
  });

  it('finds each disk of an answer by disk', () => {
    const columns = 2;
    const diskRequests = Uint32Array.from({ length: 2 * OP_COUNT * columns }, (_, i) => i);
    const data = readTimeline(
      {
        json: { disks: [0, 4] },
        columns: {
          ...emptyColumns(columns),
          diskRequests,
          diskErrors: Uint32Array.of(1, 2, 3, 4),
        },
      },
      { fromUs: 0, toUs: 2 },
      columns,
      true,
    );
    expect(data.disks.map(({ disk }) => disk)).toEqual([0, 4]);
    expect([...(data.disks[1]?.requests[1] ?? [])]).toEqual([16, 17]);
    expect([...(data.disks[1]?.errors ?? [])]).toEqual([3, 4]);
  });
});
