import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sectorRange } from './block-state.ts';

function rangeOf(offset: bigint, length: bigint): readonly [first: bigint, end: bigint] {
  const out = new Float64Array(2);
  const low = 0xffff_ffffn;
  sectorRange(Number(offset >> 32n), Number(offset & low), Number(length >> 32n), Number(length & low), out);
  return [BigInt(out[0] ?? 0), BigInt(out[1] ?? 0)];
}

describe('sectorRange', () => {
  it('is exact up to 4 EiB', () => {
    const offsets = fc.bigInt({ min: 0n, max: (1n << 61n) - 1n });
    fc.assert(
      fc.property(offsets, fc.bigInt({ min: 1n, max: 1n << 61n }), (offset, length) => {
        expect(rangeOf(offset, length)).toEqual([offset / 512n, (offset + length + 511n) / 512n]);
      }),
    );
  });

  it('covers all it should up to 2^63 bytes, and the same blocks exactly', () => {
    const limit = 1n << 63n;
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n << 62n, max: limit - 1n }),
        fc.bigInt({ min: 1n, max: 1n << 40n }),
        (offset, wanted) => {
          const length = wanted > limit - offset ? limit - offset : wanted;
          const [first, end] = rangeOf(offset, length);
          expect(first * 512n).toBeLessThanOrEqual(offset);
          expect(end * 512n).toBeGreaterThanOrEqual(offset + length);
          expect(first / 8n).toBe(offset / 4096n);
          expect((end + 7n) / 8n).toBe((offset + length + 4095n) / 4096n);
        },
      ),
    );
  });

  it('does not lose the last sector of a 7 EiB disk, where the second partition table lies', () => {
    const [first, end] = rangeOf((7n << 60n) - 512n, 512n);
    expect(end - first).toBe(2n);
    expect(end).toBe((7n << 60n) / 512n);
  });
});
