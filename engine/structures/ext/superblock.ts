import { Fields } from '../fields.ts';
import { NotUnderstood } from '../structure-parser.ts';
import { joined } from './block-number.ts';
import { CRC32C_START, crc32c } from './checksum.ts';
import { COMPAT, type FeatureSets, INCOMPAT, RO_COMPAT, unknownIncompatible } from './features.ts';

/** The superblock lies 1024 bytes into the volume, whatever the block size, and has 1024 bytes. */
export const SUPERBLOCK_OFFSET_BYTES = 1024;
export const SUPERBLOCK_BYTES = 1024;

const MAGIC = 0xef53;
/** Physical block numbers have 48 bits in extents. */
const MOST_BLOCKS = 2 ** 48;
const CHECKSUM_AT = 0x3fc;

/** What the parser needs of a superblock, checked so that nothing divides by zero or reaches outside a group. */
export interface ExtSuperblock {
  readonly features: FeatureSets;
  readonly blockBytes: number;
  /** Blocks of an allocation cluster: 1 without bigalloc. */
  readonly clusterBlocks: number;
  readonly blocksCount: number;
  readonly freeBlocksCount: number;
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  readonly groupsCount: number;
  readonly inodesCount: number;
  readonly freeInodesCount: number;
  readonly inodesPerGroup: number;
  readonly inodeBytes: number;
  readonly firstInode: number;
  readonly descriptorBytes: number;
  readonly reservedDescriptorBlocks: number;
  readonly firstMetaGroup: number;
  /** Groups of a flexible group: 1 without flex_bg. */
  readonly flexGroups: number;
  /** With sparse_super2, the two groups that hold backups; 0 for none. */
  readonly backupGroups: readonly [number, number];
  readonly uuid: string;
  readonly label: string;
  readonly lastMounted: string;
  readonly journalInode: number;
  readonly journalUuid: string;
  readonly firstOrphan: number;
  readonly orphanFileInode: number;
  /** User, group and project quota; 0 for none. */
  readonly quotaInodes: readonly [number, number, number];
  readonly multiMountBlock: number;
  /** Which group's copy this is, as it says itself. */
  readonly groupNumber: number;
  readonly state: number;
  readonly madeSeconds: number;
  readonly mountedSeconds: number;
  readonly writtenSeconds: number;
  readonly mountCount: number;
  /** What the checksums of all other metadata begin with (crc32c of the UUID, or as stored). */
  readonly checksumSeed: number;
  /** Whether the superblock's own checksum is right; null where it has none. */
  readonly checksumRight: boolean | null;
}

/** Whether a volume's bytes 1024 to 2047 are a superblock of the family. */
export function hasSuperblockMagic(bytes: Uint8Array): boolean {
  return bytes.length >= SUPERBLOCK_BYTES && new Fields(bytes).u16(0x38) === MAGIC;
}

/**
 * Reads a superblock. Kernel Documentation/filesystems/ext4/super.rst; e2fsprogs `struct ext2_super_block`. Throws
 * {@link NotUnderstood} when its numbers contradict each other or are beyond what the format allows.
 */
export function parseSuperblock(bytes: Uint8Array): ExtSuperblock {
  const view = new Fields(bytes);
  if (!hasSuperblockMagic(bytes))
    throw new NotUnderstood('its superblock has no ext2, ext3 or ext4 signature');
  const dynamic = view.u32(0x4c) >= 1;
  const features: FeatureSets = dynamic
    ? { compat: view.u32(0x5c), incompat: view.u32(0x60), roCompat: view.u32(0x64) }
    : { compat: 0, incompat: 0, roCompat: 0 };
  const unknown = unknownIncompatible(features);
  if (unknown.length > 0) {
    throw new NotUnderstood(`it has features that are not known here: ${unknown.join(', ')}`);
  }
  const has64Bit = (features.incompat & INCOMPAT.has64Bit) !== 0;
  const high = (offset: number): number => (has64Bit ? view.u32(offset) : 0);
  const hasMetadataChecksum = (features.roCompat & RO_COMPAT.metadataChecksum) !== 0;
  const hasFlexGroups = (features.incompat & INCOMPAT.flexGroups) !== 0;
  const hasSparseSuper2 = (features.compat & COMPAT.sparseSuper2) !== 0;
  return {
    features,
    ...geometryOf(view, features, dynamic),
    freeBlocksCount: joined(view.u32(0xc), high(0x158)),
    freeInodesCount: view.u32(0x10),
    firstInode: dynamic ? view.u32(0x54) : 11,
    reservedDescriptorBlocks: view.u16(0xce),
    firstMetaGroup: view.u32(0x104),
    // A shift beyond 31 would wrap around; so large a group holds everything anyway.
    flexGroups: hasFlexGroups ? 2 ** Math.min(bytes[0x174] ?? 0, 31) : 1,
    backupGroups: hasSparseSuper2 ? [view.u32(0x24c), view.u32(0x250)] : [0, 0],
    uuid: view.uuid(0x68),
    label: view.text(0x78, 16),
    lastMounted: view.text(0x88, 64),
    journalInode: view.u32(0xe0),
    journalUuid: view.uuid(0xd0),
    firstOrphan: view.u32(0xe8),
    orphanFileInode: (features.compat & COMPAT.orphanFile) !== 0 ? view.u32(0x280) : 0,
    quotaInodes: [view.u32(0x240), view.u32(0x244), view.u32(0x26c)],
    multiMountBlock:
      (features.incompat & INCOMPAT.multiMountProtection) !== 0
        ? joined(view.u32(0x168), view.u32(0x16c))
        : 0,
    groupNumber: view.u16(0x5a),
    state: view.u16(0x3a),
    madeSeconds: view.u32(0x108),
    mountedSeconds: view.u32(0x2c),
    writtenSeconds: view.u32(0x30),
    mountCount: view.u16(0x34),
    checksumSeed:
      (features.incompat & INCOMPAT.checksumSeed) !== 0
        ? view.u32(0x270)
        : crc32c(CRC32C_START, bytes.subarray(0x68, 0x78)),
    checksumRight: hasMetadataChecksum
      ? crc32c(CRC32C_START, bytes.subarray(0, CHECKSUM_AT)) === view.u32(CHECKSUM_AT)
      : null,
  };
}

type Geometry = Pick<
  ExtSuperblock,
  | 'blockBytes'
  | 'clusterBlocks'
  | 'blocksCount'
  | 'firstDataBlock'
  | 'blocksPerGroup'
  | 'groupsCount'
  | 'inodesCount'
  | 'inodesPerGroup'
  | 'inodeBytes'
  | 'descriptorBytes'
>;

/** The numbers that all others are computed from, each checked against the bounds that the format sets. */
function geometryOf(view: Fields, features: FeatureSets, dynamic: boolean): Geometry {
  const blockBytes = blockBytesOf(view);
  const clusterBlocks = clusterBlocksOf(view, features, blockBytes);
  const has64Bit = (features.incompat & INCOMPAT.has64Bit) !== 0;
  const blocksCount = joined(view.u32(0x4), has64Bit ? view.u32(0x150) : 0);
  const firstDataBlock = view.u32(0x14);
  refuseUnless(firstDataBlock <= (blockBytes === 1024 ? 1 : 0), `its first data block is ${firstDataBlock}`);
  refuseUnless(
    blocksCount > firstDataBlock && blocksCount < MOST_BLOCKS,
    `it says that it has ${blocksCount} blocks`,
  );
  // A bitmap of one block tells of all clusters of a group, another of all its inodes.
  const bitmapBits = 8 * blockBytes;
  const blocksPerGroup = view.u32(0x20);
  refuseUnless(
    blocksPerGroup > 0 &&
      blocksPerGroup % clusterBlocks === 0 &&
      blocksPerGroup / clusterBlocks <= bitmapBits,
    `it says that a group has ${blocksPerGroup} blocks, more than its bitmap tells of`,
  );
  const inodeBytes = dynamic ? view.u16(0x58) : 128;
  refuseUnless(
    isPowerOfTwo(inodeBytes) && inodeBytes >= 128 && inodeBytes <= blockBytes,
    `it says that an inode has ${inodeBytes} bytes`,
  );
  const inodesPerGroup = view.u32(0x28);
  refuseUnless(
    inodesPerGroup > 0 && inodesPerGroup <= bitmapBits,
    `it says that a group has ${inodesPerGroup} inodes`,
  );
  const groupsCount = Math.ceil((blocksCount - firstDataBlock) / blocksPerGroup);
  const inodesCount = view.u32(0x0);
  // Which bounds the groups as well: there are no more than 2^32 inodes.
  refuseUnless(
    inodesCount === groupsCount * inodesPerGroup,
    `it says that it has ${inodesCount} inodes, where its groups hold ${groupsCount * inodesPerGroup}`,
  );
  const descriptorBytes = has64Bit ? view.u16(0xfe) : 32;
  refuseUnless(
    isPowerOfTwo(descriptorBytes) && descriptorBytes >= (has64Bit ? 64 : 32) && descriptorBytes <= 1024,
    `it says that a group descriptor has ${descriptorBytes} bytes`,
  );
  return {
    blockBytes,
    clusterBlocks,
    blocksCount,
    firstDataBlock,
    blocksPerGroup,
    groupsCount,
    inodesCount,
    inodesPerGroup,
    inodeBytes,
    descriptorBytes,
  };
}

/** The block size that a superblock names. Throws {@link NotUnderstood} when the format has none such. */
export function blockBytesOf(view: Fields): number {
  const log = view.u32(0x18);
  refuseUnless(log <= 6, `its block size is 2^${log + 10} bytes, where 1 KiB to 64 KiB are possible`);
  return 1024 << log;
}

function clusterBlocksOf(view: Fields, features: FeatureSets, blockBytes: number): number {
  if ((features.roCompat & RO_COMPAT.bigalloc) === 0) return 1;
  const log = view.u32(0x1c);
  refuseUnless(
    log <= 20 && 1024 * 2 ** log >= blockBytes,
    `its cluster size is 2^${log + 10} bytes, where the block size to 1 GiB are possible`,
  );
  return (1024 * 2 ** log) / blockBytes;
}

function refuseUnless(holds: boolean, reason: string): void {
  if (!holds) throw new NotUnderstood(reason);
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}
