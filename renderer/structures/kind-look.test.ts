import { describe, expect, it } from 'vitest';
import { FAMILIES, FAMILY_NAMES, isInked, PATTERN_PX, type StructurePattern } from './kind-look.ts';

const tiled = FAMILY_NAMES.map((name) => ({ name, ...FAMILIES[name] })).filter(
  ({ pattern }) => pattern !== 'none',
);

function tile(pattern: StructurePattern): string {
  const at = Array.from({ length: PATTERN_PX * PATTERN_PX }, (_, i) =>
    isInked(pattern, i % PATTERN_PX, Math.floor(i / PATTERN_PX)) ? '#' : '.',
  );
  return at.join('');
}

describe('how structures look', () => {
  it('tells families apart by ink and pattern together, and those of one ink by pattern alone', () => {
    const looks = tiled.map(({ ink, pattern }) => `${ink} ${pattern}`);
    expect(new Set(looks).size).toBe(looks.length);
    const patterns = new Set(tiled.map(({ pattern }) => pattern));
    expect(new Set([...patterns].map(tile)).size).toBe(patterns.size);
  });

  it('repeats each pattern after its tile, so that it runs on over cells', () => {
    for (const { pattern } of tiled) {
      for (let i = 0; i < 200; i += 1) {
        const x = (i * 7) % 40;
        const y = (i * 11) % 40;
        expect(isInked(pattern, x, y)).toBe(isInked(pattern, x + PATTERN_PX, y + PATTERN_PX * 3));
      }
    }
  });

  it('leaves most of what lies under a pattern as it is', () => {
    for (const { pattern } of tiled) {
      const inked = tile(pattern).replaceAll('.', '').length;
      expect(inked, pattern).toBeLessThanOrEqual((PATTERN_PX * PATTERN_PX) / 2);
    }
  });

  it('lets what is rare come before what is common where both share a cell', () => {
    const { superblocks, bitmaps, files, free, holders } = FAMILIES;
    const ranks = [superblocks, bitmaps, files, holders, free].map(({ rank }) => rank);
    expect(ranks).toEqual(ranks.toSorted((a, b) => b - a));
  });
});
