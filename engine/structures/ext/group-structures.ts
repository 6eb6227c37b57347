import { thousands } from '#shared/bytes/size.ts';
import type { StructureDraft } from './budget.ts';
import { DescriptorReader, type GroupDescriptor } from './descriptors.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import { type BlockRun, groupHead, groupRange, inodeTableBlocks } from './geometry.ts';

type Facts = (readonly [string, string])[];

/** A group with its bitmaps, inode table, descriptors and free space. */
const STRUCTURES_PER_GROUP = 6;
/** Of the extents that may be kept, what is put aside for free space: files need the others. */
const SHARE_OF_FREE_SPACE = 0.25;

/** A group as its descriptor tells it; what its bitmaps tell is added later. */
export interface LaidOutGroup {
  readonly group: number;
  readonly structure: StructureDraft;
  /** Null when the descriptor could not be had. */
  readonly descriptor: GroupDescriptor | null;
}

/** The groups of a file system. */
export interface GroupLayout {
  readonly groups: readonly LaidOutGroup[];
  /** Groups that are not told of, as there are too many. */
  readonly leftOut: number;
  /** To be called before free space is added: gives back what was put aside for it. */
  readonly release: () => void;
}

/**
 * Where every group keeps its structures, as its descriptor says: little has to be read for that, and it comes before all
 * that takes more. Groups take at most half of the structures that may be made, so that files are told of as well.
 */
export async function layOutGroups(reader: ExtReader): Promise<GroupLayout> {
  const { superblock, budget } = reader;
  const most = Math.floor(budget.structuresLeft / 2 / STRUCTURES_PER_GROUP);
  const descriptors = new DescriptorReader(reader);
  const groups: LaidOutGroup[] = [];
  for (let group = 0; group < Math.min(most, superblock.groupsCount); group++) {
    await reader.breathe();
    if (groupRange(superblock, group).firstBlock >= reader.endBlock) break;
    groups.push(await layOutGroup(reader, descriptors, group));
  }
  const release = budget.hold(groups.length, Math.floor(budget.extentsLeft * SHARE_OF_FREE_SPACE));
  return { groups, leftOut: superblock.groupsCount - groups.length, release };
}

async function layOutGroup(
  reader: ExtReader,
  descriptors: DescriptorReader,
  group: number,
): Promise<LaidOutGroup> {
  const { superblock, budget } = reader;
  const range = groupRange(superblock, group);
  const facts: Facts = [['blocks', rangeText(range)]];
  if (superblock.flexGroups > 1) {
    facts.push(['flexible group', `${Math.floor(group / superblock.flexGroups)}`]);
  }
  const descriptor = await descriptors.get(group);
  const extents = reader.extentsOf(range);
  if (isTrouble(descriptor)) {
    const structure = budget.make('group', `group:${group}`, `group ${group}`, extents, facts);
    const name = `descriptor of group ${group}`;
    structure.children.push(reader.notUnderstood('descriptor', name, descriptor.reason));
    return { group, structure, descriptor: null };
  }
  facts.push(...descriptorFacts(reader, descriptor));
  const structure = budget.make('group', `group:${group}`, `group ${group}`, extents, facts);
  const own = groupHead(superblock, group).metaDescriptors;
  if (own.count > 0) {
    const name = `group descriptors in group ${group}`;
    structure.children.push(budget.make('groupDescriptors', 'descriptors', name, reader.extentsOf(own)));
  }
  structure.children.push(
    bitmapStructure(reader, group, 'blockBitmap', descriptor.blockBitmapBlock),
    bitmapStructure(reader, group, 'inodeBitmap', descriptor.inodeBitmapBlock),
    inodeTableStructure(reader, group, descriptor),
  );
  return { group, structure, descriptor };
}

function descriptorFacts(reader: ExtReader, descriptor: GroupDescriptor): Facts {
  const unit = reader.superblock.clusterBlocks > 1 ? 'clusters' : 'blocks';
  const facts: Facts = [
    [`free ${unit}`, thousands(descriptor.freeClusters)],
    ['free inodes', thousands(descriptor.freeInodes)],
    ['directories', thousands(descriptor.directories)],
  ];
  if (descriptor.checksumRight !== null) {
    facts.push(['checksum of its descriptor', descriptor.checksumRight ? 'right' : 'wrong']);
  }
  return facts;
}

function bitmapStructure(
  reader: ExtReader,
  group: number,
  kind: 'blockBitmap' | 'inodeBitmap',
  block: number,
): StructureDraft {
  const name = `${kind === 'blockBitmap' ? 'block' : 'inode'} bitmap of group ${group}`;
  const run: BlockRun = { firstBlock: block, count: 1 };
  if (!reader.isInside(run)) {
    return reader.notUnderstood(kind, name, `it is said to lie in block ${block}, outside the file system`);
  }
  return reader.budget.make(kind, kind, name, reader.extentsOf(run), [['block', `${block}`]]);
}

function inodeTableStructure(reader: ExtReader, group: number, descriptor: GroupDescriptor): StructureDraft {
  const { superblock } = reader;
  const name = `inode table of group ${group}`;
  const run = { firstBlock: descriptor.inodeTableBlock, count: inodeTableBlocks(superblock) };
  if (!reader.isInside(run)) {
    const reason = `it is said to lie in blocks ${rangeText(run)}, outside the file system`;
    return reader.notUnderstood('inodeTable', name, reason);
  }
  const firstInode = group * superblock.inodesPerGroup + 1;
  const facts: Facts = [
    ['blocks', rangeText(run)],
    ['inodes', `${firstInode}–${firstInode + superblock.inodesPerGroup - 1}`],
  ];
  if (descriptor.checksumRight !== null) {
    const unused = descriptor.inodeTableUninit ? superblock.inodesPerGroup : descriptor.unusedInodes;
    facts.push(['never used, at its end', thousands(unused)]);
    facts.push(['zeroed', descriptor.inodeTableZeroed ? 'yes' : 'not yet']);
  }
  return reader.budget.make('inodeTable', 'inodeTable', name, reader.extentsOf(run), facts);
}

function rangeText(run: BlockRun): string {
  return `${run.firstBlock}–${run.firstBlock + run.count - 1}`;
}
