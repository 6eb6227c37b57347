/**
 * The feature sets of a superblock, with the names that mke2fs and dumpe2fs give them. Kernel
 * Documentation/filesystems/ext4/super.rst; e2fsprogs lib/e2p/feature.c for the names.
 */

/** Of s_feature_compat: what old code may ignore. */
export const COMPAT = {
  hasJournal: 0x4,
  resizeInode: 0x10,
  sparseSuper2: 0x200,
  orphanFile: 0x1000,
} as const;

/** Of s_feature_incompat: what must be known before anything is read. */
export const INCOMPAT = {
  fileType: 0x2,
  recover: 0x4,
  journalDevice: 0x8,
  metaBlockGroups: 0x10,
  has64Bit: 0x80,
  multiMountProtection: 0x100,
  flexGroups: 0x200,
  checksumSeed: 0x2000,
  inlineData: 0x8000,
} as const;

/** Of s_feature_ro_compat: what must be known before anything is written. */
export const RO_COMPAT = {
  sparseSuper: 0x1,
  hugeFile: 0x8,
  descriptorChecksum: 0x10,
  bigalloc: 0x200,
  metadataChecksum: 0x400,
} as const;

const COMPAT_NAMES: readonly (readonly [number, string])[] = [
  [0x1, 'dir_prealloc'],
  [0x2, 'imagic_inodes'],
  [0x4, 'has_journal'],
  [0x8, 'ext_attr'],
  [0x10, 'resize_inode'],
  [0x20, 'dir_index'],
  [0x40, 'lazy_bg'],
  [0x100, 'snapshot_bitmap'],
  [0x200, 'sparse_super2'],
  [0x400, 'fast_commit'],
  [0x800, 'stable_inodes'],
  [0x1000, 'orphan_file'],
];

const INCOMPAT_NAMES: readonly (readonly [number, string])[] = [
  [0x1, 'compression'],
  [0x2, 'filetype'],
  [0x4, 'needs_recovery'],
  [0x8, 'journal_dev'],
  [0x10, 'meta_bg'],
  [0x40, 'extent'],
  [0x80, '64bit'],
  [0x100, 'mmp'],
  [0x200, 'flex_bg'],
  [0x400, 'ea_inode'],
  [0x1000, 'dirdata'],
  [0x2000, 'metadata_csum_seed'],
  [0x4000, 'large_dir'],
  [0x8000, 'inline_data'],
  [0x10000, 'encrypt'],
  [0x20000, 'casefold'],
];

const RO_COMPAT_NAMES: readonly (readonly [number, string])[] = [
  [0x1, 'sparse_super'],
  [0x2, 'large_file'],
  [0x8, 'huge_file'],
  [0x10, 'uninit_bg'],
  [0x20, 'dir_nlink'],
  [0x40, 'extra_isize'],
  [0x80, 'snapshot'],
  [0x100, 'quota'],
  [0x200, 'bigalloc'],
  [0x400, 'metadata_csum'],
  [0x800, 'replica'],
  [0x1000, 'read-only'],
  [0x2000, 'project'],
  [0x4000, 'shared_blocks'],
  [0x8000, 'verity'],
  [0x10000, 'orphan_present'],
];

/** The three sets of a superblock. */
export interface FeatureSets {
  readonly compat: number;
  readonly incompat: number;
  readonly roCompat: number;
}

/** The names of all features that are set; those without a known name as `FEATURE_I22`, in the manner of dumpe2fs. */
export function featureNames(sets: FeatureSets): string[] {
  return [
    ...namesOf(sets.compat, COMPAT_NAMES, 'C'),
    ...namesOf(sets.incompat, INCOMPAT_NAMES, 'I'),
    ...namesOf(sets.roCompat, RO_COMPAT_NAMES, 'R'),
  ];
}

/** Names of incompatible features that this parser does not know: with one of them nothing else can be trusted. */
export function unknownIncompatible(sets: FeatureSets): string[] {
  const known = INCOMPAT_NAMES.reduce((bits, [bit]) => bits | bit, 0);
  return namesOf((sets.incompat & ~known) >>> 0, [], 'I');
}

function namesOf(set: number, names: readonly (readonly [number, string])[], letter: string): string[] {
  const found: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    const mask = (1 << bit) >>> 0;
    if ((set & mask) === 0) continue;
    found.push(names.find(([known]) => known === mask)?.[1] ?? `FEATURE_${letter}${bit}`);
  }
  return found;
}

/** `ext2`, `ext3` or `ext4`, as blkid tells them apart: by what the older ones could not read. */
export function familyName(sets: FeatureSets): 'ext2' | 'ext3' | 'ext4' {
  const ext3Incompat = INCOMPAT.fileType | INCOMPAT.recover | INCOMPAT.metaBlockGroups;
  const ext3RoCompat = 0x1 | 0x2 | 0x4;
  if ((sets.incompat & ~ext3Incompat) !== 0 || (sets.roCompat & ~ext3RoCompat) !== 0) return 'ext4';
  return (sets.compat & COMPAT.hasJournal) !== 0 ? 'ext3' : 'ext2';
}
