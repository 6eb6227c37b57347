import { describe, expect, it } from 'vitest';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { latencyParts, momentWords, positionWords, readoutParts, speedTitle } from './time-words.ts';

const T0 = Date.UTC(2026, 4, 1, 22, 20, 27) * 1000;
const history = { ...NO_HISTORY, firstUs: T0, lastUs: T0 + 62e6 };
const quiet = { fromUs: T0, lengthUs: 1e6, requests: [0, 0, 0, 0, 0, 0, 0], errors: 0, depth: 0 };
const unanswered = { p50Us: null, p99Us: null, maxUs: null };

describe('words about time', () => {
  it('say how fast the past is played', () => {
    expect([0.1, 8, 1000, 0].map(speedTitle)).toEqual(['1/10x', '8x', '1000x', 'As fast as it goes']);
  });

  it('say what happened about a moment, and nothing of what did not', () => {
    expect(readoutParts({ ...quiet, ...unanswered, requests: [1234, 1, 2, 3, 2, 0, 4], errors: 1 })).toEqual([
      '1,234 reads',
      '1 write',
      '2 trims',
      '3 zeroes',
      '2 flushes',
      '4 extents',
      '1 error',
    ]);
    expect(readoutParts({ ...quiet, ...unanswered })).toEqual(['nothing']);
    expect(latencyParts({ ...quiet, p50Us: 900, p99Us: 12_000, maxUs: 3e6, depth: 4 })).toEqual([
      'p50 900 µs',
      'p99 12 ms',
      'max 3.0 s',
      'queue 4',
    ]);
    expect(latencyParts({ ...quiet, ...unanswered })).toEqual([]);
  });

  it('tell moments apart to the digit that matters, and days where there are several', () => {
    expect(momentWords(T0 + 500_000, 100_000, history, 'utc')).toBe('22:20:27.5');
    expect(momentWords(T0, 2e6, history, 'utc')).toBe('22:20:27');
    expect(momentWords(T0, 2e6, { ...history, lastUs: T0 + 86_400e6 }, 'utc')).toBe('2026-05-01 22:20:27');
  });

  it('say where a moment stands in the whole', () => {
    expect(positionWords(T0 + 33e6, history)).toBe('0:33 of 1:02');
    expect(positionWords(Number.NaN, history)).toBe('');
  });
});
