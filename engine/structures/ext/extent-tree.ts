import { Fields } from '../fields.ts';
import { joined } from './block-number.ts';
import { crc32c } from './checksum.ts';
import type { ExtReader } from './ext-reader.ts';
import { blockMapOf, type Inode } from './inode.ts';
import type { MapCollector } from './mapping.ts';

const MAGIC = 0xf30a;
const ENTRY_BYTES = 12;
const HEADER_BYTES = 12;
/** A tree of 2^32 logical blocks has no more levels below its root (EXT4_MAX_EXTENT_DEPTH). */
const DEEPEST = 5;
/** Lengths beyond this one mark an extent that is reserved but not yet written. */
const MOST_WRITTEN_BLOCKS = 32768;

interface Node {
  readonly bytes: Uint8Array;
  /** Levels below this one, as the parent (or, of the root, the node itself) says. */
  readonly depth: number;
  /** The first logical block that is not the node's. */
  readonly endLogicalBlock: number;
}

/**
 * Reads the extent tree of an inode, whose root lies in the inode. Kernel Documentation/filesystems/ext4/ifork.rst,
 * "Extent Tree"; e2fsprogs `struct ext3_extent`, `ext3_extent_idx`, `ext3_extent_header`.
 */
export async function mapExtentTree(reader: ExtReader, inode: Inode, map: MapCollector): Promise<void> {
  const root = blockMapOf(inode);
  const depth = new Fields(root).u16(6);
  if (depth > DEEPEST) {
    map.problem(`its extent tree says that it has ${depth} levels, where ${DEEPEST} are possible`);
    return;
  }
  // A stack, last first, so that leaves come in the order of the file.
  const pending: { readonly block: number; readonly depth: number; readonly endLogicalBlock: number }[] = [];
  const visit = (node: Node): void => {
    const count = entriesOf(node, map);
    if (node.depth === 0) readLeaf(node, count, map);
    else pending.push(...readIndex(node, count, map).reverse());
  };
  visit({ bytes: root, depth, endLogicalBlock: 2 ** 32 });
  for (let next = pending.pop(); next !== undefined && !map.leftOut; next = pending.pop()) {
    const bytes = await map.ownBlock(next.block);
    if (bytes === null) continue;
    if (reader.hasChecksums && !isChecksumRight(reader, inode, bytes)) {
      map.problem(`the checksum of block ${next.block} of its extent tree is wrong`);
    }
    visit({ bytes, depth: next.depth, endLogicalBlock: next.endLogicalBlock });
  }
}

/** How many entries a node holds; none, and a problem, when its header makes no sense. */
function entriesOf(node: Node, map: MapCollector): number {
  const view = new Fields(node.bytes);
  const entries = view.u16(2);
  const room = Math.floor((node.bytes.length - HEADER_BYTES) / ENTRY_BYTES);
  const problem =
    view.u16(0) !== MAGIC
      ? 'a node of its extent tree has no signature'
      : view.u16(6) !== node.depth
        ? `a node of its extent tree is at level ${view.u16(6)} where ${node.depth} is expected`
        : entries > room || entries > view.u16(4)
          ? `a node of its extent tree says that it has ${entries} entries, more than it has room for`
          : null;
  if (problem === null) return entries;
  map.problem(problem);
  return 0;
}

function readLeaf(node: Node, count: number, map: MapCollector): void {
  const view = new Fields(node.bytes);
  let nextLogicalBlock = 0;
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    const logicalBlock = view.u32(at);
    const length = view.u16(at + 4);
    const unwritten = length > MOST_WRITTEN_BLOCKS;
    const blocks = unwritten ? length - MOST_WRITTEN_BLOCKS : length;
    if (blocks === 0 || logicalBlock < nextLogicalBlock || logicalBlock + blocks > node.endLogicalBlock) {
      map.problem(`its extents from block ${logicalBlock} on are out of order or overlap`);
      return;
    }
    nextLogicalBlock = logicalBlock + blocks;
    const firstBlock = joined(view.u32(at + 8), view.u16(at + 6));
    map.add({ logicalBlock, firstBlock, count: blocks, unwritten });
  }
}

function readIndex(
  node: Node,
  count: number,
  map: MapCollector,
): { block: number; depth: number; endLogicalBlock: number }[] {
  const view = new Fields(node.bytes);
  const children: { block: number; depth: number; endLogicalBlock: number }[] = [];
  let before = -1;
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    const logicalBlock = view.u32(at);
    if (logicalBlock <= before) {
      map.problem(`the index of its extent tree is out of order at block ${logicalBlock}`);
      return children;
    }
    before = logicalBlock;
    const endLogicalBlock = index + 1 < count ? view.u32(at + ENTRY_BYTES) : node.endLogicalBlock;
    const block = joined(view.u32(at + 4), view.u16(at + 8));
    children.push({ block, depth: node.depth - 1, endLogicalBlock });
  }
  return children;
}

/** The checksum follows the last entry that there is room for, and covers all before it. */
function isChecksumRight(reader: ExtReader, inode: Inode, bytes: Uint8Array): boolean {
  const view = new Fields(bytes);
  const tailAt = HEADER_BYTES + view.u16(4) * ENTRY_BYTES;
  if (tailAt + 4 > bytes.length) return false;
  const seed = reader.inodeSeed(inode.number, inode.generation);
  return crc32c(seed, bytes.subarray(0, tailAt)) === view.u32(tailAt);
}
