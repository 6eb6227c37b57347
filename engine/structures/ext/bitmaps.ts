import { crc32c } from './checksum.ts';
import type { GroupDescriptor } from './descriptors.ts';
import type { ExtReader } from './ext-reader.ts';
import { INCOMPAT } from './features.ts';
import { type BlockRun, groupHead, groupRange, inodeTableBlocks } from './geometry.ts';

/** A bitmap of a group: bit i tells whether its cluster or inode i is in use. */
export interface Bitmap {
  readonly bytes: Uint8Array;
  /** Whether its checksum, kept in the group's descriptor, is right; null where it has none. */
  readonly checksumRight: boolean | null;
}

/** Whether bit `index` is set. */
export function isSet(bitmap: Bitmap, index: number): boolean {
  return ((bitmap.bytes[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
}

/**
 * The block bitmap of a group; computed where the descriptor says that none was written yet. Kernel
 * Documentation/filesystems/ext4/{bitmaps,blockgroup}.rst.
 */
export async function readBlockBitmap(
  reader: ExtReader,
  group: number,
  descriptor: GroupDescriptor,
): Promise<Bitmap> {
  if (descriptor.blockBitmapUninit)
    return { bytes: computedBitmap(reader, group, descriptor), checksumRight: null };
  const { superblock } = reader;
  const clusters = superblock.blocksPerGroup / superblock.clusterBlocks;
  return await readBitmap(
    reader,
    descriptor.blockBitmapBlock,
    `the block bitmap of group ${group}`,
    clusters,
    descriptor.blockBitmapChecksum,
  );
}

/** The inode bitmap of a group; all clear where the descriptor says that none was written yet. */
export async function readInodeBitmap(
  reader: ExtReader,
  group: number,
  descriptor: GroupDescriptor,
): Promise<Bitmap> {
  if (descriptor.inodeTableUninit) {
    return { bytes: new Uint8Array(reader.superblock.blockBytes), checksumRight: null };
  }
  return await readBitmap(
    reader,
    descriptor.inodeBitmapBlock,
    `the inode bitmap of group ${group}`,
    reader.superblock.inodesPerGroup,
    descriptor.inodeBitmapChecksum,
  );
}

async function readBitmap(
  reader: ExtReader,
  block: number,
  what: string,
  bits: number,
  checksum: number,
): Promise<Bitmap> {
  const bytes = await reader.block(block, what);
  if (!reader.hasChecksums) return { bytes, checksumRight: null };
  const found = crc32c(reader.superblock.checksumSeed, bytes.subarray(0, bits >>> 3));
  const wide = (reader.superblock.features.incompat & INCOMPAT.has64Bit) !== 0;
  return { bytes, checksumRight: (wide ? found : found & 0xffff) === checksum };
}

/** What the kernel would write: in use is what the group holds of superblock, descriptors, and its own tables. */
function computedBitmap(reader: ExtReader, group: number, descriptor: GroupDescriptor): Uint8Array {
  const { superblock } = reader;
  const bytes = new Uint8Array(superblock.blockBytes);
  const head = groupHead(superblock, group);
  const range = groupRange(superblock, group);
  const used: BlockRun[] = [
    { firstBlock: head.superblockBlock ?? 0, count: head.superblockBlock === null ? 0 : 1 },
    head.descriptors,
    head.reserved,
    head.metaDescriptors,
    { firstBlock: descriptor.blockBitmapBlock, count: 1 },
    { firstBlock: descriptor.inodeBitmapBlock, count: 1 },
    { firstBlock: descriptor.inodeTableBlock, count: inodeTableBlocks(superblock) },
  ];
  for (const run of used) {
    const first = Math.max(run.firstBlock, range.firstBlock);
    const end = Math.min(run.firstBlock + run.count, range.firstBlock + range.count);
    for (let block = first; block < end; block++) {
      const cluster = Math.floor((block - range.firstBlock) / superblock.clusterBlocks);
      bytes[cluster >>> 3] = (bytes[cluster >>> 3] ?? 0) | (1 << (cluster & 7));
    }
  }
  return bytes;
}

/** How many of the first `bits` bits are set. */
export function countSet(bitmap: Bitmap, bits: number): number {
  let count = 0;
  for (let at = nextBit(bitmap, 0, bits, true); at < bits; ) {
    const end = nextBit(bitmap, at, bits, false);
    count += end - at;
    at = nextBit(bitmap, end, bits, true);
  }
  return count;
}

/** The first bit from `from` on that is set, or clear, as asked; `end` if there is none before it. A hot path. */
function nextBit(bitmap: Bitmap, from: number, end: number, set: boolean): number {
  const { bytes } = bitmap;
  const uniform = set ? 0 : 0xff;
  let at = from;
  while (at < end) {
    const byte = bytes[at >>> 3] ?? 0;
    if (byte === uniform) at = (at | 7) + 1;
    else if (((byte & (1 << (at & 7))) !== 0) === set) return at;
    else at++;
  }
  return end;
}

/** The free blocks of a group, in runs, as its bitmap tells; at most `most` runs. */
export function freeRuns(
  reader: ExtReader,
  group: number,
  bitmap: Bitmap,
  most: number,
): { readonly runs: readonly BlockRun[]; readonly freeClusters: number; readonly complete: boolean } {
  const { clusterBlocks } = reader.superblock;
  const range = groupRange(reader.superblock, group);
  const clusters = Math.ceil(range.count / clusterBlocks);
  const runs: BlockRun[] = [];
  let freeClusters = 0;
  let complete = true;
  for (let first = nextBit(bitmap, 0, clusters, false); first < clusters; ) {
    const end = nextBit(bitmap, first, clusters, true);
    freeClusters += end - first;
    if (runs.length < most) {
      const firstBlock = range.firstBlock + first * clusterBlocks;
      const endBlock = range.firstBlock + Math.min(end * clusterBlocks, range.count);
      runs.push({ firstBlock, count: endBlock - firstBlock });
    } else complete = false;
    first = nextBit(bitmap, end, clusters, false);
  }
  return { runs, freeClusters, complete };
}
