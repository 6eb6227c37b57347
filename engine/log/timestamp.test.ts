import { describe, expect, it } from 'vitest';
import { ascii } from './ascii.ts';
import { readStamp, type Stamp } from './timestamp.ts';

function stamp(text: string): Stamp | null {
  const out = { timeUs: 0, next: 0 };
  return readStamp(ascii(text), 0, out) ? out : null;
}

describe('readStamp', () => {
  it('reads UTC to the microsecond', () => {
    expect(stamp('2026-11-20 22:34:35.204492 Ready')).toEqual({
      timeUs: Date.UTC(2026, 10, 20, 22, 34, 35) * 1000 + 204_492,
      next: 27,
    });
  });

  it('takes the words nbdkit writes when it has no clock', () => {
    expect(stamp('Time unknown Ready')).toEqual({ timeUs: Number.NaN, next: 13 });
  });

  it.each([
    '2026-11-31 22:34:35.204492 ',
    '2027-02-29 22:34:35.204492 ',
    '2026-13-01 22:34:35.204492 ',
    '2026-11-20 24:34:35.204492 ',
    '2026-11-20T22:34:35.204492 ',
    '2026-11-20 22:34:35,204492 ',
    '2026-11-20 22:34:35.20449x ',
    '2026-11-20 22:34:35.204492',
    'Time  unknown ',
    '',
  ])('refuses "%s"', (text) => {
    expect(stamp(text)).toBeNull();
  });
});
