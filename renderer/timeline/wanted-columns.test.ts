import { describe, expect, it } from 'vitest';
import { T0 } from './testing/columns.ts';
import { wantedColumns } from './wanted-columns.ts';

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
