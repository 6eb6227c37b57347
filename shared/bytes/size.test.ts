import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, parseSize, shortSize, thousands } from './size.ts';

describe('parseSize', () => {
  it.each([
    ['64M', 67_108_864n],
    ['64m', 67_108_864n],
    ['7E', 7n << 60n],
    ['8s', 4096n],
    ['1b', 1n],
    ['67108864', 67_108_864n],
    ['9223372036854775807', (1n << 63n) - 1n],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toEqual({ bytes });
  });

  it.each([
    ['64X', 'unknown size suffix "X"; use b, k, m, g, t, p, e or s, as in 64M'],
    ['64MiB', 'unknown size suffix "MiB"'],
    ['1.5G', 'not a size'],
    ['-1', 'not a size'],
    ['', 'not a size'],
    ['0', 'at least 1 byte'],
    ['8E', 'at most 2^63-1 bytes'],
    ['99999999999999999999999999999', 'at most 2^63-1 bytes'],
  ])('refuses %s and says what would do', (text, message) => {
    const parsed = parseSize(text);
    expect('error' in parsed ? parsed.error : '').toContain(message);
    expect('error' in parsed ? parsed.error : '').toContain(`"${text}"`);
  });

  it('reads back what shortSize writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }), (bytes) => {
        expect(parseSize(shortSize(bytes))).toEqual({ bytes });
      }),
    );
  });
});

describe('sizes for people', () => {
  it.each([
    [67_108_864, '64 MiB'],
    [512, '512 B'],
    [1536, '1.5 KiB'],
    [7n << 60n, '7 EiB'],
  ])('writes %s as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('separates thousands', () => {
    expect(thousands(1_234_567)).toBe('1,234,567');
    expect(thousands(999)).toBe('999');
  });
});
