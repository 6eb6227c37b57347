import { describe, expect, it } from 'vitest';
import type { ArrayLayout } from '#shared/contract/arrays.ts';
import { stripeWords } from './stripe-words.ts';

const CHUNK = 65_536;
const ARRAY: ArrayLayout = {
  name: 'md0',
  level: 5,
  chunkBytes: CHUNK,
  parityLayout: 'left-symmetric',
  copyLayout: 'near',
  copies: 2,
  dataOffsetBytes: 1 << 20,
  members: [0, 1, 2, 3],
  spares: [4],
};

function at(disk: number, byte: number, array = ARRAY) {
  return stripeWords([array], disk, BigInt(byte), (one) => ({
    ...one,
    memberCount: one.members.length,
    memberBytes: null,
  }));
}

describe('a block of an array', () => {
  it('is told with its stripe, its part in it and its place in the array', () => {
    expect(at(1, 1 << 20)).toEqual({
      array: 'md0 · member 1',
      stripe: '0 · data 1',
      offset: '0x10000 · 64 KiB',
    });
    expect(at(3, 1 << 20)).toEqual({ array: 'md0 · member 3', stripe: '0 · parity', offset: '–' });
    expect(at(2, (1 << 20) + CHUNK)?.stripe).toBe('1 · parity');
  });

  it('is told from a copy, from the superblock and from a spare', () => {
    expect(at(1, 1 << 20, { ...ARRAY, level: 1 })?.stripe).toBe('0 · copy 2');
    expect(at(1, 1 << 20, { ...ARRAY, level: 10 })?.stripe).toBe('0 · copy 2 of data 0');
    expect(at(0, 4096)?.stripe).toBe('none: beside its data');
    expect(at(4, 0)?.array).toBe('md0 · spare');
    expect(at(5, 0)).toBeNull();
  });
});
