import { COMPAT, INCOMPAT, RO_COMPAT } from './features.ts';
import type { ExtSuperblock } from './superblock.ts';

/** A run of blocks, [firstBlock, firstBlock + count). */
export interface BlockRun {
  readonly firstBlock: number;
  readonly count: number;
}

/** What lies at the start of a group, as fixed by the superblock alone. Runs with a count of 0 are absent. */
export interface GroupHead {
  /** The block that holds the superblock or a copy; null where the group has none. */
  readonly superblockBlock: number | null;
  /** Descriptors of all groups (or, with meta_bg, of the metagroups before the first that keeps its own). */
  readonly descriptors: BlockRun;
  /** Blocks kept so that the descriptors can grow. */
  readonly reserved: BlockRun;
  /** With meta_bg: the block of descriptors of this group's own metagroup. */
  readonly metaDescriptors: BlockRun;
}

const NOTHING: BlockRun = { firstBlock: 0, count: 0 };

/** The blocks of group `group`; the last group may be shorter than the others. */
export function groupRange(superblock: ExtSuperblock, group: number): BlockRun {
  const firstBlock = superblock.firstDataBlock + group * superblock.blocksPerGroup;
  return { firstBlock, count: Math.min(superblock.blocksPerGroup, superblock.blocksCount - firstBlock) };
}

/** How many descriptors a block holds. */
export function descriptorsPerBlock(superblock: ExtSuperblock): number {
  return superblock.blockBytes / superblock.descriptorBytes;
}

/** How many blocks the descriptors of all groups take. */
export function descriptorBlocks(superblock: ExtSuperblock): number {
  return Math.ceil(superblock.groupsCount / descriptorsPerBlock(superblock));
}

/** How many blocks the inode table of a group takes. */
export function inodeTableBlocks(superblock: ExtSuperblock): number {
  return Math.ceil((superblock.inodesPerGroup * superblock.inodeBytes) / superblock.blockBytes);
}

/**
 * Whether a group holds a copy of the superblock: groups 0, 1 and the powers of 3, 5 and 7 with sparse_super; the two
 * that are named with sparse_super2; all without either. Kernel Documentation/filesystems/ext4/blockgroup.rst.
 */
function hasSuperblock(superblock: ExtSuperblock, group: number): boolean {
  if (group === 0) return true;
  if ((superblock.features.compat & COMPAT.sparseSuper2) !== 0)
    return superblock.backupGroups.includes(group);
  if (group === 1 || (superblock.features.roCompat & RO_COMPAT.sparseSuper) === 0) return true;
  return isPowerOf(group, 3) || isPowerOf(group, 5) || isPowerOf(group, 7);
}

/** The groups beyond 0 that hold copies, ascending. There may be as many as there are groups: take what is needed. */
export function* groupsWithBackup(superblock: ExtSuperblock): Generator<number> {
  const isSparse = (superblock.features.roCompat & RO_COMPAT.sparseSuper) !== 0;
  if ((superblock.features.compat & COMPAT.sparseSuper2) === 0 && !isSparse) {
    for (let group = 1; group < superblock.groupsCount; group++) yield group;
    return;
  }
  const candidates = new Set<number>([1, ...superblock.backupGroups]);
  for (const base of [3, 5, 7]) {
    for (let power = base; power < superblock.groupsCount; power *= base) candidates.add(power);
  }
  for (const group of [...candidates].sort((a, b) => a - b)) {
    if (group > 0 && group < superblock.groupsCount && hasSuperblock(superblock, group)) yield group;
  }
}

function isPowerOf(value: number, base: number): boolean {
  let power = base;
  while (power < value) power *= base;
  return power === value;
}

/**
 * What the start of a group holds, primary in group 0 and copies elsewhere. Kernel
 * Documentation/filesystems/ext4/{blockgroup,meta_bg}.rst; e2fsprogs `ext2fs_super_and_bgd_loc2`.
 */
export function groupHead(superblock: ExtSuperblock, group: number): GroupHead {
  // With clusters and blocks of 1 KiB, block 0 is a boot block although group 0 begins with it.
  const start = Math.max(groupRange(superblock, group).firstBlock, superblock.blockBytes === 1024 ? 1 : 0);
  const copy = hasSuperblock(superblock, group);
  const superblockBlock = copy ? start : null;
  const afterSuperblock = copy ? start + 1 : start;
  const perBlock = descriptorsPerBlock(superblock);
  const metaGroup = Math.floor(group / perBlock);
  const hasMetaGroups = (superblock.features.incompat & INCOMPAT.metaBlockGroups) !== 0;
  if (hasMetaGroups && metaGroup >= superblock.firstMetaGroup) {
    const place = group % perBlock;
    const holds = place === 0 || place === 1 || place === perBlock - 1;
    return {
      superblockBlock,
      descriptors: NOTHING,
      reserved: NOTHING,
      metaDescriptors: holds ? { firstBlock: afterSuperblock, count: 1 } : NOTHING,
    };
  }
  if (!copy) return { superblockBlock, descriptors: NOTHING, reserved: NOTHING, metaDescriptors: NOTHING };
  const all = descriptorBlocks(superblock);
  const count = hasMetaGroups ? Math.min(superblock.firstMetaGroup, all) : all;
  const reservedCount = hasMetaGroups ? 0 : superblock.reservedDescriptorBlocks;
  return {
    superblockBlock,
    descriptors: { firstBlock: afterSuperblock, count },
    reserved: { firstBlock: afterSuperblock + count, count: reservedCount },
    metaDescriptors: NOTHING,
  };
}

/** Where block `index` of the primary descriptors lies. */
export function descriptorBlockAt(superblock: ExtSuperblock, index: number): number {
  const first = groupHead(superblock, 0).descriptors;
  if (index < first.count) return first.firstBlock + index;
  return groupHead(superblock, index * descriptorsPerBlock(superblock)).metaDescriptors.firstBlock;
}
