import { describe, expect, it } from 'vitest';
import type { Mark } from '#shared/contract/time.ts';
import { OP_COUNT } from '#shared/events/vocabulary.ts';
import { barHeightPx, columnsIn, divideBar, mostRequests } from './bars.ts';
import { flagAt, placeFlags } from './flags.ts';
import { idleGaps } from './idle-gaps.ts';
import { latencyScale, latencyShare } from './latency-scale.ts';
import { columnAt, type LaneData, readTimeline, type TimelineData } from './timeline-data.ts';
import { timelineLayout } from './timeline-layout.ts';
import { wantedColumns } from './wanted-columns.ts';

const T0 = 1_777_674_027_000_000;

function laneOf(counts: readonly number[]): LaneData {
  return {
    disk: null,
    requests: Array.from({ length: OP_COUNT }, (_, op) => Uint32Array.of(counts[op] ?? 0)),
    errors: new Uint32Array(1),
  };
}

/** One column a second, with so many reads in each. */
function readsOf(reads: readonly number[], latencies: readonly number[] = []): TimelineData {
  const columns = reads.length;
  const requests = new Uint32Array(OP_COUNT * columns);
  requests.set(reads);
  const latency = Float32Array.from({ length: columns }, (_, i) => latencies[i] ?? Number.NaN);
  return readTimeline(
    {
      json: null,
      columns: {
        requests,
        errors: new Uint32Array(columns),
        p50Us: latency,
        p99Us: latency,
        maxUs: latency,
        depth: new Uint32Array(columns),
      },
    },
    { fromUs: T0, toUs: T0 + columns * 1e6 },
    columns,
    false,
  );
}

describe('bars', () => {
  it('show what happened once beside what happened ten thousand times', () => {
    expect(barHeightPx(0, 10_000, 36, 1)).toBe(0);
    expect(barHeightPx(1, 10_000, 36, 1)).toBe(1);
    expect(barHeightPx(1, 1e9, 36, 2)).toBe(2);
    expect(barHeightPx(10_000, 10_000, 36, 1)).toBe(36);
    expect(barHeightPx(100, 10_000, 40, 1)).toBe(4);
  });

  it('give every operation that came a px of the bar, and no more px than it has', () => {
    const out = new Uint16Array(OP_COUNT);
    for (const counts of [
      [9999, 1],
      [1, 9999, 1, 0, 1],
      [5, 5],
      [0, 0, 3],
      [1, 1, 1, 1, 1, 1, 1],
    ]) {
      for (const heightPx of [7, 12, 36]) {
        divideBar(laneOf(counts), 0, heightPx, out);
        expect(out.reduce((sum, px) => sum + px, 0)).toBe(heightPx);
        for (const [op, px] of out.entries()) expect(px > 0, `${counts} ${op}`).toBe((counts[op] ?? 0) > 0);
      }
    }
    divideBar(laneOf([4, 4, 4]), 0, 2, out);
    expect(out.reduce((sum, px) => sum + px, 0)).toBe(2);
    divideBar(laneOf([75, 25]), 0, 40, out);
    expect([...out.subarray(0, 2)]).toEqual([30, 10]);
  });

  it('are measured by what is in sight', () => {
    const data = readsOf([1, 50, 3, 4]);
    const lanes = [data.together];
    expect(mostRequests(data, lanes, data.window)).toBe(50);
    expect(mostRequests(data, lanes, { fromUs: T0 + 2e6, toUs: T0 + 4e6 })).toBe(4);
    expect(columnsIn(data, { fromUs: T0 - 5e6, toUs: T0 + 1.5e6 })).toEqual([0, 2]);
    expect(columnsIn(data, { fromUs: T0 + 50e6, toUs: T0 + 60e6 })).toEqual([4, 4]);
  });
});

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
          ...readsColumns(columns),
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

function readsColumns(columns: number): Record<string, Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>> {
  return {
    requests: new Uint32Array(OP_COUNT * columns),
    errors: new Uint32Array(columns),
    p50Us: new Float32Array(columns),
    p99Us: new Float32Array(columns),
    maxUs: new Float32Array(columns),
    depth: new Uint32Array(columns),
  };
}

describe('what is asked for', () => {
  const kept = { fromUs: T0, toUs: T0 + 3600e6 };

  it('keeps its columns while the window moves: each begins at a multiple of its length', () => {
    const lengths = new Set<number>();
    for (let i = 0; i < 50; i += 1) {
      const fromUs = T0 + 600e6 + i * 123_457;
      const wanted = wantedColumns({ fromUs, toUs: fromUs + 60e6 }, 900, kept);
      const columnUs = wanted === null ? 0 : (wanted.window.toUs - wanted.window.fromUs) / wanted.columns;
      lengths.add(columnUs);
      expect((wanted?.window.fromUs ?? 0) % columnUs).toBe(0);
      expect(wanted?.window.fromUs).toBeLessThan(fromUs);
      expect(wanted?.window.toUs).toBeGreaterThan(fromUs + 60e6);
    }
    expect([...lengths]).toEqual([200_000]);
  });

  it('leaves out what is not kept, and asks for no more columns than there may be', () => {
    const wanted = wantedColumns({ fromUs: T0 - 1e6, toUs: T0 + 3700e6 }, 900, kept);
    expect(wanted?.window.fromUs).toBeGreaterThan(T0 - 20e6);
    expect(wanted?.window.toUs).toBeLessThan(T0 + 3620e6);
    expect(wantedColumns({ fromUs: T0, toUs: T0 + 3600e6 }, 40_000, kept)?.columns).toBeLessThanOrEqual(4096);
    expect(wantedColumns({ fromUs: 0, toUs: 1000 }, 900, kept)).toBeNull();
    expect(wantedColumns(kept, 0, kept)).toBeNull();
  });

  it('asks for whole µs at the shortest', () => {
    const wanted = wantedColumns({ fromUs: T0 + 100, toUs: T0 + 200 }, 1800, kept);
    expect(wanted?.columns).toBe((wanted?.window.toUs ?? 0) - (wanted?.window.fromUs ?? 0));
  });
});

describe('latencies', () => {
  it('lie on whole decades, at least two', () => {
    const data = readsOf([1, 1, 1], [120, 900, 45_000]);
    expect(latencyScale(data, data.window)).toEqual({ lowest: 2, decades: 3 });
    expect(latencyScale(data, { fromUs: T0, toUs: T0 + 1e6 })).toEqual({ lowest: 2, decades: 2 });
    expect(latencyShare({ lowest: 2, decades: 2 }, 1000)).toBeCloseTo(0.5);
    expect(latencyShare({ lowest: 2, decades: 2 }, 1)).toBe(0);
  });

  it('have no scale where nothing was answered', () => {
    const data = readsOf([1, 1]);
    expect(latencyScale(data, data.window)).toBeNull();
  });
});

describe('idle gaps', () => {
  it('are found between what happened, within what is kept', () => {
    const data = readsOf([0, 0, 5, 0, 1, 0, 0, 0]);
    const kept = { fromUs: T0 + 1e6, toUs: T0 + 7.5e6 };
    expect(idleGaps(data, data.window, kept, 1e6)).toEqual([
      { fromUs: T0 + 1e6, toUs: T0 + 2e6 },
      { fromUs: T0 + 3e6, toUs: T0 + 4e6 },
      { fromUs: T0 + 5e6, toUs: T0 + 7.5e6 },
    ]);
    expect(idleGaps(data, data.window, kept, 2e6)).toHaveLength(1);
  });
});

describe('flags', () => {
  const mark = (id: number, text: string, atMs: number, kind: Mark['kind'] = 'caption'): Mark => ({
    id,
    kind,
    text,
    clockUs: T0 + atMs * 1000,
  });
  const textPx = (words: string): number => words.length * 6;
  const window = { fromUs: T0, toUs: T0 + 1_000_000 };

  it('have their words where there is room before the next, shortened where there is little', () => {
    const marks = [
      mark(1, 'mkfs ext4', 0),
      mark(2, 'mount', 50),
      mark(3, 'reads', 100),
      mark(4, 'copy everything', 120),
    ];
    const flags = placeFlags(marks, window, 1000, textPx);
    expect(flags.map((flag) => flag.words)).toEqual(['mkfs…', 'mount', '', 'copy everything']);
    expect(flags.map((flag) => flag.xPx)).toEqual([0, 50, 100, 120]);
    for (const [i, flag] of flags.entries()) {
      expect(flag.xPx + flag.widthPx).toBeLessThanOrEqual(flags[i + 1]?.xPx ?? 1000);
    }
  });

  it('show at the edge which caption holds there, and no mark that is out of sight', () => {
    const marks = [
      mark(1, 'before', -10),
      mark(2, 'a point', -5, 'mark'),
      mark(3, 'later', 500),
      mark(4, 'after', 2000),
    ];
    const flags = placeFlags(marks, window, 1000, textPx);
    expect(flags.map(({ words, inSight }) => [words, inSight])).toEqual([
      ['before', false],
      ['later', true],
    ]);
  });

  it('stay apart however many there are', () => {
    const marks = Array.from({ length: 5000 }, (_, i) => mark(i, `mark ${i}`, i / 5));
    const flags = placeFlags(marks, window, 1000, textPx);
    expect(flags.length).toBeLessThanOrEqual(200);
    expect(flags.length).toBeGreaterThan(100);
  });

  it('are found by their pole and by their words', () => {
    const flags = placeFlags([mark(1, 'one', 100), mark(2, 'two', 400)], window, 1000, textPx);
    expect(flagAt(flags, 115)?.mark.id).toBe(1);
    expect(flagAt(flags, 399)?.mark.id).toBe(2);
    expect(flagAt(flags, 300)).toBeNull();
  });
});

describe('the layout', () => {
  it('gives every lane a place, one below the other, at any number of disks', () => {
    for (const compact of [false, true]) {
      for (const lanes of [1, 2, 5, 12, 64]) {
        const layout = timelineLayout(lanes, compact);
        expect(layout.lanes).toHaveLength(lanes);
        let endPx = layout.flags.topPx + layout.flags.heightPx;
        for (const lane of layout.lanes) {
          expect(lane.topPx).toBeGreaterThanOrEqual(endPx);
          expect(lane.heightPx).toBeGreaterThan(0);
          expect(lane.errors.topPx).toBe(lane.topPx + lane.heightPx);
          endPx = lane.errors.topPx + lane.errors.heightPx;
        }
        expect(layout.ticks.topPx).toBeGreaterThanOrEqual(endPx);
        expect(layout.heightPx).toBe(layout.ticks.topPx + layout.ticks.heightPx);
        expect(layout.heightPx).toBeLessThan(compact ? 230 : 300);
      }
    }
  });

  it('leaves out latency and queue where there is little room', () => {
    expect(timelineLayout(1, false).latency).not.toBeNull();
    const compact = timelineLayout(1, true);
    expect([compact.latency, compact.depth]).toEqual([null, null]);
    expect(compact.heightPx).toBeLessThan(timelineLayout(1, false).heightPx);
  });
});
