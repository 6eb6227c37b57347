import type { StripedRange } from './striped-range.ts';

/**
 * What lies where on a disk, as the structures on it tell: partition tables, arrays, file systems, files. Offsets are bytes
 * as bigints, as disks reach to 2^63 bytes.
 */

/** What a structure is for. The order is that of the columns that travel; new ones go at the end. */
export const STRUCTURE_KINDS = [
  'disk',
  'partitionTable',
  'partition',
  'arraySuperblock',
  'arrayBitmap',
  'arrayMember',
  'array',
  'parity',
  'spare',
  'swap',
  'fileSystem',
  'superblock',
  'superblockBackup',
  'groupDescriptors',
  'reservedDescriptors',
  'group',
  'blockBitmap',
  'inodeBitmap',
  'inodeTable',
  'journal',
  'directory',
  'file',
  'mapping',
  'otherMetadata',
  'free',
  'notUnderstood',
] as const;

export type StructureKind = (typeof STRUCTURE_KINDS)[number];

/** A range of bytes, [startBytes, endBytes), of the volume that the structure was found on. */
export interface Extent {
  readonly startBytes: bigint;
  readonly endBytes: bigint;
  /** For what a file owns: which byte of the file lies at `startBytes`; absent elsewhere. */
  readonly fileBytes?: bigint;
}

/** A thing on a disk with what it consists of. Children lie inside it, or belong to it. */
export interface Structure {
  /** Its name among its siblings, the same each time it is read: `p1`, `group:3`, `inode:12`. Without a slash. */
  readonly key: string;
  readonly kind: StructureKind;
  /** What a person calls it, for use in a sentence: `inode table of group 3`, `/usr/share/doc/x`. */
  readonly name: string;
  /** What is worth knowing about it, label and value. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** Where it lies, ascending, without overlap. Empty for what only holds others. */
  readonly extents: readonly Extent[];
  readonly children: readonly Structure[];
  /** For the data of an array's member: how they are striped. */
  readonly stripes?: StripedRange;
  /** Children that were left out, as there are more than are read. */
  readonly childrenLeftOut?: number;
}
