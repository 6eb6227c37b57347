import { differenceCiede2000, wcagContrast, wcagLuminance } from 'culori';
import { describe, expect, it } from 'vitest';
import { THEMES } from './palettes.ts';
import { colorOf, WAYS_OF_SEEING } from './testing/ways-of-seeing.ts';
import { type GridTheme, rgbOf, THEME_NAMES, type ThemeColors } from './theme.ts';

const difference = differenceCiede2000();

const STATES = ['read', 'written', 'trimmed', 'zeroed', 'error'] as const;
const GROUNDS = ['ground', 'untouched'] as const;

function pairs(): (readonly [keyof GridTheme, keyof GridTheme])[] {
  const found: (readonly [keyof GridTheme, keyof GridTheme])[] = [];
  STATES.forEach((state, i) => {
    for (const other of STATES.slice(i + 1)) found.push([state, other]);
    for (const ground of GROUNDS) found.push([state, ground]);
  });
  return found;
}

describe.each(['dark', 'light', 'projector'] as const)('%s palette', (name) => {
  const { grid } = THEMES[name];
  it.each(WAYS_OF_SEEING)('keeps every pair of states and grounds apart as seen %s', (_, see) => {
    for (const [a, b] of pairs()) {
      const apart = difference(see(colorOf(grid[a])), see(colorOf(grid[b])));
      expect(apart, `${a} against ${b}`).toBeGreaterThanOrEqual(15);
    }
  });

  it('outlines requests in flight and the cursor visibly on every state', () => {
    for (const under of [...STATES, ...GROUNDS] as const) {
      expect(difference(colorOf(grid.inFlight), colorOf(grid[under])), under).toBeGreaterThanOrEqual(15);
    }
    expect(difference(colorOf(grid.cursor), colorOf(grid.ground))).toBeGreaterThanOrEqual(50);
  });

  it('lets the extent of the disk be seen without shouting', () => {
    const apart = difference(colorOf(grid.ground), colorOf(grid.untouched));
    expect(apart).toBeGreaterThan(2);
    expect(apart).toBeLessThan(10);
  });
});

describe.each(THEME_NAMES)('%s theme', (name) => {
  const { chrome, grid } = THEMES[name];
  it('shows text at 4.5:1 or better on every surface it stands on', () => {
    const surfaces = ['background', 'panel', 'raised'] as const;
    const texts: readonly (keyof ThemeColors)[] = [
      'text',
      'mutedText',
      'danger',
      'warning',
      'success',
      'accent',
    ];
    for (const text of texts) {
      for (const surface of surfaces) {
        expect(wcagContrast(chrome[text], chrome[surface]), `${text} on ${surface}`).toBeGreaterThanOrEqual(
          4.5,
        );
      }
    }
    expect(wcagContrast(chrome.accentText, chrome.accent)).toBeGreaterThanOrEqual(4.5);
  });

  it('shows focus rings at 3:1 or better', () => {
    for (const surface of ['background', 'panel', 'raised'] as const) {
      expect(wcagContrast(chrome.focus, chrome[surface]), surface).toBeGreaterThanOrEqual(3);
    }
  });

  it('writes every colour as #rrggbb', () => {
    for (const color of [...Object.values(chrome), ...Object.values(grid)])
      expect(rgbOf(color)).toHaveLength(3);
  });

  it('has a ground that is on the side its colour scheme says', () => {
    expect(wcagLuminance(chrome.background) > 0.4).toBe(THEMES[name].scheme === 'light');
  });
});
