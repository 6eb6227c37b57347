import { describe, expect, it } from 'vitest';
import { THEMES } from '#shared/theme/palettes.ts';
import { THEME_NAMES } from '#shared/theme/theme.ts';
import { packColor } from '../grid/cell-look.ts';
import { storeInMemory } from './byte-sinks.ts';
import { afterIdle, frameCount, stepUs } from './film-times.ts';
import { gifPalette, PaletteIndex } from './gif-palette.ts';
import { wrapWords } from './wrap-words.ts';

describe('the moments of a film', () => {
  const pace = { framesPerSecond: 10, speed: 2 };
  it('are as far apart as the speed says, both ends included', () => {
    expect(stepUs(pace)).toBe(200_000);
    expect(frameCount(0, 4_000_000, pace)).toBe(21);
    expect(frameCount(5, 5, pace)).toBe(1);
  });

  it('leave an idle stretch out once all has faded, and come back a little before its end', () => {
    expect(afterIdle(2_000_000, 1_000_000, 60_000_000, 1)).toBeNull();
    expect(afterIdle(2_200_000, 1_000_000, 60_000_000, 1)).toBe(59_600_000);
    expect(afterIdle(2_200_000, 1_000_000, 3_000_000, 1)).toBeNull();
    expect(afterIdle(2_200_000, 1_000_000, 60_000_000, 4)).toBeNull();
  });
});

describe.each(THEME_NAMES)('the palette of a GIF in the %s theme', (name) => {
  it('has every colour of the picture exactly, and room for one that is transparent', () => {
    const palette = gifPalette(THEMES[name]);
    expect(palette.length).toBeLessThan(256);
    expect(new Set(palette).size).toBe(palette.length);
    const index = new PaletteIndex(palette);
    for (const color of Object.values(THEMES[name].grid)) {
      expect(palette[index.of(packColor(color))]).toBe(packColor(color));
    }
  });

  it('gives what it lacks the nearest of its colours', () => {
    const palette = gifPalette(THEMES[name]);
    const near = palette[new PaletteIndex(palette).of(packColor(THEMES[name].grid.written) ^ 1)];
    expect(near).toBe(packColor(THEMES[name].grid.written));
  });
});

describe('wrapWords', () => {
  const byLetters = (words: string): number => words.length;
  it('breaks between words, and within one that is too long', () => {
    expect(wrapWords('one two three', 7, 9, byLetters)).toEqual(['one two', 'three']);
    expect(wrapWords('abcdefghij', 4, 9, byLetters)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrapWords('  ', 4, 9, byLetters)).toEqual([]);
  });

  it('ends in an ellipsis what has no room', () => {
    expect(wrapWords('one two three four', 7, 2, byLetters)).toEqual(['one two', 'three…']);
  });
});

describe('a film kept in memory', () => {
  it('holds bytes at the places they were written to', async () => {
    const file = storeInMemory();
    await file.sink.write(0, new Uint8Array([1, 2, 3, 4]));
    await file.sink.write(4, new Uint8Array([5]));
    await file.sink.write(1, new Uint8Array([9, 9]));
    await file.sink.close();
    expect([...new Uint8Array(await (await file.result()).arrayBuffer())]).toEqual([1, 9, 9, 4, 5]);
  });

  it('is refused beyond its limit, saying what would do', async () => {
    const file = storeInMemory(1 << 20);
    await expect(file.sink.write(1 << 20, new Uint8Array(1))).rejects.toThrow(/choose a shorter span/);
  });
});
