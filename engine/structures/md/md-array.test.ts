import { describe, expect, it } from 'vitest';
import type { Volume } from '../volume.ts';
import type { MdArray } from './md-array.ts';
import { arrayOf, detailOf, disksOfSet, setNamed } from './testing/fixtures.ts';
import { MD_SETS, type MdSet } from './testing/md-sets.ts';
import { blockInPattern, PATTERN_BLOCK_BYTES } from './testing/pattern.ts';

const BLOCK = BigInt(PATTERN_BLOCK_BYTES);
/** Members gone, so that data cannot all be had; levels 1 and 10 with more copies have their own test. */
const SPARES_ONE: readonly string[] = ['raid4', 'raid5', 'raid6', 'raid10', 'raid1-'];

function patterned(): readonly MdSet[] {
  return MD_SETS.filter((set) => set.content === 'pattern');
}

function volumeOf(array: MdArray): Volume {
  if (array.volume === null) throw new Error(array.problem ?? 'no volume');
  return array.volume;
}

/** Whether the volume's blocks are the pattern's from its beginning to its end. */
async function expectPattern(volume: Volume): Promise<void> {
  const wrong: string[] = [];
  for (let block = 0n; block < volume.sizeBytes / BLOCK; block += 1n) {
    const said = blockInPattern(await volume.read(block * BLOCK, PATTERN_BLOCK_BYTES));
    if (said !== Number(block)) wrong.push(`${block} is ${said}`);
  }
  expect(wrong).toEqual([]);
}

describe('arrays that md wrote', () => {
  it.each(patterned().map((set) => set.name))('reads %s as md read it', async (name) => {
    const set = setNamed(name);
    const volume = volumeOf(await arrayOf(disksOfSet(set)));
    const told = /Array Size : (\d+)/.exec(detailOf(set))?.[1];
    expect(volume.sizeBytes).toBe(BigInt(told ?? -1) * 1024n);
    await expectPattern(volume);
  });

  it.each(patterned().map((set) => set.name))(
    'says of %s where each block lies on the disks',
    async (name) => {
      const disks = disksOfSet(setNamed(name));
      const volume = volumeOf(await arrayOf(disks));
      const wrong: string[] = [];
      for (let block = 0n; block < volume.sizeBytes / BLOCK; block += 1n) {
        const extent = { startBytes: block * BLOCK, endBytes: (block + 1n) * BLOCK, fileBytes: 7n };
        for (const { disk, startBytes, endBytes, fileBytes } of volume.place(extent)) {
          const bytes = disks[disk]?.subarray(Number(startBytes), Number(endBytes)) ?? new Uint8Array();
          if (blockInPattern(bytes) !== Number(block) || fileBytes !== 7n) wrong.push(`${block} on ${disk}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  it.each(
    patterned()
      .map((set) => set.name)
      .filter((name) => SPARES_ONE.some((start) => name.startsWith(start)) && !/missing|failed$/.test(name)),
  )('reads %s without any one of its disks', async (name) => {
    const disks = disksOfSet(setNamed(name));
    for (const gone of disks.keys()) {
      const array = await arrayOf(disks.map((disk, i) => (i === gone ? null : disk)));
      await expectPattern(volumeOf(array));
    }
  });

  it.each(
    patterned()
      .map((set) => set.name)
      .filter((name) => name.startsWith('raid6') && !name.includes('missing')),
  )('reads %s without any two of its disks', async (name) => {
    const disks = disksOfSet(setNamed(name));
    for (const one of disks.keys()) {
      for (let two = one + 1; two < disks.length; two += 1) {
        const array = await arrayOf(disks.map((disk, i) => (i === one || i === two ? null : disk)));
        await expectPattern(volumeOf(array));
      }
    }
  });

  it('says which members are missing that it cannot do without', async () => {
    const disks = disksOfSet(setNamed('raid5-ls'));
    const array = await arrayOf(disks.map((disk, i) => (i < 2 ? null : disk)));
    expect(array.missing).toEqual([0, 1]);
    await expect(volumeOf(array).read(0n, PATTERN_BLOCK_BYTES)).rejects.toThrow(
      'member 0 of RAID 5 “nbdscope:raid5-ls” is missing, and member 1 of RAID 5 “nbdscope:raid5-ls” is missing',
    );
    // What is on those that are here is still read.
    expect(blockInPattern(await volumeOf(array).read(8n * BLOCK, PATTERN_BLOCK_BYTES))).toBe(8);
  });

  it('takes whole ranges of members for what would be too many pieces', async () => {
    const volume = volumeOf(await arrayOf(disksOfSet(setNamed('raid5-ls'))));
    const whole = { startBytes: 0n, endBytes: volume.sizeBytes, fileBytes: 0n };
    const start = 1n << 20n;
    expect(volume.place(whole, 8)).toEqual(
      [0, 1, 2, 3].map((disk) => ({ disk, startBytes: start, endBytes: start + (512n << 10n) })),
    );
    expect(volume.place(whole)).toHaveLength(96);
  });
});
