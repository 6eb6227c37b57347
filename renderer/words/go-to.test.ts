import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoTo } from './go-to.ts';

const SIZE = 64n << 20n;

describe('parseGoTo', () => {
  it.each([
    ['0', 0n],
    ['4096', 16n << 20n],
    ['4,096', 16n << 20n],
    [' 4 096 ', 16n << 20n],
    ['s32768', 16n << 20n],
    ['S1', 512n],
    ['16M', 16n << 20n],
    ['16m', 16n << 20n],
    ['16777216b', 16n << 20n],
    ['32768s', 16n << 20n],
    ['0x1000000', 16n << 20n],
    ['0X10_00000', 16n << 20n],
    ['0b', 0n],
  ])('reads %s', (text, offsetBytes) => {
    expect(parseGoTo(text, SIZE)).toEqual({ offsetBytes });
  });

  it.each([
    ['', 'nothing to go to'],
    ['here', 'no place on a disk'],
    ['-1', 'no place on a disk'],
    ['12X', 'unknown size suffix "X"'],
    ['0x', 'no place on a disk'],
    ['0xfg', 'no place on a disk'],
    ['16384', 'its last block is 16,383'],
    ['64M', 'past the end'],
    ['s131072', 'past the end'],
  ])('refuses "%s" and says what is accepted', (text, words) => {
    const target = parseGoTo(text, SIZE);
    expect('error' in target ? target.error : '').toContain(words);
  });

  it('finds every byte of a 2^63-1 byte disk in hexadecimal, exactly', () => {
    const size = (1n << 63n) - 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: size - 1n }), (offsetBytes) => {
        expect(parseGoTo(`0x${offsetBytes.toString(16)}`, size)).toEqual({ offsetBytes });
      }),
    );
  });

  it('never throws and never points past the end', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const target = parseGoTo(text, SIZE);
        if ('offsetBytes' in target) expect(target.offsetBytes < SIZE).toBe(true);
      }),
    );
  });
});
