import { differenceCiede2000, wcagLuminance } from 'culori';
import { describe, expect, it } from 'vitest';
import { HEAT_RAMPS, HEAT_STEPS } from './heat.ts';
import { THEMES } from './palettes.ts';
import { colorOf, WAYS_OF_SEEING } from './testing/ways-of-seeing.ts';
import { THEME_NAMES } from './theme.ts';

const difference = differenceCiede2000();

describe.each(THEME_NAMES)('the scale of heat in the %s theme', (name) => {
  const ramp = HEAT_RAMPS[name];
  const { ground, untouched } = THEMES[name].grid;

  it.each(WAYS_OF_SEEING)(
    'tells its steps apart and from the ground, and goes one way, as seen %s',
    (_, see) => {
      expect(ramp).toHaveLength(HEAT_STEPS);
      const seen = ramp.map((color) => see(colorOf(color)));
      const light = seen.map((color) => wcagLuminance(color));
      const goesUp = (light.at(-1) ?? 0) > (light[0] ?? 0);
      seen.forEach((color, i) => {
        for (const under of [ground, untouched]) {
          expect(difference(color, see(colorOf(under))), `step ${i} on ${under}`).toBeGreaterThanOrEqual(15);
        }
        const before = seen[i - 1];
        if (before === undefined) return;
        expect(difference(color, before), `step ${i} after the one before`).toBeGreaterThanOrEqual(5);
        expect((light[i] ?? 0) > (light[i - 1] ?? 0), `lightness at step ${i}`).toBe(goesUp);
      });
    },
  );

  it('goes in about even steps, towards what stands out from the ground', () => {
    const steps = ramp.slice(1).map((color, i) => difference(colorOf(color), colorOf(ramp[i] ?? color)));
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.8);
    const away = ramp.map((color) => difference(colorOf(color), colorOf(ground)));
    expect(Math.max(...away)).toBe(away.at(-1));
  });
});
