import { describe, expect, it } from 'vitest';
import { parseMoment } from '#shared/captions/moment.ts';
import { formatMoment, freeMarkName } from './mark-times.ts';

const FIRST_US = Date.UTC(2026, 4, 1, 22, 20, 0) * 1000;

describe('formatMoment', () => {
  it('writes what can be read again as the same', () => {
    for (const us of [FIRST_US, FIRST_US + 5_500_000, FIRST_US + 1, FIRST_US + 2 * 86_400_000_000]) {
      expect(parseMoment(formatMoment(us, FIRST_US), FIRST_US)).toEqual({ us });
    }
    expect(formatMoment(FIRST_US + 27_500_000, FIRST_US)).toBe('22:20:27.5');
    expect(formatMoment(FIRST_US + 86_400_000_000, FIRST_US)).toBe('2026-05-02 22:20:00');
    expect(formatMoment(1e300, FIRST_US)).toBe('time unknown');
  });
});

describe('freeMarkName', () => {
  it('counts the marks and takes no name twice', () => {
    const mark = { id: 1, kind: 'mark', clockUs: 0 } as const;
    expect(freeMarkName([])).toBe('mark 1');
    expect(freeMarkName([{ ...mark, text: 'mkfs' }])).toBe('mark 2');
    expect(freeMarkName([{ ...mark, text: 'mark 2' }])).toBe('mark 3');
    expect(freeMarkName([{ ...mark, kind: 'caption', text: 'a story' }])).toBe('mark 1');
  });
});
