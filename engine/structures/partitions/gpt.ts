import { formatBytes } from '#shared/bytes/size.ts';
import type { Extent, Structure } from '#shared/structures/structure.ts';
import { Fields } from '../fields.ts';
import { SliceVolume } from '../slice-volume.ts';
import {
  type InnerVolume,
  NotUnderstood,
  type Parsed,
  type ParseLimits,
  type StructureParser,
} from '../structure-parser.ts';
import type { Volume } from '../volume.ts';
import {
  type CopyRead,
  entriesExtent,
  type GptCopy,
  type GptEntry,
  type GptHeader,
  hasGptSignature,
  readGptCopy,
} from './gpt-copy.ts';
import { gptTypeName } from './gpt-types.ts';
import { overlapping, unpartitioned } from './partition-space.ts';

/** Sectors that disks have; which it is a GPT does not say, but its header is at the second. */
const SECTOR_SIZES = [512, 4096, 1024, 2048];

/**
 * The GUID partition table: UEFI specification 2.10, chapter 5. The primary copy is believed when its checksums hold,
 * else the backup.
 */
export const gptParser: StructureParser = { name: 'GPT', parse };

/** Whether anything on the volume claims to be a GPT, damaged or not. */
export async function claimsGpt(volume: Volume): Promise<boolean> {
  return (await sectorsOf(volume)) !== null;
}

async function parse(volume: Volume, limits: ParseLimits): Promise<Parsed | null> {
  const sectorBytes = await sectorsOf(volume);
  if (sectorBytes === null) return null;
  const lastLba = volume.sizeBytes / BigInt(sectorBytes) - 1n;
  const primary = await readGptCopy(volume, sectorBytes, 1n, limits);
  // The primary knows where the backup is, which on a disk that has grown is not its end.
  const backupLba = copyOf(primary)?.header.alternateLba ?? lastLba;
  const backup = await readGptCopy(volume, sectorBytes, backupLba, limits);
  const used = copyOf(primary) ?? copyOf(backup);
  if (used === null) {
    throw new NotUnderstood(`${damageOf(primary, 'table')}, ${damageOf(backup, 'backup')}`, [
      { startBytes: BigInt(sectorBytes), endBytes: BigInt(sectorBytes) * 2n },
    ]);
  }
  return describe(volume, sectorBytes, used, {
    copies: copiesInWords(primary, backup, backupLba, lastLba),
    first: tableParts(primary, 1n, sectorBytes),
    last: [...tableParts(backup, backupLba, sectorBytes)].reverse(),
  });
}

/** The size of sectors for which there is a header at either end; null for none. */
async function sectorsOf(volume: Volume): Promise<number | null> {
  const sizes = [...new Set([volume.sectorBytes, ...SECTOR_SIZES])];
  const startOf = async (lba: bigint, size: number): Promise<Uint8Array | null> => {
    if (lba < 1n || (lba + 1n) * BigInt(size) > volume.sizeBytes) return null;
    const start = await volume.read(lba * BigInt(size), 32);
    return hasGptSignature(start) ? start : null;
  };
  for (const size of sizes) if ((await startOf(1n, size)) !== null) return size;
  for (const size of sizes) {
    const lba = volume.sizeBytes / BigInt(size) - 1n;
    const start = await startOf(lba, size);
    // The backup of what lies inside the last partition may end where the disk does; it counts from elsewhere.
    if (start !== null && new Fields(start).u64(24) === lba) return size;
  }
  return null;
}

function copyOf(read: CopyRead): GptCopy | null {
  return read !== null && 'copy' in read ? read.copy : null;
}

function damageOf(read: CopyRead, name: string): string {
  if (read === null) return `there is no ${name}`;
  return 'damage' in read ? `the ${name} is damaged: ${read.damage}` : `the ${name} is good`;
}

function copiesInWords(primary: CopyRead, backup: CopyRead, backupLba: bigint, lastLba: bigint): string {
  const first = copyOf(primary);
  const second = copyOf(backup);
  if (first === null) return `the backup is used: ${damageOf(primary, 'table')}`;
  if (second === null) return damageOf(backup, 'backup');
  const differ = differences(first.header, second.header);
  const where = backupLba === lastLba ? '' : `; the backup is at sector ${backupLba}, not at the disk’s end`;
  return differ.length === 0
    ? `both are good and equal${where}`
    : `both are good, but differ in ${differ.join(', ')}${where}`;
}

/** In what the copies differ that are to be the same; the checksum stands for all entries. */
function differences(a: GptHeader, b: GptHeader): string[] {
  const differ: string[] = [];
  if (a.entriesCrc !== b.entriesCrc) differ.push('their entries');
  if (a.diskGuid !== b.diskGuid) differ.push('the disk’s GUID');
  if (a.entryCount !== b.entryCount || a.entryBytes !== b.entryBytes)
    differ.push('how many entries there are');
  if (a.firstUsableLba !== b.firstUsableLba || a.lastUsableLba !== b.lastUsableLba) {
    differ.push('what is usable');
  }
  if (b.alternateLba !== a.lba) differ.push('where the first one is');
  return differ;
}

/** What there is besides the partitions, by its place on the disk. */
interface Ends {
  readonly copies: string;
  readonly first: readonly Structure[];
  readonly last: readonly Structure[];
}

function describe(volume: Volume, sectorBytes: number, copy: GptCopy, ends: Ends): Parsed {
  const { header, entries } = copy;
  const sector = BigInt(sectorBytes);
  const sectors = (first: bigint, last: bigint): Extent => ({
    startBytes: first * sector,
    endBytes: (last + 1n) * sector,
  });
  const places = entries.map((entry) => sectors(entry.firstLba, entry.lastLba));
  const overlaps = overlapping(places);
  const isPossible = (entry: GptEntry): boolean =>
    entry.firstLba <= entry.lastLba && entry.lastLba * sector < volume.sizeBytes;
  const partitions: Structure[] = [];
  const volumes: InnerVolume[] = [];
  for (const [i, entry] of entries.entries()) {
    const extent = sectors(entry.firstLba, entry.lastLba);
    partitions.push(partitionOf(entry, extent, isPossible(entry), overlaps.has(i)));
    if (!isPossible(entry)) continue;
    const name = `partition ${entry.number} of ${volume.name}`;
    volumes.push({
      path: `p${entry.number}`,
      volume: new SliceVolume(volume, extent, name, sectorBytes),
    });
  }
  const free = unpartitioned(
    header.firstUsableLba * sector,
    (header.lastUsableLba + 1n) * sector,
    places.filter((extent) => extent.startBytes < extent.endBytes),
  );
  return {
    structure: {
      key: 'gpt',
      kind: 'partitionTable',
      name: 'GUID partition table',
      facts: [
        ['Disk GUID', header.diskGuid],
        ['Sector size', `${sectorBytes} bytes`],
        ['Usable sectors', `${header.firstUsableLba} to ${header.lastUsableLba}`],
        [
          'Entries',
          `${header.entryCount} of ${header.entryBytes} bytes, ${entries.length + copy.leftOut} in use`,
        ],
        ['Copies', ends.copies],
      ],
      extents: [],
      children: [
        metadata('protectiveMbr', 'protective MBR', { startBytes: 0n, endBytes: 512n }),
        ...ends.first,
        ...partitions,
        ...(free === null ? [] : [free]),
        ...ends.last,
      ],
      ...(copy.leftOut > 0 ? { childrenLeftOut: copy.leftOut } : {}),
    },
    volumes,
  };
}

/** The header and the entries of a copy, or that it is damaged; nothing where there is none. */
function tableParts(read: CopyRead, lba: bigint, sectorBytes: number): readonly Structure[] {
  if (read === null) return [];
  const words = lba === 1n ? 'GPT' : 'backup GPT';
  const key = lba === 1n ? 'primary' : 'backup';
  const startBytes = lba * BigInt(sectorBytes);
  const header = metadata(`${key}Header`, `${words} header`, {
    startBytes,
    endBytes: startBytes + BigInt(sectorBytes),
  });
  if ('damage' in read) {
    const name = `${words} header: not understood here, because ${read.damage}`;
    return [{ ...header, kind: 'notUnderstood', name }];
  }
  return [
    header,
    metadata(`${key}Entries`, `${words} entries`, entriesExtent(read.copy.header, sectorBytes)),
  ];
}

function metadata(key: string, name: string, extent: Extent): Structure {
  return { key, kind: 'partitionTable', name, facts: [], extents: [extent], children: [] };
}

const ATTRIBUTES: readonly (readonly [bit: bigint, name: string])[] = [
  [0n, 'required'],
  [1n, 'no block IO'],
  [2n, 'legacy BIOS bootable'],
  [60n, 'read-only'],
  [62n, 'hidden'],
  [63n, 'not mounted by itself'],
];

function partitionOf(entry: GptEntry, extent: Extent, isPossible: boolean, overlaps: boolean): Structure {
  const attributes = ATTRIBUTES.filter(([bit]) => ((entry.attributes >> bit) & 1n) === 1n);
  const facts: (readonly [string, string])[] = [
    ['Type', `${gptTypeName(entry.typeGuid)} (${entry.typeGuid})`],
    ['GUID', entry.guid],
    ['Sectors', `${entry.firstLba} to ${entry.lastLba}`],
  ];
  if (entry.label !== '') facts.unshift(['Name', entry.label]);
  if (attributes.length > 0) facts.push(['Attributes', attributes.map(([, name]) => name).join(', ')]);
  if (overlaps) facts.push(['Problem', 'it overlaps another partition']);
  const key = `p${entry.number}`;
  if (!isPossible) {
    const name = `partition ${entry.number}: not understood here, because it would not lie on the disk`;
    return { key, kind: 'notUnderstood', name, facts, extents: [], children: [] };
  }
  facts.push(['Size', formatBytes(extent.endBytes - extent.startBytes)]);
  const name = `partition ${entry.number}`;
  return { key, kind: 'partition', name, facts, extents: [extent], children: [] };
}
