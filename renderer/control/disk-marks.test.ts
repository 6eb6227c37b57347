import { describe, expect, it } from 'vitest';
import type { ArrayLayout } from '#shared/contract/arrays.ts';
import { type DiskFaults, NO_FAULTS } from '#shared/contract/faults.ts';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { marksOf } from './disk-marks.ts';

function disk(id: number, faults: DiskFaults = NO_FAULTS): DiskInfo {
  return {
    id,
    name: `disk${id}`,
    exportName: '',
    source: id,
    sizeBytes: String(64 << 20),
    guessedSizeBytes: null,
    faults,
  };
}

const RAID5: ArrayLayout = {
  name: 'md0',
  level: 5,
  chunkBytes: 65_536,
  parityLayout: 'left-symmetric',
  copyLayout: 'near',
  copies: 2,
  dataOffsetBytes: 1 << 20,
  members: [10, 11, null, 13],
  spares: [14],
};
const DISKS = [10, 11, 13, 14].map((id) => disk(id));
const NONE = new Map();

describe('marksOf', () => {
  it('marks the stripe of the block in hand on every member that is there, parity told from data', () => {
    // Stripe 1: data 1, data 2 and parity on members 0, 1 and 2: the second chunk after the superblock's MiB.
    const marks = marksOf(
      {
        session: { disks: DISKS, arrays: [RAID5] },
        selection: null,
        cursor: { disk: 10, block: 256 + 16 },
        past: null,
      },
      NONE,
    );
    const chunk = { firstBlock: 272, endBlock: 288 };
    expect(Object.fromEntries(marks)).toEqual({
      10: [{ ...chunk, kind: 'stripe-data' }],
      11: [{ ...chunk, kind: 'stripe-data' }],
      13: [{ ...chunk, kind: 'stripe-data' }],
    });
    const first = marksOf(
      {
        session: { disks: DISKS, arrays: [RAID5] },
        selection: null,
        cursor: { disk: 10, block: 256 },
        past: null,
      },
      NONE,
    );
    expect(first.get(13)).toEqual([{ firstBlock: 256, endBlock: 272, kind: 'stripe-parity' }]);
  });

  it('marks what is selected, and all its stripes rather than those of the cursor', () => {
    const marks = marksOf(
      {
        session: { disks: DISKS, arrays: [RAID5] },
        selection: { disk: 11, firstBlock: 280, endBlock: 300 },
        cursor: { disk: 10, block: 1000 },
        past: null,
      },
      NONE,
    );
    expect(marks.get(11)).toEqual([
      { firstBlock: 272, endBlock: 288, kind: 'stripe-data' },
      { firstBlock: 288, endBlock: 304, kind: 'stripe-parity' },
      { disk: 11, firstBlock: 280, endBlock: 300, kind: 'selection' },
    ]);
    expect(marks.get(10)).toHaveLength(2);
  });

  it('marks nothing for a spare, before the data, or without an array', () => {
    const session = { disks: DISKS, arrays: [RAID5] };
    expect(
      marksOf({ session, selection: null, cursor: { disk: 14, block: 300 }, past: null }, NONE).size,
    ).toBe(0);
    expect(
      marksOf({ session, selection: null, cursor: { disk: 10, block: 255 }, past: null }, NONE).size,
    ).toBe(0);
    expect(marksOf({ session: null, selection: null, cursor: null, past: null }, NONE).size).toBe(0);
  });

  it('bounds the stripes of a long selection', () => {
    const selection = { disk: 10, firstBlock: 0, endBlock: 16_384 };
    const small = { ...RAID5, chunkBytes: 4096 };
    const marks = marksOf(
      { session: { disks: DISKS, arrays: [small] }, selection, cursor: null, past: null },
      NONE,
    );
    expect(marks.get(11)).toHaveLength(1000);
  });

  it('shows where rules are on, by the blocks they touch', () => {
    const rule = {
      name: 'bad sector',
      on: true,
      ops: ['read' as const],
      range: { from: '5000', to: '9000' },
      action: { do: 'fail' as const, error: 'EIO' as const },
      percent: 100,
      times: null,
      afterMs: 0,
      forMs: null,
    };
    const rules = (['inForce', 'off'] as const).map((state) => ({ rule, state, hits: 0, frozen: 0 }));
    const session = { disks: [disk(1, { ...NO_FAULTS, takesRules: true, rules })], arrays: [] };
    const marks = marksOf({ session, selection: null, cursor: null, past: null }, NONE);
    expect(marks.get(1)).toEqual([{ firstBlock: 1, endBlock: 3, kind: 'fault' }]);
    expect(marksOf({ session, selection: null, cursor: null, past: null }, marks).get(1)).toBe(marks.get(1));
    const then = { words: 'another rule', on: false, rules: [{ ...rule, range: { from: '0', to: '1' } }] };
    const past = marksOf({ session, selection: null, cursor: null, past: [null, then] }, NONE);
    expect(past.get(1), 'of the moment that is shown').toEqual([
      { firstBlock: 0, endBlock: 1, kind: 'fault' },
    ]);
    expect(marksOf({ session, selection: null, cursor: null, past: [] }, NONE).size).toBe(0);
  });
});
