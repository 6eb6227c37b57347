import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stripeInWords } from '#shared/structures/striped-range.ts';
import type { Structure } from '#shared/structures/structure.ts';
import { STRUCTURE_PARSERS } from '../parsers.ts';
import { at, fact, ImageFolder, runTool, treesOf } from '../testing/images.ts';
import { detailOf, disksOfSet, setNamed, sourceOf } from './testing/fixtures.ts';
import { MD_SETS } from './testing/md-sets.ts';
import { blockInPattern, PATTERN_BLOCK_BYTES } from './testing/pattern.ts';

const folder = new ImageFolder();
afterAll(() => folder.remove());

/** `mdadm --examine` of a member, as it says it: label and value. */
function examine(disk: Uint8Array): ReadonlyMap<string, string> {
  const path = join(folder.path, 'member');
  writeFileSync(path, disk);
  const lines = runTool('mdadm', ['--examine', path]).matchAll(/^ *([A-Z][\w ]*?) : (.*)$/gm);
  return new Map([...lines].map(([, label = '', value = '']) => [label, value]));
}

/** mdadm's times are local, and tests run with the zone of the machine. */
function seconds(words: string | undefined): number {
  return Date.parse(words ?? '') / 1000;
}

async function memberTrees(disks: readonly Uint8Array[]): Promise<readonly Structure[]> {
  return treesOf(disks.map(sourceOf), STRUCTURE_PARSERS);
}

function bytesOf(disk: Uint8Array, structure: Structure): Uint8Array {
  return Buffer.concat(
    structure.extents.map((extent) => disk.subarray(Number(extent.startBytes), Number(extent.endBytes))),
  );
}

describe('md superblocks', () => {
  it.each(MD_SETS.map((set) => set.name))('are in %s what mdadm --examine tells', async (name) => {
    const disks = disksOfSet(setNamed(name));
    const trees = await memberTrees(disks);
    for (const [i, disk] of disks.entries()) {
      const told = examine(disk);
      const superblock = at(trees[i] ?? raise(name), 'md/superblock');
      const is = (label: string): string | undefined => fact(superblock, label);
      expect(told.get('Checksum')).toMatch(/ - correct$/);
      expect(is('Checksum')).toBe('correct');
      expect(told.get('Version')).toBe(is('Version') === '0.90' ? '0.90.00' : is('Version'));
      expect(is('Array UUID')).toBe(told.get('Array UUID') ?? told.get('UUID'));
      expect(is('Name') ?? '').toBe((told.get('Name') ?? '').replace(/ .*/, ''));
      expect(is('Device UUID')).toBe(told.get('Device UUID'));
      expect(is('Level')).toBe(
        told.get('Raid Level') === 'linear'
          ? 'linear array'
          : told.get('Raid Level')?.replace('raid', 'RAID '),
      );
      expect(is('Devices')).toBe(told.get('Raid Devices'));
      expect(is('Events')).toBe(told.get('Events'));
      expect(is('State')).toBe(told.get('State'));
      expect(seconds(is('Updated'))).toBe(seconds(`${told.get('Update Time')} UTC`));
      expect(seconds(is('Created'))).toBe(seconds(`${told.get('Creation Time')} UTC`));
      const layout = told.get('Layout');
      if (layout !== undefined) expect(is('Layout')).toBe(layout.replace(/^-unknown-$/, 'unknown'));
      const chunk = told.get('Chunk Size');
      if (chunk !== undefined) expect(is('Chunk')).toBe(chunk.replace('K', ' KiB'));
      const role = told.get('Device Role');
      if (role !== undefined) expect(is('Role')).toBe(role.toLowerCase());
      const offset = told.get('Data Offset');
      if (offset !== undefined) expect(is('Data')).toContain(` at ${parseInt(offset, 10) * 512}`);
      const superOffset = told.get('Super Offset');
      if (superOffset !== undefined) {
        expect(superblock.extents[0]?.startBytes).toBe(BigInt(parseInt(superOffset, 10)) * 512n);
      }
      expect(at(trees[i] ?? raise(name), 'md').children.some((child) => child.key === 'badBlocks')).toBe(
        told.has('Bad Block Log'),
      );
    }
  });

  it.each(MD_SETS.filter((set) => set.create.includes('-b internal')).map((set) => set.name))(
    'have in %s the bitmaps that mdadm --examine-bitmap tells',
    async (name) => {
      const set = setNamed(name);
      const trees = await memberTrees(disksOfSet(set));
      const told = detailOf(set)
        .split(/^ *Filename : .*$/m)
        .slice(1);
      expect(told).toHaveLength(trees.length);
      for (const [i, text] of told.entries()) {
        const value = (label: string): string | undefined =>
          new RegExp(`^ *${label} : (.*)$`, 'm').exec(text)?.[1];
        const bitmap = at(trees[i] ?? raise(name), 'md/bitmap');
        const [, chunks, dirty] = /^(\d+) bits \(chunks\), (\d+) dirty/.exec(value('Bitmap') ?? '') ?? [];
        expect(fact(bitmap, 'Chunks')).toBe(chunks);
        expect(fact(bitmap, 'Dirty')).toBe(`${dirty} chunks`);
        expect(fact(bitmap, 'Events')).toBe(value('Events'));
        expect(fact(bitmap, 'Events cleared')).toBe(value('Events Cleared'));
        expect(fact(bitmap, 'Chunk')?.replace(' KiB', '').replace(' MiB', '')).toBe(
          /\d+/.exec(value('Chunksize') ?? '')?.[0],
        );
      }
    },
  );

  it('are not believed with a wrong checksum', async () => {
    const [disk = raise('')] = disksOfSet(setNamed('raid5-ls'));
    disk[4096 + 40] = 0x41;
    const [tree = raise('')] = await memberTrees([disk]);
    expect(at(tree, 'md')).toMatchObject({
      kind: 'notUnderstood',
      name: 'md: not understood here, because the checksum of the superblock is wrong',
    });
    const [older = raise('')] = disksOfSet(setNamed('raid5-090'));
    older[older.length - 65_536 + 40] = 0x41;
    const [other = raise('')] = await memberTrees([older]);
    expect(at(other, 'md').kind).toBe('notUnderstood');
  });
});

/** The disk with one partition from 64 KiB on to its end, which holds what was a whole disk. */
function inPartition(disk: Uint8Array, name: string): Uint8Array {
  const path = folder.image(name, disk.length + 65_536);
  runTool('sfdisk', [path], 'label: dos\nstart=128, type=fd\n');
  const whole = Uint8Array.from(readFileSync(path));
  whole.set(disk, 65_536);
  return whole;
}

/** A superblock 0.90 as a machine of the other byte order writes it: words turned round, and halves of what has two. */
function turnRound(superblock: Buffer): void {
  for (const first of [39, 41, 44]) {
    const low = superblock.readUInt32LE(first * 4);
    superblock.writeUInt32LE(superblock.readUInt32LE(first * 4 + 4), first * 4);
    superblock.writeUInt32LE(low, first * 4 + 4);
  }
  superblock.swap32();
}

describe('members in partitions, and of other machines', () => {
  it('belong to the partition where a 0.90 superblock could be the disk’s as well', async () => {
    const disks = disksOfSet(setNamed('raid1-090-spare')).map((disk, i) => inPartition(disk, `mirror${i}`));
    const trees = await memberTrees(disks);
    expect(trees.map((tree) => tree.children.map(({ key }) => key))).toEqual([['mbr'], ['mbr'], ['mbr']]);
    expect(at(trees[2] ?? raise('spare'), 'mbr/p1/md/spare').kind).toBe('spare');
  });

  it('make an array whose content has its place on the whole disks', async () => {
    const set = setNamed('ext4-on-raid5');
    const alone = await memberTrees(disksOfSet(set));
    const disks = disksOfSet(set).map((disk, i) => inPartition(disk, `member${i}`));
    const trees = await memberTrees(disks);
    for (const [i, tree] of trees.slice(0, 4).entries()) {
      const moved = at(tree, 'mbr/p1/md/array/gpt/p1');
      const before = at(alone[i] ?? raise('member'), 'md/array/gpt/p1');
      expect(moved.extents).toEqual(
        before.extents.map(({ startBytes, endBytes }) => ({
          startBytes: startBytes + 65_536n,
          endBytes: endBytes + 65_536n,
        })),
      );
      const { stripes } = at(tree, 'mbr/p1/md/array');
      expect(stripes?.startBytes).toBe(at(tree, 'mbr/p1/md/array').extents[0]?.startBytes);
    }
  });

  it('are read in either byte order', async () => {
    const disks = disksOfSet(setNamed('raid5-090'));
    const here = await memberTrees(disks);
    for (const disk of disks) {
      const at = Math.floor(disk.length / 65_536) * 65_536 - 65_536;
      turnRound(Buffer.from(disk.buffer, disk.byteOffset + at, 4096));
    }
    const elsewhere = await memberTrees(disks);
    const facts = (trees: readonly Structure[]) => trees.map((tree) => at(tree, 'md/superblock').facts);
    // The UUID is four words to mdadm.
    expect(facts(elsewhere)).toEqual(facts(here));
    expect(elsewhere.map((tree) => at(tree, 'md').children.at(-1)?.key)).toEqual(
      here.map((tree) => at(tree, 'md').children.at(-1)?.key),
    );
  });
});

describe('members of arrays', () => {
  it.each([
    'raid4',
    'raid5-ls',
    'raid5-ra',
    'raid5-parity-first',
    'raid6-ls',
    'raid6-ra',
    'raid6-parity-last',
  ])('of %s hold in each stripe all its data where no parity is said to be', async (name) => {
    const disks = disksOfSet(setNamed(name));
    const trees = await memberTrees(disks);
    const parities = name.startsWith('raid6') ? 2 : 1;
    const dataStart = at(trees[0] ?? raise(name), 'md/array').extents[0]?.startBytes ?? raise(name);
    const isParity = (tree: Structure, byte: bigint): boolean =>
      at(tree, 'md/array').children.some(
        ({ kind, extents }) =>
          kind === 'parity' && extents.some((each) => each.startBytes <= byte && byte < each.endBytes),
      );
    const blocksInChunk = 4;
    const chunksInStripe = disks.length - parities;
    for (let block = 0; block < 128; block += 1) {
      const byte = dataStart + BigInt(block * PATTERN_BLOCK_BYTES);
      const found = trees.flatMap((tree, i) =>
        isParity(tree, byte)
          ? []
          : [
              blockInPattern(
                (disks[i] ?? raise(name)).subarray(Number(byte), Number(byte) + PATTERN_BLOCK_BYTES),
              ),
            ],
      );
      const stripe = Math.floor(block / blocksInChunk);
      const wanted = Array.from(
        { length: chunksInStripe },
        (_, chunk) => (stripe * chunksInStripe + chunk) * blocksInChunk + (block % blocksInChunk),
      );
      expect(found.sort((a, b) => (a ?? -1) - (b ?? -1))).toEqual(wanted);
    }
  });

  it('of RAID 6 have as much Q parity as parity, beside it', async () => {
    const trees = await memberTrees(disksOfSet(setNamed('raid6-ls')));
    const bytes = (key: string): number =>
      trees.reduce(
        (sum, tree) => sum + bytesOf(new Uint8Array(8 << 20), at(tree, `md/array/${key}`)).length,
        0,
      );
    expect([bytes('parity'), bytes('parityQ')]).toEqual([512 * 1024, 512 * 1024]);
  });

  it('are told by what the newest superblock says of them', async () => {
    const names = async (name: string): Promise<string[]> =>
      (await memberTrees(disksOfSet(setNamed(name)))).map((tree) => {
        const content = at(tree, 'md').children.at(-1);
        return `${content?.key} ${fact(content ?? tree, 'This member') ?? ''}`.trim();
      });
    expect(await names('raid1-090-spare')).toEqual(['array 0', 'array 1', 'spare']);
    expect(await names('raid5-failed-and-rebuilt')).toEqual([
      'array 0',
      'faulty',
      'array 2',
      'array 3',
      'array 1',
    ]);
    expect(await names('raid5-failed')).toEqual(['array 0', 'array 1', 'faulty', 'array 3']);
    expect(await names('raid5-missing')).toEqual(['array 0', 'array 2', 'array 3']);
    expect(await names('raid5-journal')).toEqual(['array 0', 'array 1', 'array 2', 'journal']);
  });

  it('tell of each of their blocks what it is to which stripe', async () => {
    const trees = await memberTrees(disksOfSet(setNamed('raid5-ls')));
    const words = trees.map((tree) => {
      const { stripes = raise('stripes') } = at(tree, 'md/array');
      return [0n, 1n].map((row) => stripeInWords(stripes, stripes.startBytes + row * 16_384n + 5n));
    });
    expect(words).toEqual([
      ['stripe 0, data chunk 0', 'stripe 1, data chunk 1'],
      ['stripe 0, data chunk 1', 'stripe 1, data chunk 2'],
      ['stripe 0, data chunk 2', 'stripe 1, parity'],
      ['stripe 0, parity', 'stripe 1, data chunk 0'],
    ]);
    const whole = at(trees[0] ?? raise('tree'), 'md/array');
    expect(whole.stripes?.startBytes).toBe(whole.extents[0]?.startBytes);
  });

  it.each(MD_SETS.filter((set) => set.content === 'files').map((set) => set.name))(
    'of %s have the partition that lies on the array, each with its part of it',
    async (name) => {
      const disks = disksOfSet(setNamed(name));
      const trees = await memberTrees(disks);
      const active = trees.filter((tree) => at(tree, 'md').children.some((child) => child.key === 'array'));
      const sizes = active.map((tree) => {
        const gpt = at(tree, 'md/array/gpt');
        expect(fact(gpt, 'Copies')).toBe('both are good and equal');
        const { extents } = at(gpt, 'p1');
        return extents.reduce((sum, extent) => sum + (extent.endBytes - extent.startBytes), 0n);
      });
      const most = sizes.reduce((a, b) => (a > b ? a : b), 0n);
      // The last member of level 4 has nothing but parity.
      const wanted = name === 'ext4-on-raid4' ? sizes.slice(0, -1) : sizes;
      expect(wanted.every((size) => size > most / 2n)).toBe(true);
    },
  );
});

function raise(what: string): never {
  throw new Error(`nothing for ${what}`);
}
