import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TouchCounts } from './touch-counts.ts';

describe('TouchCounts', () => {
  it('costs a whole disk of 7 EiB no more than a block', () => {
    const counts = new TouchCounts(4);
    const disk = 7 * 2 ** 48;
    counts.add(0, 0, disk);
    counts.add(0, 0, disk);
    counts.add(0, 2 ** 50 + 1, 2 ** 50 + 2);
    expect(counts.hottest(9).some(({ requests }) => requests === 3)).toBe(true);
  });

  it('still counts truly in larger units when there are too many ranges: whatever touched any part of one', () => {
    const request = fc.tuple(fc.nat(2), fc.nat(5000), fc.integer({ min: 1, max: 300 }));
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 300 }), (requests) => {
        const counts = new TouchCounts(32);
        for (const [disk, first, blocks] of requests) counts.add(disk, first, first + blocks);
        for (const { disk, firstBlock, endBlock, requests: told } of counts.hottest(16)) {
          const unit = endBlock - firstBlock;
          expect(firstBlock % 1).toBe(0);
          expect(unit).toBeGreaterThan(0);
          const touching = requests.filter(
            ([on, first, blocks]) => on === disk && first < endBlock && first + blocks > firstBlock,
          );
          expect(told).toBeLessThanOrEqual(touching.length);
          const inside = requests.filter(
            ([on, first, blocks]) => on === disk && first <= firstBlock && first + blocks >= endBlock,
          );
          expect(told).toBeGreaterThanOrEqual(inside.length);
        }
      }),
    );
  });

  it('finds the block that is written again and again among a million others', () => {
    const counts = new TouchCounts(1 << 12);
    for (let i = 0; i < 200_000; i += 1) {
      counts.add(0, (i * 7919) % 1_000_000, ((i * 7919) % 1_000_000) + 1);
      if (i % 10 === 0) counts.add(0, 123_456, 123_457);
    }
    const [hottest] = counts.hottest(1);
    expect(hottest?.firstBlock).toBeLessThanOrEqual(123_456);
    expect(hottest?.endBlock).toBeGreaterThan(123_456);
    expect(hottest?.requests).toBeGreaterThanOrEqual(20_000);
  });
});
