import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flushStrength, readStrength, STEADY_READ } from './fade.ts';

describe('readStrength', () => {
  it('is full for 400 ms, fades over 600, and is gone', () => {
    expect([-5, 0, 400, 700, 1000, 1e9].map((age) => readStrength(age, false))).toEqual([1, 1, 1, 0.5, 0, 0]);
  });

  it('is steady and then gone with reduced motion', () => {
    expect([0, 999, 1000].map((age) => readStrength(age, true))).toEqual([STEADY_READ, STEADY_READ, 0]);
  });

  it('flashes a cell at most three times in any second, however it is read', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 60 }), (gapsMs) => {
        const readAtMs: number[] = [];
        for (const gap of gapsMs) readAtMs.push((readAtMs.at(-1) ?? 0) + gap);
        // A flash begins where the strength jumps up by the tenth that counts as one.
        const flashes: number[] = [];
        let lastMs = Number.NEGATIVE_INFINITY;
        for (const atMs of readAtMs) {
          if (1 - readStrength(atMs - lastMs, false) >= 0.1) flashes.push(atMs);
          lastMs = atMs;
        }
        for (const start of flashes) {
          expect(flashes.filter((at) => at >= start && at < start + 1000).length).toBeLessThanOrEqual(3);
        }
      }),
    );
  });
});

describe('flushStrength', () => {
  it('fades over half a second', () => {
    expect([-1, 0, 250, 500, Number.POSITIVE_INFINITY].map((age) => flushStrength(age, false))).toEqual([
      1, 1, 0.5, 0, 0,
    ]);
    expect(flushStrength(499, true)).toBe(STEADY_READ);
  });
});
