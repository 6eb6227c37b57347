import { NotUnderstood, type Parsed, type ParseLimits, type StructureParser } from '../structure-parser.ts';
import type { Volume } from '../volume.ts';
import type { StructureDraft } from './budget.ts';
import { DeletedFiles } from './deleted.ts';
import { ExtReader } from './ext-reader.ts';
import { familyName } from './features.ts';
import { FileStructures } from './file-structures.ts';
import { readFileTree } from './file-tree.ts';
import { layOutGroups } from './group-structures.ts';
import { addUse } from './group-use.ts';
import { InodeReader } from './inode-reader.ts';
import { readJournal } from './journal.ts';
import { isJournalDevice, readJournalDevice } from './journal-device.ts';
import { Mapper } from './mapping.ts';
import { readSpecial } from './special-inodes.ts';
import {
  type ExtSuperblock,
  hasSuperblockMagic,
  parseSuperblock,
  SUPERBLOCK_BYTES,
  SUPERBLOCK_OFFSET_BYTES,
} from './superblock.ts';
import { fileSystemFacts, primaryStructures, readBackups } from './superblock-structures.ts';
import { readUnlinked } from './unlinked.ts';

/**
 * ext2, ext3 and ext4, of block sizes from 1 KiB to 64 KiB. The tree: `superblock`, `descriptors`, `reserved`, `backups`
 * (with `superblock:1` and so on), `journal`, `files` (the root directory, with `inode:12` and so on below it), what no directory
 * names, and `group:0` and so on, each with `blockBitmap`, `inodeBitmap`, `inodeTable` and `free`.
 */
export const extParser: StructureParser = {
  name: 'ext4',
  parse: parseExt,
};

async function parseExt(volume: Volume, limits: ParseLimits): Promise<Parsed | null> {
  const end = SUPERBLOCK_OFFSET_BYTES + SUPERBLOCK_BYTES;
  if (volume.sizeBytes < BigInt(end)) return null;
  const bytes = await volume.read(BigInt(SUPERBLOCK_OFFSET_BYTES), SUPERBLOCK_BYTES);
  if (!hasSuperblockMagic(bytes)) return null;
  if (isJournalDevice(bytes)) {
    return { structure: await readJournalDevice(volume, bytes, limits.maxStructures), volumes: [] };
  }
  const reader = new ExtReader(volume, superblockOf(bytes), limits);
  return { structure: await readFileSystem(reader), volumes: [] };
}

/** The superblock; when it is not understood, the error says where it lies. */
function superblockOf(bytes: Uint8Array): ExtSuperblock {
  try {
    return parseSuperblock(bytes);
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    const startBytes = BigInt(SUPERBLOCK_OFFSET_BYTES);
    throw new NotUnderstood(error.message, [{ startBytes, endBytes: startBytes + BigInt(SUPERBLOCK_BYTES) }]);
  }
}

async function readFileSystem(reader: ExtReader): Promise<StructureDraft> {
  const { superblock, budget } = reader;
  const family = familyName(superblock.features);
  const name = superblock.label === '' ? family : `${family} "${superblock.label}"`;
  const whole = reader.extentsOf({ firstBlock: 0, count: superblock.blocksCount });
  const root = budget.make('fileSystem', family, name, whole, fileSystemFacts(reader));
  const inodes = new InodeReader(reader);
  const mapper = new Mapper(reader);
  root.children.push(...primaryStructures(reader));
  const backups = await readBackups(reader);
  if (backups !== null) root.children.push(backups);
  const journal = await readJournal(reader, inodes, mapper);
  if (journal !== null) root.children.push(journal);
  const layout = await layOutGroups(reader);
  const special = await readSpecial(reader, inodes, mapper);
  const files = new FileStructures(reader, mapper);
  const tree = await readFileTree(reader, inodes, files);
  const deleted = new DeletedFiles(reader, mapper);
  await addUse(reader, layout);
  const unlinked = await readUnlinked({ reader, inodes, files, deleted, tree });
  root.children.push(tree.root, ...special, ...unlinked);
  root.children.push(...layout.groups.map(({ structure }) => structure));
  if (layout.leftOut > 0) root.childrenLeftOut = layout.leftOut;
  return root;
}
