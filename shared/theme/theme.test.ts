import { describe, expect, it } from 'vitest';
import { THEMES } from './palettes.ts';
import { cssCustomProperties, rgbOf } from './theme.ts';

describe('cssCustomProperties', () => {
  it('names chrome colours plainly and the picture’s with a prefix', () => {
    const properties = cssCustomProperties(THEMES.dark);
    expect(properties['--muted-text']).toBe(THEMES.dark.chrome.mutedText);
    expect(properties['--grid-in-flight']).toBe(THEMES.dark.grid.inFlight);
    expect(properties['--background']).toBe('#0F1216');
  });
});

describe('rgbOf', () => {
  it('splits a colour into its parts', () => {
    expect(rgbOf('#0F12a6')).toEqual([15, 18, 166]);
  });

  it('refuses what is not #rrggbb', () => {
    expect(() => rgbOf('#fff')).toThrow(/#rrggbb/);
    expect(() => rgbOf('#12345g')).toThrow(RangeError);
  });
});
