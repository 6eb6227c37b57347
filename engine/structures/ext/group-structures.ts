import { formatBytes, thousands } from '#shared/bytes/size.ts';
import type { Extent } from '#shared/structures/structure.ts';
import { type Bitmap, freeRuns, isSet, readBlockBitmap, readInodeBitmap } from './bitmaps.ts';
import type { StructureDraft } from './budget.ts';
import { DescriptorReader, type GroupDescriptor } from './descriptors.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import { type BlockRun, groupHead, groupRange, inodeTableBlocks } from './geometry.ts';

type Facts = (readonly [string, string])[];

/** A group with its bitmaps, inode table, descriptors and free space. */
const STRUCTURES_PER_GROUP = 6;

/** The groups of a file system as structures, and how many were left out, as there are too many. */
export interface GroupStructures {
  readonly groups: readonly StructureDraft[];
  readonly leftOut: number;
}

/**
 * Reads every group: where its structures lie, as its descriptor says, and what is free, as its bitmap says. Groups take at
 * most half of the structures that may be made, so that files are told of as well.
 */
export async function readGroups(reader: ExtReader): Promise<GroupStructures> {
  const { superblock, budget } = reader;
  const most = Math.max(1, Math.floor(budget.structuresLeft / 2 / STRUCTURES_PER_GROUP));
  const descriptors = new DescriptorReader(reader);
  const groups: StructureDraft[] = [];
  const count = Math.min(most, superblock.groupsCount);
  for (let group = 0; group < count; group++) {
    await reader.breathe();
    if (groupRange(superblock, group).firstBlock >= reader.endBlock) break;
    groups.push(await readGroup(reader, descriptors, group));
  }
  return { groups, leftOut: superblock.groupsCount - groups.length };
}

async function readGroup(
  reader: ExtReader,
  descriptors: DescriptorReader,
  group: number,
): Promise<StructureDraft> {
  const { superblock, budget } = reader;
  const range = groupRange(superblock, group);
  const facts: Facts = [['blocks', `${range.firstBlock}–${range.firstBlock + range.count - 1}`]];
  if (superblock.flexGroups > 1) {
    facts.push(['flexible group', `${Math.floor(group / superblock.flexGroups)}`]);
  }
  const descriptor = await descriptors.get(group);
  if (isTrouble(descriptor)) {
    const node = budget.make('group', `group:${group}`, `group ${group}`, reader.extentsOf(range), facts);
    node.children.push(reader.notUnderstood('descriptor', `descriptor of group ${group}`, descriptor.reason));
    return node;
  }
  facts.push(...descriptorFacts(reader, descriptor));
  const node = budget.make('group', `group:${group}`, `group ${group}`, reader.extentsOf(range), facts);
  const metaDescriptors = groupHead(superblock, group).metaDescriptors;
  if (metaDescriptors.count > 0) {
    node.children.push(
      budget.make(
        'groupDescriptors',
        'descriptors',
        `group descriptors in group ${group}`,
        reader.extentsOf(metaDescriptors),
      ),
    );
  }
  const blockBitmap = await reader.attempt(() => readBlockBitmap(reader, group, descriptor));
  const inodeBitmap = await reader.attempt(() => readInodeBitmap(reader, group, descriptor));
  const usedInodes = isTrouble(inodeBitmap) ? null : countSet(inodeBitmap, superblock.inodesPerGroup);
  node.children.push(
    bitmapStructure(reader, group, 'blockBitmap', descriptor.blockBitmapBlock, blockBitmap, {
      uninit: descriptor.blockBitmapUninit,
    }),
    bitmapStructure(reader, group, 'inodeBitmap', descriptor.inodeBitmapBlock, inodeBitmap, {
      uninit: descriptor.inodeTableUninit,
    }),
    inodeTableStructure(reader, group, descriptor, usedInodes),
  );
  if (!isTrouble(blockBitmap)) node.children.push(freeStructure(reader, group, descriptor, blockBitmap));
  return node;
}

function descriptorFacts(reader: ExtReader, descriptor: GroupDescriptor): Facts {
  const unit = reader.superblock.clusterBlocks > 1 ? 'clusters' : 'blocks';
  const facts: Facts = [
    [`free ${unit}`, thousands(descriptor.freeClusters)],
    ['free inodes', thousands(descriptor.freeInodes)],
    ['directories', thousands(descriptor.directories)],
  ];
  if (descriptor.checksumRight !== null) {
    facts.push(["descriptor's checksum", descriptor.checksumRight ? 'right' : 'wrong']);
  }
  return facts;
}

function bitmapStructure(
  reader: ExtReader,
  group: number,
  kind: 'blockBitmap' | 'inodeBitmap',
  block: number,
  bitmap: Bitmap | { readonly reason: string },
  state: { readonly uninit: boolean },
): StructureDraft {
  const name = `${kind === 'blockBitmap' ? 'block' : 'inode'} bitmap of group ${group}`;
  const run: BlockRun = { firstBlock: block, count: 1 };
  if (isTrouble(bitmap)) return reader.notUnderstood(kind, name, bitmap.reason, run);
  const facts: Facts = [['block', `${block}`]];
  if (state.uninit) facts.push(['written', 'not yet: computed from the superblock']);
  if (bitmap.checksumRight !== null) facts.push(['checksum', bitmap.checksumRight ? 'right' : 'wrong']);
  return reader.budget.make(kind, kind, name, reader.extentsOf(run), facts);
}

function inodeTableStructure(
  reader: ExtReader,
  group: number,
  descriptor: GroupDescriptor,
  usedInodes: number | null,
): StructureDraft {
  const { superblock } = reader;
  const name = `inode table of group ${group}`;
  const run = { firstBlock: descriptor.inodeTableBlock, count: inodeTableBlocks(superblock) };
  if (!reader.isInside(run)) {
    const reason = `it is said to lie in blocks ${run.firstBlock}–${run.firstBlock + run.count - 1}, outside the file system`;
    return reader.notUnderstood('inodeTable', name, reason, run);
  }
  const firstInode = group * superblock.inodesPerGroup + 1;
  const unused = descriptor.inodeTableUninit ? superblock.inodesPerGroup : descriptor.unusedInodes;
  const facts: Facts = [
    ['blocks', `${run.firstBlock}–${run.firstBlock + run.count - 1}`],
    ['inodes', `${firstInode}–${firstInode + superblock.inodesPerGroup - 1}`],
  ];
  if (usedInodes !== null) facts.push(['in use', thousands(usedInodes)]);
  if (descriptor.checksumRight !== null) {
    facts.push(['never used, at its end', thousands(unused)]);
    facts.push(['zeroed', descriptor.inodeTableZeroed ? 'yes' : 'not yet']);
  }
  return reader.budget.make('inodeTable', 'inodeTable', name, reader.extentsOf(run), facts);
}

function freeStructure(
  reader: ExtReader,
  group: number,
  descriptor: GroupDescriptor,
  bitmap: Bitmap,
): StructureDraft {
  const { superblock, budget } = reader;
  // Half of what is left: files need extents as well.
  const { runs, freeClusters, complete } = freeRuns(
    reader,
    group,
    bitmap,
    Math.floor(budget.extentsLeft / 2),
  );
  const extents: Extent[] = runs.flatMap((run) => reader.extentsOf(run));
  const clusterBytes = superblock.clusterBlocks * superblock.blockBytes;
  const facts: Facts = [['free', formatBytes(BigInt(freeClusters) * BigInt(clusterBytes))]];
  if (freeClusters !== descriptor.freeClusters) {
    facts.push(['in its descriptor', thousands(descriptor.freeClusters)]);
  }
  if (!complete) facts.push(['left out', 'the free space beyond these pieces, as there are too many']);
  return budget.make('free', 'free', `free space of group ${group}`, extents, facts);
}

function countSet(bitmap: Bitmap, bits: number): number {
  let count = 0;
  for (let index = 0; index < bits; index++) if (isSet(bitmap, index)) count++;
  return count;
}
