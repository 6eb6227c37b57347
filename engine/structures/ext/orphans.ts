import { Fields } from '../fields.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import type { InodeReader } from './inode-reader.ts';
import { Mapper } from './mapping.ts';

/** e2fsprogs `EXT4_MAX_ORPHAN_FILE_BLOCKS`. */
const MOST_FILE_BLOCKS = 512;
const TAIL_BYTES = 8;
const TAIL_MAGIC = 0x0b10ca04;
/** Longer lists are cut: a crash leaves as many as files were open while they were deleted. */
const MOST_ORPHANS = 1024;

/**
 * Numbers of inodes that were deleted while they were open, or were being truncated: a list that begins in the superblock
 * and goes on in the inodes' time of deletion, and the orphan file. Kernel Documentation/filesystems/ext4/orphan.rst.
 */
export async function readOrphanNumbers(
  reader: ExtReader,
  inodes: InodeReader,
): Promise<ReadonlySet<number>> {
  const numbers = new Set<number>();
  for (let next = reader.superblock.firstOrphan; next !== 0 && !numbers.has(next); ) {
    if (numbers.size >= MOST_ORPHANS) break;
    await reader.breathe();
    numbers.add(next);
    const number = next;
    const inode = await reader.attempt(() => inodes.get(number));
    if (isTrouble(inode)) break;
    next = inode.deletedSeconds;
  }
  await addFromFile(reader, inodes, numbers);
  return numbers;
}

/** Each block of the orphan file is full of inode numbers, 0 for none, but for a signature and checksum at its end. */
async function addFromFile(reader: ExtReader, inodes: InodeReader, numbers: Set<number>): Promise<void> {
  const { orphanFileInode } = reader.superblock;
  if (orphanFileInode === 0) return;
  const inode = await reader.attempt(() => inodes.get(orphanFileInode));
  if (isTrouble(inode)) return;
  // Its map was read for its own structure; this reading is apart from that.
  const { runs } = await new Mapper(reader).map(inode);
  let blocksLeft = MOST_FILE_BLOCKS;
  for (const { firstBlock, count } of runs) {
    for (let block = firstBlock; block < firstBlock + count && blocksLeft > 0; block++, blocksLeft--) {
      await reader.breathe();
      const bytes = await reader.attempt(() => reader.block(block, 'the orphan file'));
      if (!isTrouble(bytes)) addNumbers(bytes, numbers);
    }
  }
}

function addNumbers(bytes: Uint8Array, numbers: Set<number>): void {
  const fields = new Fields(bytes);
  const end = bytes.length - TAIL_BYTES;
  if (fields.u32(end) !== TAIL_MAGIC) return;
  for (let at = 0; at < end && numbers.size < MOST_ORPHANS; at += 4) {
    const number = fields.u32(at);
    if (number !== 0) numbers.add(number);
  }
}
