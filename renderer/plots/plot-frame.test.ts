import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnAt, momentAt, plotRect, xOfMoment } from './plot-frame.ts';

const WINDOW = { fromUs: 1e15, toUs: 1e15 + 100e6 };
const RECT = plotRect(1086, 126);

describe('the frame of a plot', () => {
  it('leaves room for both axes, and none where there is no room at all', () => {
    expect(RECT).toEqual({ xPx: 76, yPx: 6, widthPx: 1000, heightPx: 100 });
    expect(plotRect(20, 10)).toMatchObject({ widthPx: 0, heightPx: 0 });
  });

  it('finds the moment of each place in it, and none beside it', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 99.9, noNaN: true }), (seconds) => {
        const us = WINDOW.fromUs + seconds * 1e6;
        expect(momentAt(RECT, WINDOW, xOfMoment(RECT, WINDOW, us))).toBeCloseTo(us, -1);
      }),
    );
    expect(momentAt(RECT, WINDOW, 75)).toBeNull();
    expect(momentAt(RECT, WINDOW, 1076)).toBeNull();
  });

  it('has as many columns as were asked for, the end of the window in none of them', () => {
    expect(columnAt(WINDOW, 50, WINDOW.fromUs)).toBe(0);
    expect(columnAt(WINDOW, 50, WINDOW.toUs - 1)).toBe(49);
    expect(columnAt(WINDOW, 50, WINDOW.toUs)).toBeNull();
    expect(columnAt(WINDOW, 50, WINDOW.fromUs - 1)).toBeNull();
    expect(columnAt(WINDOW, 50, Number.NaN)).toBeNull();
  });
});
