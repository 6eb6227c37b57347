import { formatBytes, thousands } from '#shared/bytes/size.ts';
import { Fields } from '../fields.ts';
import { NotUnderstood } from '../structure-parser.ts';
import type { StructureDraft } from './budget.ts';
import { CRC32C_START, crc32c } from './checksum.ts';
import { type ExtReader, isTrouble, type Trouble } from './ext-reader.ts';
import { COMPAT } from './features.ts';
import type { InodeReader } from './inode-reader.ts';
import { inodeFacts, mappingStructures } from './inode-structures.ts';
import { fileExtents, type Mapper } from './mapping.ts';

type Facts = (readonly [string, string])[];

const MAGIC = 0xc03b3998;
const SUPERBLOCK_V1 = 3;
const SUPERBLOCK_V2 = 4;
const CHECKSUM_AT = 0xfc;
export const JOURNAL_SUPERBLOCK_BYTES = 1024;
const CHECKSUM_V2_OR_V3 = 0x18;
const FAST_COMMIT = 0x20;

const COMPAT_CHECKSUM_V1 = 0x1;
const INCOMPAT_NAMES: readonly (readonly [number, string])[] = [
  [0x1, 'revoke'],
  [0x2, '64bit'],
  [0x4, 'async_commit'],
  [0x8, 'checksum_v2'],
  [0x10, 'checksum_v3'],
  [0x20, 'fast_commit'],
];

/** The superblock of a journal. */
export interface JournalSuperblock {
  readonly version: 1 | 2;
  readonly blockBytes: number;
  /** Blocks of the journal, this superblock among them. */
  readonly blocksCount: number;
  /** The first block of the log. */
  readonly firstBlock: number;
  /** The first transaction that is expected in the log. */
  readonly sequence: number;
  /** The block of the log that it begins with; 0 when the log is empty. */
  readonly startBlock: number;
  readonly errorNumber: number;
  readonly features: readonly string[];
  readonly uuid: string;
  readonly fastCommitBlocks: number;
  readonly checksumRight: boolean | null;
}

/**
 * Reads the superblock of a journal, whose numbers are big-endian. Kernel Documentation/filesystems/ext4/journal.rst;
 * e2fsprogs `journal_superblock_t`. Throws {@link NotUnderstood} when it is none.
 */
export function parseJournalSuperblock(bytes: Uint8Array): JournalSuperblock {
  const view = new Fields(bytes, 'big');
  const type = view.u32(4);
  if (view.u32(0) !== MAGIC || (type !== SUPERBLOCK_V1 && type !== SUPERBLOCK_V2)) {
    throw new NotUnderstood('its first block is no journal superblock');
  }
  const version = type === SUPERBLOCK_V2 ? 2 : 1;
  const incompat = version === 2 ? view.u32(0x28) : 0;
  const names = INCOMPAT_NAMES.filter(([bit]) => (incompat & bit) !== 0).map(([, name]) => name);
  if (version === 2 && (view.u32(0x24) & COMPAT_CHECKSUM_V1) !== 0) names.unshift('checksum_v1');
  return {
    version,
    blockBytes: view.u32(0xc),
    blocksCount: view.u32(0x10),
    firstBlock: view.u32(0x14),
    sequence: view.u32(0x18),
    startBlock: view.u32(0x1c),
    errorNumber: view.i32(0x20),
    features: names,
    uuid: version === 2 ? view.uuid(0x30) : '',
    fastCommitBlocks: (incompat & FAST_COMMIT) !== 0 ? view.u32(0x54) : 0,
    checksumRight: (incompat & CHECKSUM_V2_OR_V3) !== 0 ? isChecksumRight(bytes) : null,
  };
}

function isChecksumRight(bytes: Uint8Array): boolean {
  const zeroed = bytes.slice(0, JOURNAL_SUPERBLOCK_BYTES);
  zeroed.fill(0, CHECKSUM_AT, CHECKSUM_AT + 4);
  return crc32c(CRC32C_START, zeroed) === new Fields(bytes, 'big').u32(CHECKSUM_AT);
}

/** What is worth knowing of a journal. */
export function journalFacts(journal: JournalSuperblock): Facts {
  const bytes = BigInt(journal.blocksCount) * BigInt(journal.blockBytes);
  const facts: Facts = [
    [
      'size',
      `${formatBytes(bytes)}, ${thousands(journal.blocksCount)} blocks of ${journal.blockBytes} bytes`,
    ],
    ['format', `version ${journal.version}`],
    ['next transaction', `${journal.sequence}`],
    [
      'log',
      journal.startBlock === 0
        ? 'empty'
        : `to be replayed from block ${journal.startBlock} of the journal on`,
    ],
    ['features', journal.features.join(' ') || 'none'],
  ];
  if (journal.fastCommitBlocks > 0) facts.push(['fast commit blocks', thousands(journal.fastCommitBlocks)]);
  if (journal.errorNumber !== 0) facts.push(['aborted, with error', `${journal.errorNumber}`]);
  if (journal.checksumRight !== null) facts.push(['checksum', journal.checksumRight ? 'right' : 'wrong']);
  return facts;
}

/** The journal of a file system: an inode of it (usually 8), or a device of its own; null where there is none. */
export async function readJournal(
  reader: ExtReader,
  inodes: InodeReader,
  mapper: Mapper,
): Promise<StructureDraft | null> {
  const { superblock, budget } = reader;
  if ((superblock.features.compat & COMPAT.hasJournal) === 0) return null;
  if (superblock.journalInode === 0) {
    const facts: Facts = [['on', `a device of its own, whose UUID is ${superblock.journalUuid}`]];
    return budget.make('journal', 'journal', 'journal on another device', [], facts);
  }
  const inode = await reader.attempt(() => inodes.get(superblock.journalInode));
  if (isTrouble(inode)) return reader.notUnderstood('journal', 'journal', inode.reason);
  const map = await mapper.map(inode);
  const extents = fileExtents(reader, map);
  const first = map.runs.find((run) => run.logicalBlock === 0);
  const found: JournalSuperblock | Trouble =
    first === undefined
      ? { reason: `inode ${inode.number}, which is to hold it, has no first block` }
      : await reader.attempt(async () =>
          parseJournalSuperblock(await reader.block(first.firstBlock, 'the journal superblock')),
        );
  const facts: Facts = [['inode', `${inode.number}`]];
  if (isTrouble(found)) facts.push(['not understood here, because', found.reason]);
  else facts.push(...journalFacts(found));
  facts.push(...inodeFacts(reader, inode, map).problems);
  const journal = budget.make('journal', 'journal', 'journal', extents, facts);
  if (first !== undefined && !isTrouble(found)) {
    const start = reader.offsetBytes(first.firstBlock);
    journal.children.push(
      budget.make('superblock', 'superblock', 'journal superblock', [
        { startBytes: start, endBytes: start + BigInt(JOURNAL_SUPERBLOCK_BYTES) },
      ]),
    );
  }
  journal.children.push(...mappingStructures(reader, map, 'the journal'));
  return journal;
}
