import type { Extent } from '#shared/structures/structure.ts';
import { Fields } from '../fields.ts';
import type { Volume } from '../volume.ts';
import { Budget, type StructureDraft } from './budget.ts';
import { isTrouble, type Trouble, troubleOf } from './ext-reader.ts';
import { INCOMPAT } from './features.ts';
import {
  JOURNAL_SUPERBLOCK_BYTES,
  type JournalSuperblock,
  journalFacts,
  parseJournalSuperblock,
} from './journal.ts';
import { blockBytesOf, SUPERBLOCK_BYTES, SUPERBLOCK_OFFSET_BYTES } from './superblock.ts';

/** Whether a superblock is that of a device which holds the journal of file systems elsewhere, and nothing else. */
export function isJournalDevice(superblock: Uint8Array): boolean {
  const fields = new Fields(superblock);
  return fields.u32(0x4c) >= 1 && (fields.u32(0x60) & INCOMPAT.journalDevice) !== 0;
}

/**
 * A device with a journal: a superblock as in a file system, then, in the block after it, the journal's own. Kernel
 * Documentation/filesystems/ext4/journal.rst, "External Journal". Throws {@link NotUnderstood} when its block size makes no sense.
 */
export async function readJournalDevice(
  volume: Volume,
  superblock: Uint8Array,
  maxStructures: number,
): Promise<StructureDraft> {
  const fields = new Fields(superblock);
  const blockBytes = blockBytesOf(fields);
  const budget = new Budget(maxStructures);
  const within = (startBytes: bigint, lengthBytes: bigint): Extent[] => {
    const end = startBytes + lengthBytes < volume.sizeBytes ? startBytes + lengthBytes : volume.sizeBytes;
    return startBytes < end ? [{ startBytes, endBytes: end }] : [];
  };
  const startBytes = BigInt(
    Math.ceil((SUPERBLOCK_OFFSET_BYTES + SUPERBLOCK_BYTES) / blockBytes) * blockBytes,
  );
  const found = await readJournalSuperblock(volume, startBytes);
  const facts: (readonly [string, string])[] = [['UUID', fields.uuid(0x68)]];
  if (isTrouble(found)) facts.push(['not understood here, because', found.reason]);
  else facts.push(...journalFacts(found));
  const sizeBytes = BigInt(fields.u32(0x4)) * BigInt(blockBytes);
  const name = 'journal of a file system on another device';
  const device = budget.make('journal', 'journalDevice', name, within(0n, sizeBytes), facts);
  device.children.push(
    budget.make(
      'superblock',
      'superblock',
      'superblock of the journal device',
      within(BigInt(SUPERBLOCK_OFFSET_BYTES), BigInt(SUPERBLOCK_BYTES)),
    ),
  );
  if (!isTrouble(found)) {
    const extents = within(startBytes, BigInt(JOURNAL_SUPERBLOCK_BYTES));
    device.children.push(budget.make('superblock', 'journalSuperblock', 'journal superblock', extents));
  }
  return device;
}

async function readJournalSuperblock(
  volume: Volume,
  startBytes: bigint,
): Promise<JournalSuperblock | Trouble> {
  try {
    return parseJournalSuperblock(await volume.read(startBytes, JOURNAL_SUPERBLOCK_BYTES));
  } catch (error) {
    return troubleOf(error);
  }
}
