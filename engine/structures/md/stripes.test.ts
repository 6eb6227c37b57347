import { expect, it } from 'vitest';
import type { StructureAtAnswer } from '#shared/contract/structures.ts';
import { Sight } from '../answers/answers.ts';
import { answerStructureAt } from '../answers/structure-at.ts';
import { DiskKnowledge } from '../knowledge/disk-knowledge.ts';
import { decodeVersion, encodeVersion } from '../knowledge/version-text.ts';
import { STRUCTURE_PARSERS } from '../parsers.ts';
import { at, treesOf } from '../testing/images.ts';
import { disksOfSet, setNamed, sourceOf } from './testing/fixtures.ts';

async function treesOfSet(name: string) {
  return treesOf(disksOfSet(setNamed(name)).map(sourceOf), STRUCTURE_PARSERS);
}

it('names a block of a member by its stripe and by what lies on the array', async () => {
  const disks = new Map<number, DiskKnowledge>();
  const trees = await treesOfSet('ext4-on-raid5');
  for (const [disk, tree] of trees.entries()) {
    const knowledge = new DiskKnowledge(disk);
    knowledge.versions.add({ fromSequence: 0, tree, structures: 1, added: 1 });
    disks.set(disk, knowledge);
  }
  const sight = new Sight({ disks, names: [], history: null }, new AbortController().signal);
  const chainsAt = async (disk: number, byte: bigint): Promise<string[][]> => {
    const block = Number(byte / 4096n);
    const { json } = await answerStructureAt(sight, { about: 'structureAt', disk, block, atSequence: 0 });
    return (json as StructureAtAnswer).chains.map(({ chain }) => chain.map(({ name }) => name));
  };
  const member = 'member of RAID 5 “nbdscope:ext4-on-raid5”';
  const array = 'RAID 5 “nbdscope:ext4-on-raid5”';
  const { stripes } = at(trees[1] ?? trees[0] ?? raise(), 'md/array');
  const start = stripes?.startBytes ?? raise();
  // 64 KiB a chunk, left-symmetric on four: parity of stripe 2 is on the second, which has chunk 1 of stripe 6 as well.
  expect(await chainsAt(1, start + 2n * 65_536n)).toEqual([
    [member, `${array}, stripe 2, parity`, `parity of ${array}`],
  ]);
  const [inPartition = []] = await chainsAt(1, start + 20n * 65_536n);
  expect(inPartition.slice(0, 5)).toEqual([
    member,
    `${array}, stripe 20, data chunk 1`,
    'GUID partition table',
    'partition 1',
    'ext4',
  ]);
  expect(await chainsAt(4, start)).toEqual([[member, `spare of ${array}`]]);
});

it.each(['raid0', 'raid10-f2-4', 'ext4-on-raid6'])(
  'comes out of a capture as it went in, for %s',
  async (name) => {
    for (const tree of await treesOfSet(name)) {
      expect(at(tree, 'md/array').stripes).toBeDefined();
      const text = encodeVersion(3, { fromSequence: 5, tree }, null);
      expect(decodeVersion(text, () => null)).toEqual({ disk: 3, fromSequence: 5, tree });
    }
  },
);

function raise(): never {
  throw new Error('no tree');
}
