import { formatBytes, thousands } from '#shared/bytes/size.ts';
import type { Extent } from '#shared/structures/structure.ts';
import type { StructureDraft } from './budget.ts';
import type { ExtReader } from './ext-reader.ts';
import { BLOCK_MAP_AT, BLOCK_MAP_BYTES, INODE_FLAG, type Inode, isFastSymlink, modeText } from './inode.ts';
import { fileExtents, type MapCollector, runsOfBlocks } from './mapping.ts';
import { momentText } from './text.ts';

type Facts = (readonly [string, string])[];

/** What an inode counts its blocks in, whatever the disk below does. */
const SECTOR_BYTES = 512;

/** What is worth knowing of an inode, and, apart, what is wrong with it. */
export function inodeFacts(
  reader: ExtReader,
  inode: Inode,
  map: MapCollector,
): { readonly facts: Facts; readonly problems: Facts } {
  const facts: Facts = [
    ['inode', `${inode.number}`],
    ['size', sizeText(inode.sizeBytes)],
    ['mode', `${modeText(inode)}, user ${inode.userId}, group ${inode.groupId}`],
    ['modified', momentText(inode.modifiedSeconds)],
  ];
  const { blockBytes } = reader.superblock;
  const onDiskBytes = inode.sectors * SECTOR_BYTES;
  // Where it is what the size makes one expect, it goes without saying.
  if (onDiskBytes !== Math.ceil(inode.sizeBytes / blockBytes) * blockBytes) {
    facts.push(['takes on the disk', formatBytes(onDiskBytes)]);
  }
  if ((inode.flags & INODE_FLAG.inlineData) !== 0) facts.push(['kept', 'in its inode']);
  if ((inode.flags & INODE_FLAG.encrypted) !== 0) facts.push(['encrypted', 'yes']);
  let unwritten = 0;
  for (const run of map.runs) if (run.unwritten) unwritten += run.count;
  if (unwritten > 0) facts.push(['reserved but not yet written', `${thousands(unwritten)} blocks`]);
  return { facts, problems: problemsOf(inode, map) };
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return `${formatBytes(bytes)} (${thousands(bytes)} bytes)`;
}

function problemsOf(inode: Inode, map: MapCollector): Facts {
  const problems: Facts = map.problems.map((problem) => ['not understood here, because', problem]);
  if (inode.checksumRight === false) problems.push(['checksum of its inode', 'wrong']);
  if (map.leftOut) problems.push(['left out', 'blocks beyond those shown, as it lies in too many pieces']);
  return problems;
}

/** Where an inode's data lies: its blocks, or the part of the inode that holds it. */
export function dataExtents(reader: ExtReader, inode: Inode, map: MapCollector): Extent[] {
  const isInline = (inode.flags & INODE_FLAG.inlineData) !== 0;
  if (!isInline && !isFastSymlink(inode)) return fileExtents(reader, map);
  const length = Math.min(inode.sizeBytes, BLOCK_MAP_BYTES);
  if (length === 0) return [];
  const startBytes = inode.offsetBytes + BigInt(BLOCK_MAP_AT);
  return [{ startBytes, endBytes: startBytes + BigInt(length), fileBytes: 0n }];
}

/** The blocks that an inode's map takes, as a structure of its own; none when the inode holds it all. */
export function mappingStructures(reader: ExtReader, map: MapCollector, owner: string): StructureDraft[] {
  if (map.ownBlocks.length === 0) return [];
  const extents = runsOfBlocks(map.ownBlocks).flatMap((run) => reader.extentsOf(run));
  return [
    reader.budget.make('mapping', 'mapping', `block map of ${owner}`, extents, [
      ['blocks', thousands(map.ownBlocks.length)],
    ]),
  ];
}
