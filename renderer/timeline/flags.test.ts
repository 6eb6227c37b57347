import { describe, expect, it } from 'vitest';
import type { Mark } from '#shared/contract/time.ts';
import { flagAt, placeFlags } from './flags.ts';
import { T0 } from './testing/columns.ts';

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
