/** How structures look over the grid: kinds that mean much the same to a person share an ink and a pattern. */
import { STRUCTURE_KINDS, type StructureKind } from '#shared/structures/structure.ts';
import type { StructureInk } from '#shared/theme/structures.ts';

/** Patterns of a tint, told apart without their colour. `plain` is the tint alone, `none` leaves blocks as they are. */
export type StructurePattern =
  | 'none'
  | 'plain'
  | 'across'
  | 'down'
  | 'rising'
  | 'falling'
  | 'dots'
  | 'crossed';

/** Px after which every pattern repeats. */
export const PATTERN_PX = 8;

export interface FamilyLook {
  readonly ink: StructureInk;
  readonly pattern: StructurePattern;
  /** Where several share a drawn cell, or an edge, the one with the highest is shown: the rarer and smaller kinds. */
  readonly rank: number;
  /** What the legend calls it. */
  readonly words: string;
}

/** In the order of the legend. */
export const FAMILIES = {
  superblocks: { ink: 'metadata', pattern: 'crossed', rank: 9, words: 'superblocks' },
  tables: { ink: 'metadata', pattern: 'across', rank: 7, words: 'tables' },
  bitmaps: { ink: 'metadata', pattern: 'dots', rank: 8, words: 'bitmaps' },
  inodes: { ink: 'metadata', pattern: 'down', rank: 6, words: 'inode tables' },
  journal: { ink: 'journal', pattern: 'rising', rank: 5, words: 'journal' },
  directories: { ink: 'content', pattern: 'down', rank: 4, words: 'directories, block maps' },
  files: { ink: 'content', pattern: 'plain', rank: 2, words: 'files' },
  redundancy: { ink: 'journal', pattern: 'across', rank: 3, words: 'parity, spares' },
  swap: { ink: 'journal', pattern: 'dots', rank: 3, words: 'swap' },
  unknown: { ink: 'frame', pattern: 'falling', rank: 3, words: 'not understood' },
  holders: { ink: 'frame', pattern: 'none', rank: 1, words: 'partitions, groups' },
  free: { ink: 'frame', pattern: 'none', rank: 0, words: 'free space' },
} as const satisfies Readonly<Record<string, FamilyLook>>;

export type StructureFamily = keyof typeof FAMILIES;
export const FAMILY_NAMES = Object.keys(FAMILIES) as readonly StructureFamily[];

const FAMILY_OF: Readonly<Record<StructureKind, StructureFamily>> = {
  disk: 'holders',
  partitionTable: 'tables',
  partition: 'holders',
  arraySuperblock: 'superblocks',
  arrayBitmap: 'bitmaps',
  arrayMember: 'holders',
  array: 'holders',
  parity: 'redundancy',
  spare: 'redundancy',
  swap: 'swap',
  fileSystem: 'holders',
  superblock: 'superblocks',
  superblockBackup: 'superblocks',
  groupDescriptors: 'tables',
  reservedDescriptors: 'tables',
  group: 'holders',
  blockBitmap: 'bitmaps',
  inodeBitmap: 'bitmaps',
  inodeTable: 'inodes',
  journal: 'journal',
  directory: 'directories',
  file: 'files',
  mapping: 'directories',
  otherMetadata: 'tables',
  free: 'free',
  notUnderstood: 'unknown',
};

export function familyOfKind(kind: StructureKind): StructureFamily {
  return FAMILY_OF[kind];
}

/** By a kind's place in {@link STRUCTURE_KINDS}; what is not known is not understood. */
export const FAMILY_OF_NUMBER: readonly StructureFamily[] = STRUCTURE_KINDS.map(familyOfKind);

export function familyOfNumber(kind: number): StructureFamily {
  return FAMILY_OF_NUMBER[kind] ?? 'unknown';
}

/** Whether a pattern has a line or dot at px (x, y). */
export function isInked(pattern: StructurePattern, x: number, y: number): boolean {
  switch (pattern) {
    case 'across':
      return y % 4 === 1;
    case 'down':
      return x % 4 === 1;
    case 'rising':
      return (x + y) % 8 === 0;
    case 'falling':
      return (x + 7 * y) % 8 === 0;
    case 'dots':
      return x % 4 === 1 && y % 4 === 1;
    case 'crossed':
      return (x + y) % 4 === 0 || (x + 3 * y) % 4 === 0;
    default:
      return false;
  }
}
