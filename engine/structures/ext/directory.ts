import { Fields } from '../fields.ts';
import { crc32c } from './checksum.ts';
import type { ExtReader } from './ext-reader.ts';
import type { Inode } from './inode.ts';

const HEADER_BYTES = 8;
const TAIL_BYTES = 12;
/** What a directory block's checksum carries where an entry has its name's length and type. */
const TAIL_MARK = 0xde00;
/** The fields of an htree's root that follow `.` and `..`, and then its entries. */
const INDEX_ROOT_AT = 32;
const INDEX_NODE_AT = 8;
const INDEX_ENTRY_BYTES = 8;

/** A name in a directory. */
export interface DirectoryEntry {
  readonly inode: number;
  readonly name: Uint8Array;
}

/** What a block of a directory holds. */
export interface DirectoryBlock {
  readonly entries: readonly DirectoryEntry[];
  /** Why the block is not read to its end; null when it is. */
  readonly problem: string | null;
}

/**
 * The entries of one block of a directory, `.` and `..` left out. Blocks of an htree's index look like one free entry, so
 * that a linear reading sees all names. Kernel Documentation/filesystems/ext4/directory.rst; e2fsprogs
 * `struct ext2_dir_entry_2`.
 */
export function parseDirectoryBlock(bytes: Uint8Array, blockBytes: number): DirectoryBlock {
  const fields = new Fields(bytes);
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + HEADER_BYTES > bytes.length)
      return { entries, problem: `it ends within an entry at byte ${at}` };
    const length = entryBytes(fields.u16(at + 4), blockBytes);
    const nameBytes = fields.u8(at + 6);
    if (length < HEADER_BYTES || length % 4 !== 0 || at + length > bytes.length) {
      return { entries, problem: `the entry at byte ${at} says that it has ${length} bytes` };
    }
    const inode = fields.u32(at);
    if (inode !== 0) {
      if (HEADER_BYTES + nameBytes > length || nameBytes === 0) {
        return { entries, problem: `the name at byte ${at} says that it has ${nameBytes} bytes` };
      }
      // A copy: a name must not keep its block.
      const name = bytes.slice(at + HEADER_BYTES, at + HEADER_BYTES + nameBytes);
      if (!isDots(name)) entries.push({ inode, name });
    }
    at += length;
  }
  return { entries, problem: null };
}

/** With blocks of 64 KiB a length of 65536 does not fit; it is written as 65535 or 0. */
function entryBytes(stored: number, blockBytes: number): number {
  if (blockBytes < 65536) return stored;
  return stored === 65535 || stored === 0 ? blockBytes : stored;
}

function isDots(name: Uint8Array): boolean {
  return name.length <= 2 && name.every((byte) => byte === 0x2e);
}

/** Whether the checksum at a directory block's end, or of a block of its index, is right. */
export function isDirectoryChecksumRight(reader: ExtReader, inode: Inode, bytes: Uint8Array): boolean {
  const fields = new Fields(bytes);
  const seed = reader.inodeSeed(inode.number, inode.generation);
  const tailAt = bytes.length - TAIL_BYTES;
  if (
    fields.u32(tailAt) === 0 &&
    fields.u16(tailAt + 4) === TAIL_BYTES &&
    fields.u16(tailAt + 6) === TAIL_MARK
  ) {
    return crc32c(seed, bytes.subarray(0, tailAt)) === fields.u32(tailAt + 8);
  }
  const first = entryBytes(fields.u16(4), bytes.length);
  return isIndexChecksumRight(fields, seed, first === bytes.length ? INDEX_NODE_AT : INDEX_ROOT_AT);
}

/** Of a block of an htree: its entries in use, then the fixed part of the tail that follows the room for them. */
function isIndexChecksumRight(fields: Fields, seed: number, entriesAt: number): boolean {
  const room = fields.u16(entriesAt);
  const count = fields.u16(entriesAt + 2);
  const tailAt = entriesAt + room * INDEX_ENTRY_BYTES;
  if (count > room || tailAt + 8 > fields.bytes.length) return false;
  const entries = crc32c(seed, fields.bytes.subarray(0, entriesAt + count * INDEX_ENTRY_BYTES));
  const fixed = crc32c(entries, fields.bytes.subarray(tailAt, tailAt + 4));
  return crc32c(fixed, new Uint8Array(4)) === fields.u32(tailAt + 4);
}

/** An inline directory: four bytes of its parent's number, then entries, in two areas that are read one by one. */
export const INLINE_PARENT_BYTES = 4;
