import { describe, expect, it } from 'vitest';
import { HEAT_KINDS } from '#shared/model/heat.ts';
import { AGE_STEPS_MS, COUNT_STEPS } from '../grid/heat.ts';
import { HEAT_SENTENCES, HEAT_TITLES, scaleWords } from './heat-words.ts';

describe('the scale of heat', () => {
  it('names the least of each step of a count', () => {
    expect(COUNT_STEPS.map((step) => scaleWords(step, false))).toEqual([
      ...['1', '2', '4', '8', '16', '32', '64', '256', '1k', '4k'],
    ]);
  });

  it('names the least of each step of an age', () => {
    expect(AGE_STEPS_MS.map((step) => scaleWords(step, true))).toEqual([
      ...['now', '1s', '3s', '10s', '30s', '1m', '5m', '15m', '1h', '1d'],
    ]);
  });

  it('has a title and a sentence for each kind', () => {
    for (const kind of HEAT_KINDS) {
      expect(HEAT_TITLES[kind]).not.toBe('');
      expect(HEAT_SENTENCES[kind]).toMatch(/^How (often|long ago) /);
    }
  });
});
