import { Fields } from '../fields.ts';
import { crc32c, crc32cOfU64 } from './checksum.ts';
import type { ExtReader } from './ext-reader.ts';
import type { Inode } from './inode.ts';
import { shownText } from './text.ts';

const MAGIC = 0xea020000;
const BLOCK_HEADER_BYTES = 32;
const INODE_HEADER_BYTES = 4;
const ENTRY_BYTES = 16;
const CHECKSUM_AT = 0x10;
/** An inode's 128 old bytes, then its extra fields; attributes follow. */
const OLD_INODE_BYTES = 128;

const PREFIXES: Readonly<Record<number, string>> = {
  1: 'user.',
  2: 'system.posix_acl_access',
  3: 'system.posix_acl_default',
  4: 'trusted.',
  6: 'security.',
  7: 'system.',
  8: 'system.richacl',
};

/** An extended attribute: its name, and where its value lies in the same bytes. */
interface Attribute {
  readonly name: string;
  /** Where it begins, counted from the bytes that were looked at. */
  readonly valueAt: number;
  readonly valueBytes: number;
}

/** A block of extended attributes, which files may share. */
export interface AttributeBlock {
  readonly names: readonly string[];
  /** How many inodes share the block. */
  readonly references: number;
  readonly checksumRight: boolean | null;
}

/**
 * Reads a block of extended attributes; null when it is none. Kernel Documentation/filesystems/ext4/attributes.rst;
 * e2fsprogs `struct ext2_ext_attr_header`.
 */
export function parseAttributeBlock(
  reader: ExtReader,
  block: number,
  bytes: Uint8Array,
): AttributeBlock | null {
  const fields = new Fields(bytes);
  if (fields.u32(0) !== MAGIC) return null;
  const attributes = entriesOf(bytes.subarray(BLOCK_HEADER_BYTES), BLOCK_HEADER_BYTES);
  return {
    names: attributes.map(({ name }) => name),
    references: fields.u32(4),
    checksumRight: reader.hasChecksums
      ? blockChecksum(reader, block, bytes) === fields.u32(CHECKSUM_AT)
      : null,
  };
}

function blockChecksum(reader: ExtReader, block: number, bytes: Uint8Array): number {
  const zeroed = bytes.slice();
  zeroed.fill(0, CHECKSUM_AT, CHECKSUM_AT + 4);
  return crc32c(crc32cOfU64(reader.superblock.checksumSeed, block), zeroed);
}

/** Where inline data that does not fit into the 60 bytes goes on, in bytes of the inode; null when there is none. */
export function inlineRest(inode: Inode): { readonly at: number; readonly lengthBytes: number } | null {
  const start = OLD_INODE_BYTES + inode.extraBytes;
  if (start + INODE_HEADER_BYTES + ENTRY_BYTES > inode.bytes.length) return null;
  if (new Fields(inode.bytes).u32(start) !== MAGIC) return null;
  const first = start + INODE_HEADER_BYTES;
  // Offsets of values count from the first entry here, and from the start of the block there.
  const data = entriesOf(inode.bytes.subarray(first), 0).find(({ name }) => name === 'system.data');
  if (data === undefined || data.valueBytes === 0) return null;
  return { at: first + data.valueAt, lengthBytes: data.valueBytes };
}

/** The entries up to the one that is all zeros, or the first that makes no sense. */
function entriesOf(bytes: Uint8Array, valuesFrom: number): Attribute[] {
  const fields = new Fields(bytes);
  const found: Attribute[] = [];
  for (let at = 0; at + ENTRY_BYTES <= bytes.length && fields.u32(at) !== 0; ) {
    const nameBytes = fields.u8(at);
    const prefix = fields.u8(at + 1);
    if (at + ENTRY_BYTES + nameBytes > bytes.length) break;
    const suffix = shownText(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes));
    const valueAt = fields.u16(at + 2) - valuesFrom;
    const valueBytes = fields.u32(at + 8);
    const isElsewhere = fields.u32(at + 4) !== 0;
    const isInside = !isElsewhere && valueAt >= 0 && valueAt + valueBytes <= bytes.length;
    const name = (PREFIXES[prefix] ?? `${prefix}:`) + suffix;
    found.push({ name, valueAt, valueBytes: isInside ? valueBytes : 0 });
    at += (ENTRY_BYTES + nameBytes + 3) & ~3;
  }
  return found;
}

/** The whole of what an inode keeps in itself: its 60 bytes and what goes on among its attributes. */
export function inlineBytes(inode: Inode, first: Uint8Array): Uint8Array {
  const rest = inlineRest(inode);
  const whole =
    rest === null ? first : Buffer.concat([first, inode.bytes.subarray(rest.at, rest.at + rest.lengthBytes)]);
  return whole.subarray(0, Math.min(whole.length, inode.sizeBytes));
}
