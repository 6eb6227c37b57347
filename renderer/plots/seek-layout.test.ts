import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockAt, offsetTicks, rowOfBlock, yOfBlock } from './seek-layout.ts';

const RECT = { xPx: 76, yPx: 6, widthPx: 1000, heightPx: 200 };

describe('the axis of offsets', () => {
  it('names round places, powers of two apart, as far from each other as can be read', () => {
    expect(offsetTicks(0, 16_384, 200).map(({ label }) => label)).toEqual([
      '0 B',
      '16 MiB',
      '32 MiB',
      '48 MiB',
      '64 MiB',
    ]);
    expect(offsetTicks(0, 16_384, 30)).toHaveLength(2);
    expect(offsetTicks(1000, 1300, 200).map(({ block }) => block)).toEqual([1024, 1088, 1152, 1216, 1280]);
  });

  it('names nothing where there is nothing', () => {
    expect(offsetTicks(0, 0, 200)).toEqual([]);
    expect(offsetTicks(0, 16, 0)).toEqual([]);
  });

  it('tells the end of a disk of 2^63 bytes', () => {
    expect(offsetTicks(0, 2 ** 51, 200).at(-1)).toEqual({ block: 2 ** 51, label: '8 EiB' });
  });
});

describe('blocks of the seek plot', () => {
  const data = { firstBlock: 0, endBlock: 1000, blocksPerRow: 7, rows: 143 };

  it('have the beginning of the disk below', () => {
    expect(yOfBlock(RECT, data, 0)).toBe(206);
    expect(yOfBlock(RECT, data, 999)).toBeLessThan(8);
  });

  it('are found again where they are drawn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), (block) => {
        const middlePx = (yOfBlock(RECT, data, block) + yOfBlock(RECT, data, block + 1)) / 2;
        expect(blockAt(RECT, data, middlePx)).toBe(block);
      }),
    );
  });

  it('are none beside the plot, and the last where a row reaches beyond it', () => {
    expect(blockAt(RECT, data, 5)).toBeNull();
    expect(blockAt(RECT, data, 206)).toBeNull();
    expect(blockAt(RECT, data, 6)).toBe(999);
  });

  it('lie in rows of as many', () => {
    expect([0, 6, 7, 999].map((block) => rowOfBlock(data, block))).toEqual([0, 0, 1, 142]);
  });
});
