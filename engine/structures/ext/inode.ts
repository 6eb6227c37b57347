import { Fields } from '../fields.ts';
import { joined } from './block-number.ts';
import { crc32c } from './checksum.ts';
import type { ExtReader } from './ext-reader.ts';
import { RO_COMPAT } from './features.ts';

/** Of i_flags. Kernel Documentation/filesystems/ext4/inodes.rst. */
export const INODE_FLAG = {
  encrypted: 0x800,
  indexed: 0x1000,
  blocksCountInBlocks: 0x40000,
  extents: 0x80000,
  attributeValue: 0x200000,
  inlineData: 0x10000000,
} as const;

export type InodeType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'character device'
  | 'block device'
  | 'fifo'
  | 'socket'
  | 'unknown';

const TYPES: Readonly<Record<number, InodeType>> = {
  1: 'fifo',
  2: 'character device',
  4: 'directory',
  6: 'block device',
  8: 'file',
  10: 'symlink',
  12: 'socket',
};

/** The 60 bytes that hold a block map, the root of an extent tree, a short symlink or the start of inline data. */
export const BLOCK_MAP_AT = 0x28;
export const BLOCK_MAP_BYTES = 60;
const OLD_INODE_BYTES = 128;
/** What half a checksum counts as, where it covers itself. */
const ZEROED = new Uint8Array(2);

/** An inode, with where it lies. */
export interface Inode {
  readonly number: number;
  /** Where it lies on the volume. */
  readonly offsetBytes: bigint;
  /** Its bytes as stored, all `inodeBytes` of them. */
  readonly bytes: Uint8Array;
  readonly type: InodeType;
  /** Type and permissions as stored. */
  readonly mode: number;
  readonly userId: number;
  readonly groupId: number;
  readonly sizeBytes: number;
  readonly modifiedSeconds: number;
  /** When it was deleted; for an orphan, the next of the list. */
  readonly deletedSeconds: number;
  readonly links: number;
  readonly flags: number;
  readonly generation: number;
  /** Sectors of 512 bytes that it holds, metadata of its own among them. */
  readonly sectors: number;
  /** The block of its extended attributes; 0 for none. */
  readonly attributeBlock: number;
  /** How many of the bytes beyond the first 128 are fields; attributes kept in the inode follow. */
  readonly extraBytes: number;
  readonly checksumRight: boolean | null;
}

/** Reads an inode from its bytes; any bytes give one. e2fsprogs `struct ext2_inode_large`. */
export function parseInode(reader: ExtReader, number: number, offsetBytes: bigint, bytes: Uint8Array): Inode {
  const view = new Fields(bytes);
  const mode = view.u16(0x0);
  const flags = view.u32(0x20);
  const generation = view.u32(0x64);
  const extraRoom = bytes.length - OLD_INODE_BYTES;
  const extraBytes = extraRoom >= 4 ? Math.min(view.u16(0x80), extraRoom) : 0;
  return {
    number,
    offsetBytes,
    bytes,
    type: TYPES[mode >>> 12] ?? 'unknown',
    mode,
    userId: view.u16(0x2) + view.u16(0x78) * 2 ** 16,
    groupId: view.u16(0x18) + view.u16(0x7a) * 2 ** 16,
    // Sizes of 2^53 and more do not occur in a file system of 2^48 blocks with extents of 2^32; those read so are clipped.
    sizeBytes: Math.min(joined(view.u32(0x4), view.u32(0x6c)), Number.MAX_SAFE_INTEGER),
    modifiedSeconds: seconds(view, 0x10, extraBytes >= 0x8c - OLD_INODE_BYTES ? 0x88 : null),
    deletedSeconds: view.u32(0x14),
    links: view.u16(0x1a),
    flags,
    generation,
    sectors: sectorsOf(reader, view, flags),
    attributeBlock: joined(view.u32(0x68), view.u16(0x76)),
    extraBytes,
    checksumRight: reader.hasChecksums
      ? isChecksumRight(reader, number, generation, extraBytes, bytes)
      : null,
  };
}

/** Seconds since 1970, signed, with two more bits of epoch where the inode has room for them. */
function seconds(view: Fields, at: number, extraAt: number | null): number {
  const epoch = extraAt === null ? 0 : view.u32(extraAt) & 3;
  return view.i32(at) + epoch * 2 ** 32;
}

function sectorsOf(reader: ExtReader, view: Fields, flags: number): number {
  const low = view.u32(0x1c);
  if ((reader.superblock.features.roCompat & RO_COMPAT.hugeFile) === 0) return low;
  const count = joined(low, view.u16(0x74));
  const inBlocks = (flags & INODE_FLAG.blocksCountInBlocks) !== 0;
  return inBlocks ? count * (reader.superblock.blockBytes / 512) : count;
}

/** CRC-32C of seed, number, generation and the inode with its checksum's fields as zeros; the low half only in old inodes. */
function isChecksumRight(
  reader: ExtReader,
  number: number,
  generation: number,
  extraBytes: number,
  bytes: Uint8Array,
): boolean {
  const view = new Fields(bytes);
  const hasHigh = extraBytes >= 4;
  let found = crc32c(reader.inodeSeed(number, generation), bytes, 0, 0x7c);
  found = crc32c(found, ZEROED);
  found = crc32c(found, bytes, 0x7e, hasHigh ? 0x82 : bytes.length);
  if (hasHigh) found = crc32c(crc32c(found, ZEROED), bytes, 0x84);
  const stored = view.u16(0x7c) + (hasHigh ? view.u16(0x82) * 2 ** 16 : 0);
  return (hasHigh ? found : found & 0xffff) === stored;
}

/** Its 60 bytes of block map. */
export function blockMapOf(inode: Inode): Uint8Array {
  return inode.bytes.subarray(BLOCK_MAP_AT, BLOCK_MAP_AT + BLOCK_MAP_BYTES);
}

/** Whether the target of a symlink lies in the inode itself. */
export function isFastSymlink(inode: Inode): boolean {
  const elsewhere = INODE_FLAG.extents | INODE_FLAG.inlineData;
  return inode.type === 'symlink' && inode.sizeBytes < BLOCK_MAP_BYTES && (inode.flags & elsewhere) === 0;
}

/** Type and permissions as `ls -l` shows them: `drwxr-xr-x`. */
export function modeText(inode: Inode): string {
  const letters: Readonly<Record<InodeType, string>> = {
    file: '-',
    directory: 'd',
    symlink: 'l',
    'character device': 'c',
    'block device': 'b',
    fifo: 'p',
    socket: 's',
    unknown: '?',
  };
  const bits = ['r', 'w', 'x', 'r', 'w', 'x', 'r', 'w', 'x'].map((letter, index) =>
    inode.mode & (0x100 >> index) ? letter : '-',
  );
  const special: readonly (readonly [number, number, string])[] = [
    [0x800, 2, 's'],
    [0x400, 5, 's'],
    [0x200, 8, 't'],
  ];
  for (const [bit, place, letter] of special) {
    if (inode.mode & bit) bits[place] = bits[place] === 'x' ? letter : letter.toUpperCase();
  }
  return letters[inode.type] + bits.join('');
}
