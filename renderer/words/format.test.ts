import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatClock,
  formatClockPrecise,
  formatCount,
  formatDateTime,
  formatDuration,
  formatHex,
  formatOffset,
  formatPosition,
  formatRate,
  plural,
} from './format.ts';

describe('formatDuration', () => {
  it.each([
    [0, '0 µs'],
    [830, '830 µs'],
    [1234, '1.2 ms'],
    [12_345, '12 ms'],
    [999_600, '1.0 s'],
    [3_400_000, '3.4 s'],
    [125_000_000, '2 min 5 s'],
    [7_260_000_000, '2 h 1 min'],
    [Number.NaN, '–'],
  ])('says %d µs as %s', (us, words) => {
    expect(formatDuration(us)).toBe(words);
  });
});

describe('times', () => {
  const clockUs = Date.UTC(2026, 4, 1, 22, 20, 27) * 1000 + 123_456;

  it('says the time of day in UTC, as the log does', () => {
    expect(formatClock(clockUs)).toBe('22:20:27');
    expect(formatClockPrecise(clockUs)).toBe('22:20:27.123456');
    expect(formatDateTime(clockUs)).toBe('2026-05-01 22:20:27');
  });

  it('keeps its width when no time is known', () => {
    expect(formatClock(Number.NaN)).toHaveLength(8);
  });

  it('says ages in whole units', () => {
    expect([0, 2_400_000, 90e6, 7200e6, 200_000e6].map(formatAge)).toEqual([
      'now',
      '2 s ago',
      '1 min ago',
      '2 h ago',
      '2 d ago',
    ]);
  });

  it('says a position in a recording', () => {
    expect(formatPosition(33_900_000)).toBe('0:33');
    expect(formatPosition(3_723_000_000)).toBe('1:02:03');
  });
});

describe('numbers', () => {
  it('separates thousands and shortens millions', () => {
    expect([316, 98_765, 1_234_567, 4_500_000_000].map(formatCount)).toEqual([
      '316',
      '98,765',
      '1.23 M',
      '4.50 G',
    ]);
  });

  it('shows a part of a request only where it says something', () => {
    expect([0, 0.5, 3, 12, 1234.4].map(formatRate)).toEqual(['0', '0.5', '3', '12', '1,234']);
  });

  it('says offsets exactly, past what a double holds', () => {
    expect(formatHex(0x7fff_ffff_ffff_f000n)).toBe('0x7ffffffffffff000');
    expect(formatOffset(16_777_216n)).toBe('16 MiB');
  });

  it('counts in words', () => {
    expect(plural(1, 'request')).toBe('1 request');
    expect(plural(1200, 'request')).toBe('1,200 requests');
  });
});
