import { afterAll, describe, expect, it } from 'vitest';
import type { Structure } from '#shared/structures/structure.ts';
import { at, fact, ImageFolder } from '../testing/images.ts';
import { type Dump, dumpe2fs } from './testing/dumpe2fs.ts';
import { makeExt, VARIANTS } from './testing/ext-images.ts';
import { blocksOf, parseImage, walk } from './testing/parse-image.ts';

const folder = new ImageFolder();
afterAll(() => folder.remove());

describe('the layout of a file system, as dumpe2fs tells it', () => {
  for (const [name, { size, options }] of Object.entries(VARIANTS)) {
    it(`is told of ${name}`, async () => {
      const image = makeExt(folder, name, size, options);
      const dump = dumpe2fs(image);
      const root = await parseImage(image);
      const blockBytes = Number(dump.head.get('Block size'));
      expect(layoutOf(root, blockBytes)).toEqual(dumpedLayout(dump, blockBytes));
      expectHead(root, dump);
      expectSoundChecksums(root);
    });
  }
});

/** Structures of groups in the form of {@link Dump.groups}. */
function layoutOf(root: Structure, blockBytes: number): unknown {
  const groups = root.children.filter(({ kind }) => kind === 'group');
  return groups.map((group, index) => {
    const superblock = index === 0 ? at(root, 'superblock') : optional(root, `backups/superblock:${index}`);
    const descriptors =
      optional(group, 'descriptors') ??
      optional(root, index === 0 ? 'descriptors' : `backups/descriptors:${index}`);
    const reserved = optional(root, index === 0 ? 'reserved' : `backups/reserved:${index}`);
    return {
      blocks: blocksOf(group, blockBytes)[0],
      superblock:
        superblock === null
          ? null
          : {
              kind: index === 0 ? 'Primary' : 'Backup',
              block: Number((superblock.extents[0]?.startBytes ?? 0n) / BigInt(blockBytes)),
            },
      // With meta_bg each metagroup has its own.
      descriptors: descriptors === null ? null : blocksOf(descriptors, blockBytes)[0],
      reserved: reserved === null ? null : blocksOf(reserved, blockBytes)[0],
      blockBitmap: blocksOf(at(group, 'blockBitmap'), blockBytes)[0]?.firstBlock,
      inodeBitmap: blocksOf(at(group, 'inodeBitmap'), blockBytes)[0]?.firstBlock,
      inodeTable: blocksOf(at(group, 'inodeTable'), blockBytes)[0],
      free: blocksOf(at(group, 'free'), blockBytes),
      freeInodes: Number(fact(group, 'free inodes')?.replaceAll(',', '')),
      zeroed: fact(at(group, 'inodeTable'), 'zeroed') ?? null,
      computed: fact(at(group, 'blockBitmap'), 'written') !== undefined,
    };
  });
}

function dumpedLayout(dump: Dump, blockBytes: number): unknown {
  const cluster = Number(dump.head.get('Cluster size') ?? blockBytes) / blockBytes;
  const hasFlags = /metadata_csum|uninit_bg/.test(dump.head.get('Filesystem features') ?? '');
  return dump.groups.map(({ flags, freeInodeNumbers: _, ...group }) => ({
    ...group,
    // dumpe2fs ends a run with the first block of its last cluster.
    free: group.free.map(({ firstBlock, count }) => ({ firstBlock, count: count + cluster - 1 })),
    zeroed: hasFlags ? (flags.includes('ITABLE_ZEROED') ? 'yes' : 'not yet') : null,
    computed: flags.includes('BLOCK_UNINIT'),
  }));
}

function optional(root: Structure, path: string): Structure | null {
  let here: Structure | undefined = root;
  for (const key of path.split('/')) here = here?.children.find((child) => child.key === key);
  return here ?? null;
}

function expectHead(root: Structure, { head }: Dump): void {
  expect(fact(root, 'UUID')).toBe(head.get('Filesystem UUID'));
  expect(fact(root, 'features')?.split(' ').sort()).toEqual(
    (head.get('Filesystem features') ?? '').replace('(none)', 'none').split(' ').sort(),
  );
  expect(fact(root, 'blocks')?.replaceAll(',', '')).toMatch(
    new RegExp(`^${head.get('Block count')} ${head.get('Free blocks')} free`),
  );
  const journal = root.children.find(({ kind }) => kind === 'journal');
  const journalInode = head.get('Journal inode');
  expect(journal === undefined ? undefined : fact(journal, 'inode')).toBe(journalInode);
  if (journal === undefined) return;
  expect(fact(journal, 'next transaction')).toBe(`${Number(head.get('Journal sequence'))}`);
  expect(fact(journal, 'size')?.replaceAll(',', '')).toContain(` ${head.get('Total journal blocks')} blocks`);
  expect(journal.extents.reduce((sum, extent) => sum + Number(extent.endBytes - extent.startBytes), 0)).toBe(
    Number(head.get('Total journal blocks')) * Number(head.get('Block size')),
  );
}

function expectSoundChecksums(root: Structure): void {
  for (const { key, kind, facts } of walk(root)) {
    expect(kind, key).not.toBe('notUnderstood');
    for (const [label, value] of facts) {
      expect(`${key}: ${label} ${value}`).not.toMatch(/checksum.* wrong|not understood/);
    }
  }
}
