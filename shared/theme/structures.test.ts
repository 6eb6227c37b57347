import { differenceCiede2000, interpolate } from 'culori';
import { describe, expect, it } from 'vitest';
import { THEMES } from './palettes.ts';
import { STRUCTURE_COLORS, STRUCTURE_INKS, STRUCTURE_TINT } from './structures.ts';
import { colorOf, WAYS_OF_SEEING } from './testing/ways-of-seeing.ts';
import { type HexColor, THEME_NAMES } from './theme.ts';

const difference = differenceCiede2000();
const STATES = ['read', 'written', 'trimmed', 'zeroed', 'error'] as const;
const INKS = ['metadata', 'journal', 'content'] as const;

describe.each(THEME_NAMES)('inks of structures in the %s theme', (name) => {
  const inks = STRUCTURE_COLORS[name];
  const { grid } = THEMES[name];

  it.each(WAYS_OF_SEEING)('stand out from the ground, the states and each other as seen %s', (_, see) => {
    const apart = (a: HexColor, b: HexColor): number => difference(see(colorOf(a)), see(colorOf(b)));
    for (const [i, ink] of INKS.entries()) {
      // Most of a disk is untouched, or zeroed by whoever made its file system.
      for (const under of ['ground', 'untouched', 'zeroed'] as const) {
        expect(apart(inks[ink], grid[under]), `${ink} on ${under}`).toBeGreaterThanOrEqual(15);
      }
      for (const state of STATES) {
        expect(apart(inks[ink], grid[state]), `${ink} on ${state}`).toBeGreaterThanOrEqual(9.5);
      }
      for (const other of INKS.slice(i + 1)) {
        expect(apart(inks[ink], inks[other]), `${ink} beside ${other}`).toBeGreaterThanOrEqual(12);
      }
    }
  });
});

describe.each(['dark', 'light', 'projector'] as const)('tints of structures in the %s theme', (name) => {
  const { grid } = THEMES[name];

  it.each(WAYS_OF_SEEING)('leave the states apart that lie under them as seen %s', (_, see) => {
    for (const ink of STRUCTURE_INKS) {
      const tinted = (color: HexColor) =>
        see(interpolate([color, STRUCTURE_COLORS[name][ink]], 'rgb')(STRUCTURE_TINT));
      for (const [i, state] of STATES.entries()) {
        for (const other of [...STATES.slice(i + 1), 'untouched'] as const) {
          const apart = difference(tinted(grid[state]), tinted(grid[other]));
          expect(apart, `${state} and ${other} under ${ink}`).toBeGreaterThanOrEqual(10);
        }
      }
    }
  });
});
