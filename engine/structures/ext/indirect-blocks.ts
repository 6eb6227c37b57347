import { Fields } from '../fields.ts';
import type { ExtReader } from './ext-reader.ts';
import { blockMapOf, type Inode } from './inode.ts';
import type { MapCollector } from './mapping.ts';

const DIRECT_BLOCKS = 12;
const LEVELS = 3;

/**
 * Reads the block map of an inode without extents: 12 direct blocks, then one block of block numbers, one of such
 * blocks, and one of those. Zero is a hole. Kernel Documentation/filesystems/ext4/ifork.rst, "Direct/Indirect Block
 * Addressing".
 */
export async function mapIndirectBlocks(reader: ExtReader, inode: Inode, map: MapCollector): Promise<void> {
  const view = new Fields(blockMapOf(inode));
  for (let index = 0; index < DIRECT_BLOCKS; index++) addBlock(map, index, view.u32(index * 4));
  const perBlock = reader.superblock.blockBytes / 4;
  let logicalBlock = DIRECT_BLOCKS;
  for (let level = 1; level <= LEVELS; level++) {
    const block = view.u32((DIRECT_BLOCKS + level - 1) * 4);
    await mapIndirect(map, block, level, logicalBlock, perBlock);
    logicalBlock += perBlock ** level;
  }
}

/** Reads a block of block numbers, and those it names down to the data: never deeper than three levels. */
async function mapIndirect(
  map: MapCollector,
  block: number,
  level: number,
  firstLogicalBlock: number,
  perBlock: number,
): Promise<void> {
  if (block === 0 || map.leftOut) return;
  const bytes = await map.ownBlock(block);
  if (bytes === null) return;
  const view = new Fields(bytes);
  const covered = perBlock ** (level - 1);
  for (let index = 0; index < perBlock; index++) {
    const logicalBlock = firstLogicalBlock + index * covered;
    const named = view.u32(index * 4);
    if (level === 1) addBlock(map, logicalBlock, named);
    else await mapIndirect(map, named, level - 1, logicalBlock, perBlock);
  }
}

function addBlock(map: MapCollector, logicalBlock: number, firstBlock: number): void {
  if (firstBlock !== 0) map.add({ logicalBlock, firstBlock, count: 1, unwritten: false });
}
