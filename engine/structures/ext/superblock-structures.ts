import { thousands } from '#shared/bytes/size.ts';
import type { StructureDraft } from './budget.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import { featureNames } from './features.ts';
import {
  type BlockRun,
  descriptorBlockAt,
  descriptorBlocks,
  groupHead,
  groupRange,
  groupsWithBackup,
} from './geometry.ts';
import { runsOfBlocks } from './mapping.ts';
import {
  type ExtSuperblock,
  hasSuperblockMagic,
  parseSuperblock,
  SUPERBLOCK_BYTES,
  SUPERBLOCK_OFFSET_BYTES,
} from './superblock.ts';
import { momentText } from './text.ts';

type Facts = (readonly [string, string])[];

const STATE_CLEAN = 0x1;
const STATE_ERRORS = 0x2;
const STATE_ORPHANS = 0x4;

/** The boot block, superblock, group descriptors and what is reserved for more: the start of the file system. */
export function primaryStructures(reader: ExtReader): StructureDraft[] {
  const { superblock, budget } = reader;
  const start = BigInt(SUPERBLOCK_OFFSET_BYTES);
  const structures = [
    budget.make('otherMetadata', 'bootBlock', 'room for a boot loader', [
      { startBytes: 0n, endBytes: start },
    ]),
    budget.make(
      'superblock',
      'superblock',
      'superblock',
      [{ startBytes: start, endBytes: start + BigInt(SUPERBLOCK_BYTES) }],
      superblockFacts(superblock),
    ),
    primaryDescriptors(reader),
  ];
  const { reserved } = groupHead(superblock, 0);
  if (reserved.count > 0) {
    structures.push(
      budget.make(
        'reservedDescriptors',
        'reserved',
        'blocks reserved for more group descriptors',
        reader.extentsOf(reserved),
        [['blocks', thousands(reserved.count)]],
      ),
    );
  }
  return structures;
}

/** The descriptors that are read; with meta_bg they are spread over the disk. */
function primaryDescriptors(reader: ExtReader): StructureDraft {
  const { superblock, budget } = reader;
  const all = descriptorBlocks(superblock);
  const head = groupHead(superblock, 0).descriptors;
  const most = Math.floor(budget.extentsLeft / 8);
  const spread: number[] = [];
  for (let index = head.count; index < all && spread.length < most; index++) {
    spread.push(descriptorBlockAt(superblock, index));
  }
  const runs: BlockRun[] = [head, ...runsOfBlocks(spread)];
  const facts: Facts = [
    ['groups', thousands(superblock.groupsCount)],
    ['bytes of each', `${superblock.descriptorBytes}`],
    ['blocks', thousands(all)],
  ];
  if (spread.length < all - head.count) {
    facts.push(['left out', `${thousands(all - head.count - spread.length)} blocks, as there are too many`]);
  }
  const extents = runs.flatMap((run) => reader.extentsOf(run));
  return budget.make('groupDescriptors', 'descriptors', 'group descriptors', extents, facts);
}

/** What is worth knowing of a superblock. */
function superblockFacts(superblock: ExtSuperblock): Facts {
  const facts: Facts = [
    ['state', stateText(superblock.state)],
    ['last written', momentText(superblock.writtenSeconds)],
    ['mounted', `${superblock.mountCount} times since the last check`],
  ];
  if (superblock.checksumRight !== null) {
    facts.push(['checksum', superblock.checksumRight ? 'right' : 'wrong']);
  }
  return facts;
}

function stateText(state: number): string {
  const words = [(state & STATE_CLEAN) !== 0 ? 'clean' : 'not clean'];
  if ((state & STATE_ERRORS) !== 0) words.push('errors were found');
  if ((state & STATE_ORPHANS) !== 0) words.push('orphans are being deleted');
  return words.join(', ');
}

/** Every copy of superblock and descriptors, each read and compared; null where there are none. */
export async function readBackups(reader: ExtReader): Promise<StructureDraft | null> {
  const { superblock, budget } = reader;
  const parent = budget.make('superblockBackup', 'backups', 'copies of superblock and group descriptors');
  // Old file systems keep a copy in every group.
  const most = Math.floor(budget.structuresLeft / 8);
  for (const group of groupsWithBackup(superblock)) {
    if (groupRange(superblock, group).firstBlock >= reader.endBlock) break;
    if (parent.children.length >= most) {
      parent.facts.push(['left out', `the copies from group ${group} on, as there are too many`]);
      break;
    }
    await addBackup(reader, group, parent);
  }
  return parent.children.length > 0 ? parent : null;
}

async function addBackup(reader: ExtReader, group: number, parent: StructureDraft): Promise<void> {
  await reader.breathe();
  const { superblock, budget } = reader;
  const head = groupHead(superblock, group);
  const start = reader.offsetBytes(head.superblockBlock ?? 0);
  const extent = { startBytes: start, endBytes: start + BigInt(SUPERBLOCK_BYTES) };
  parent.children.push(
    budget.make(
      'superblockBackup',
      `superblock:${group}`,
      `backup superblock in group ${group}`,
      [extent],
      await backupFacts(reader, group, start),
    ),
  );
  const runs: readonly (readonly ['groupDescriptors' | 'reservedDescriptors', string, string, BlockRun])[] = [
    ['groupDescriptors', 'descriptors', 'backup group descriptors', head.descriptors],
    ['reservedDescriptors', 'reserved', 'blocks reserved for more group descriptors', head.reserved],
  ];
  for (const [kind, key, name, run] of runs) {
    const extents = reader.extentsOf(run);
    if (extents.length === 0) continue;
    parent.children.push(budget.make(kind, `${key}:${group}`, `${name} in group ${group}`, extents));
  }
}

/** Whether a copy is there, and is of this file system. */
async function backupFacts(reader: ExtReader, group: number, start: bigint): Promise<Facts> {
  const bytes = await reader.attempt(() => reader.bytes(start, SUPERBLOCK_BYTES));
  if (isTrouble(bytes)) return [['not read, because', bytes.reason]];
  if (!hasSuperblockMagic(bytes)) return [['written', 'not yet, or overwritten: it holds no superblock']];
  const copy = await reader.attempt(async () => parseSuperblock(bytes));
  if (isTrouble(copy)) return [['not understood here, because', copy.reason]];
  const facts: Facts = [];
  if (copy.uuid !== reader.superblock.uuid) facts.push(['UUID', `${copy.uuid}, of another file system`]);
  else if (copy.groupNumber !== group) facts.push(['says that it is of group', `${copy.groupNumber}`]);
  else if (copy.blocksCount !== reader.superblock.blocksCount) {
    facts.push(['blocks', `${thousands(copy.blocksCount)}, of an earlier size`]);
  }
  facts.push(['last written', momentText(copy.writtenSeconds)]);
  if (copy.checksumRight !== null) facts.push(['checksum', copy.checksumRight ? 'right' : 'wrong']);
  return facts;
}

/** What is worth knowing of the file system as a whole. */
export function fileSystemFacts(reader: ExtReader): Facts {
  const { superblock } = reader;
  const facts: Facts = [['UUID', superblock.uuid]];
  if (superblock.label !== '') facts.push(['label', superblock.label]);
  if (superblock.lastMounted !== '') facts.push(['last mounted on', superblock.lastMounted]);
  facts.push(
    ['features', featureNames(superblock.features).join(' ') || 'none'],
    ['block size', `${superblock.blockBytes} bytes`],
    ['blocks', `${thousands(superblock.blocksCount)}, ${thousands(superblock.freeBlocksCount)} free`],
    ['inodes', `${thousands(superblock.inodesCount)}, ${thousands(superblock.freeInodesCount)} free`],
    ['inode size', `${superblock.inodeBytes} bytes`],
    ['groups', thousands(superblock.groupsCount)],
  );
  if (superblock.clusterBlocks > 1) {
    facts.push(['cluster size', `${superblock.clusterBlocks * superblock.blockBytes} bytes`]);
  }
  if (superblock.madeSeconds > 0) facts.push(['made', momentText(superblock.madeSeconds)]);
  facts.push(['last mounted', momentText(superblock.mountedSeconds)]);
  if (reader.endBlock < superblock.blocksCount) {
    const missing = superblock.blocksCount - reader.endBlock;
    facts.push(['beyond the end of the volume', `${thousands(missing)} of its blocks`]);
  }
  return facts;
}
