import { Fields } from '../fields.ts';
import { NotUnderstood } from '../structure-parser.ts';
import type { StructureDraft } from './budget.ts';
import { crc32c } from './checksum.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import { COMPAT } from './features.ts';
import { blockMapOf } from './inode.ts';
import type { InodeReader } from './inode-reader.ts';
import { inodeFacts, mappingStructures } from './inode-structures.ts';
import { fileExtents, type Mapper } from './mapping.ts';
import { momentText } from './text.ts';

const BAD_BLOCKS_INODE = 1;
const BOOT_LOADER_INODE = 5;
const RESIZE_INODE = 7;
/** In the resize inode's map, the block of block numbers whose own entries are the reserved descriptors. */
const DOUBLE_INDIRECT_AT = 13 * 4;
const MULTI_MOUNT_MAGIC = 0x004d4d50;
const MULTI_MOUNT_CHECKSUM_AT = 0x3fc;
const MULTI_MOUNT_CLEAN = 0xff4d4d50;
const MULTI_MOUNT_CHECKING = 0xe24d4d50;

/**
 * Files of the file system's own that no directory names: quotas, bad blocks, orphans, the boot loader, and the block that
 * guards against a second mount. Kernel Documentation/filesystems/ext4/{special_inodes,mmp}.rst.
 */
export async function readSpecial(
  reader: ExtReader,
  inodes: InodeReader,
  mapper: Mapper,
): Promise<StructureDraft[]> {
  const found: StructureDraft[] = [];
  for (const [number, key, name] of specialInodes(reader)) {
    const structure = await readSpecialInode(reader, inodes, mapper, number, key, name);
    if (structure !== null) found.push(structure);
  }
  const resize = await readResizeInode(reader, inodes);
  if (resize !== null) found.push(resize);
  const guard = await readMultiMount(reader);
  if (guard !== null) found.push(guard);
  return found;
}

/** The numbers of inodes that are in use without a name. */
export function specialInodes(reader: ExtReader): (readonly [number: number, key: string, name: string])[] {
  const { quotaInodes, orphanFileInode } = reader.superblock;
  const [user, group, project] = quotaInodes;
  const all: (readonly [number, string, string])[] = [
    [BAD_BLOCKS_INODE, 'badBlocks', 'bad blocks'],
    [BOOT_LOADER_INODE, 'bootLoader', 'boot loader'],
    [user, 'userQuota', 'user quota file'],
    [group, 'groupQuota', 'group quota file'],
    [project, 'projectQuota', 'project quota file'],
    [orphanFileInode, 'orphanFile', 'orphan file'],
  ];
  return all.filter(([number]) => number !== 0);
}

/** Null where it holds nothing, as most boot loaders and lists of bad blocks do. */
async function readSpecialInode(
  reader: ExtReader,
  inodes: InodeReader,
  mapper: Mapper,
  number: number,
  key: string,
  name: string,
): Promise<StructureDraft | null> {
  const inode = await reader.attempt(() => inodes.get(number));
  if (isTrouble(inode)) return reader.notUnderstood(key, name, inode.reason);
  // The list of bad blocks has no type.
  const map = await mapper.map(inode.type === 'unknown' ? { ...inode, type: 'file' } : inode);
  const extents = fileExtents(reader, map);
  if (extents.length === 0 && map.problems.length === 0) return null;
  const { facts, problems } = inodeFacts(reader, inode, map);
  const structure = reader.budget.make('otherMetadata', key, name, extents, [...facts, ...problems]);
  structure.children.push(...mappingStructures(reader, map, `the ${name}`));
  return structure;
}

/** What the resize inode maps are the reserved descriptors and their copies, told elsewhere; one block is its own. */
async function readResizeInode(reader: ExtReader, inodes: InodeReader): Promise<StructureDraft | null> {
  if ((reader.superblock.features.compat & COMPAT.resizeInode) === 0) return null;
  const name = 'block map of the resize inode';
  const inode = await reader.attempt(() => inodes.get(RESIZE_INODE));
  if (isTrouble(inode)) return reader.notUnderstood('resizeInode', name, inode.reason);
  const firstBlock = new Fields(blockMapOf(inode)).u32(DOUBLE_INDIRECT_AT);
  if (firstBlock === 0) return null;
  const extents = reader.extentsOf({ firstBlock, count: 1 });
  return reader.budget.make('otherMetadata', 'resizeInode', name, extents, [['inode', `${RESIZE_INODE}`]]);
}

async function readMultiMount(reader: ExtReader): Promise<StructureDraft | null> {
  const block = reader.superblock.multiMountBlock;
  if (block === 0) return null;
  const name = 'guard against a second mount';
  const run = { firstBlock: block, count: 1 };
  const facts = await reader.attempt(async () => {
    return multiMountFacts(reader, await reader.block(block, 'the guard against a second mount'));
  });
  if (isTrouble(facts)) return reader.notUnderstood('multiMount', name, facts.reason, run);
  return reader.budget.make('otherMetadata', 'multiMount', name, reader.extentsOf(run), facts);
}

/** e2fsprogs `struct mmp_struct`. */
function multiMountFacts(reader: ExtReader, bytes: Uint8Array): (readonly [string, string])[] {
  const fields = new Fields(bytes);
  if (fields.u32(0) !== MULTI_MOUNT_MAGIC) throw new NotUnderstood('its block has no signature');
  const sequence = fields.u32(4);
  const state =
    sequence === MULTI_MOUNT_CLEAN
      ? 'not mounted'
      : sequence === MULTI_MOUNT_CHECKING
        ? 'being checked'
        : `mounted, at ${sequence}`;
  const facts: (readonly [string, string])[] = [
    ['state', state],
    ['last written', momentText(fields.u32(8))],
  ];
  const node = fields.text(0x10, 64);
  if (node !== '') facts.push(['by', `${node}, ${fields.text(0x50, 32)}`]);
  if (reader.hasChecksums) {
    const found = crc32c(reader.superblock.checksumSeed, bytes.subarray(0, MULTI_MOUNT_CHECKSUM_AT));
    facts.push(['checksum', found === fields.u32(MULTI_MOUNT_CHECKSUM_AT) ? 'right' : 'wrong']);
  }
  return facts;
}
