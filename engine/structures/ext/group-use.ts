import { formatBytes, thousands } from '#shared/bytes/size.ts';
import { type Bitmap, countSet, freeRuns, readBlockBitmap, readInodeBitmap } from './bitmaps.ts';
import type { StructureDraft } from './budget.ts';
import type { GroupDescriptor } from './descriptors.ts';
import { type ExtReader, isTrouble, type Trouble } from './ext-reader.ts';
import type { GroupLayout } from './group-structures.ts';

type Facts = (readonly [string, string])[];

/** Adds to groups what their bitmaps tell: the free space, how many inodes are in use, and whether checksums are right. */
export async function addUse(reader: ExtReader, layout: GroupLayout): Promise<void> {
  layout.release();
  for (const { group, structure, descriptor } of layout.groups) {
    if (descriptor === null) continue;
    await reader.breathe();
    const blocks = await reader.attempt(() => readBlockBitmap(reader, group, descriptor));
    tellOfBitmap(structure, 'blockBitmap', blocks, descriptor.blockBitmapUninit);
    const inodes = await reader.attempt(() => readInodeBitmap(reader, group, descriptor));
    tellOfBitmap(structure, 'inodeBitmap', inodes, descriptor.inodeTableUninit);
    if (!isTrouble(inodes)) {
      const used = countSet(inodes, reader.superblock.inodesPerGroup);
      child(structure, 'inodeTable')?.facts.push(['in use', thousands(used)]);
    }
    if (!isTrouble(blocks)) structure.children.push(freeStructure(reader, group, descriptor, blocks));
  }
}

function child(structure: StructureDraft, key: string): StructureDraft | undefined {
  return structure.children.find((one) => one.key === key && one.kind !== 'notUnderstood');
}

function tellOfBitmap(
  structure: StructureDraft,
  key: 'blockBitmap' | 'inodeBitmap',
  bitmap: Bitmap | Trouble,
  isComputed: boolean,
): void {
  const facts = child(structure, key)?.facts;
  if (facts === undefined) return;
  if (isTrouble(bitmap)) {
    facts.push(['not read, because', bitmap.reason]);
    return;
  }
  if (isComputed) facts.push(['written', 'not yet: computed from the superblock']);
  if (bitmap.checksumRight !== null) facts.push(['checksum', bitmap.checksumRight ? 'right' : 'wrong']);
}

function freeStructure(
  reader: ExtReader,
  group: number,
  descriptor: GroupDescriptor,
  bitmap: Bitmap,
): StructureDraft {
  const { superblock, budget } = reader;
  const { runs, freeClusters, complete } = freeRuns(reader, group, bitmap, budget.extentsLeft);
  const clusterBytes = superblock.clusterBlocks * superblock.blockBytes;
  const facts: Facts = [['free', formatBytes(BigInt(freeClusters) * BigInt(clusterBytes))]];
  if (freeClusters !== descriptor.freeClusters) {
    facts.push(['in its descriptor', thousands(descriptor.freeClusters)]);
  }
  if (!complete) facts.push(['left out', 'the free space beyond these pieces, as there are too many']);
  const extents = runs.flatMap((run) => reader.extentsOf(run));
  return budget.make('free', 'free', `free space of group ${group}`, extents, facts);
}
