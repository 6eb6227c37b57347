import { formatBytes } from '#shared/bytes/size.ts';
import type { Structure } from '#shared/structures/structure.ts';
import { gptParser } from '../partitions/gpt.ts';
import { mbrParser } from '../partitions/mbr.ts';
import type { Parsed, ParseLimits, StructureParser } from '../structure-parser.ts';
import type { Volume } from '../volume.ts';
import { readBitmap } from './md-bitmap.ts';
import type { MdSuperblock } from './md-member.ts';
import { readSuperblock0 } from './md-superblock-0.ts';
import { readSuperblock1 } from './md-superblock-1.ts';
import { arrayInWords, layoutInWords, levelInWords, roleInWords, timeInWords } from './md-words.ts';

/**
 * Members of Linux md arrays, by their superblocks (md-superblock-0.ts, md-superblock-1.ts). What is in the array is found once
 * all members are known (md-array.ts).
 */
export const mdParser: StructureParser = { name: 'md', parse };

async function parse(volume: Volume, limits: ParseLimits): Promise<Parsed | null> {
  const superblock = await readSuperblock1(volume);
  if (superblock !== null) return describe(volume, superblock);
  const older = await readSuperblock0(volume);
  if (older === null || (await isInPartition(volume, older, limits))) return null;
  return describe(volume, older);
}

/** A 0.90 superblock at the end of the last partition may be where the disk's own would be, and does not say which it is. */
async function isInPartition(
  volume: Volume,
  { extent }: MdSuperblock,
  limits: ParseLimits,
): Promise<boolean> {
  for (const parser of [gptParser, mbrParser]) {
    const table = await parser.parse(volume, limits);
    const covers = table?.structure.children.some(
      (child) =>
        child.kind === 'partition' &&
        child.extents.some(
          (place) => place.startBytes <= extent.startBytes && place.endBytes >= extent.endBytes,
        ),
    );
    if (covers) return true;
  }
  return false;
}

async function describe(volume: Volume, superblock: MdSuperblock): Promise<Parsed> {
  const parts: Structure[] = [
    {
      key: 'superblock',
      kind: 'arraySuperblock',
      name: `md superblock ${superblock.version}`,
      facts: factsOf(superblock),
      extents: [superblock.extent],
      children: [],
    },
  ];
  if (superblock.bitmap !== null) parts.push(await readBitmap(volume, superblock.bitmap));
  const { badBlocks, partialParity } = superblock;
  for (const [key, name, extent] of [
    ['badBlocks', 'bad block log', badBlocks],
    ['ppl', 'partial parity log', partialParity],
  ] as const) {
    if (extent === null) continue;
    parts.push({ key, kind: 'otherMetadata', name, facts: [], extents: [extent], children: [] });
  }
  return {
    structure: {
      key: 'md',
      kind: 'arrayMember',
      name: `member of ${arrayInWords(superblock)}`,
      facts: [
        ['Array', superblock.uuid],
        ['Role', roleInWords(superblock.role)],
      ],
      extents: [],
      children: parts,
    },
    volumes: [],
    arrayMember: { superblock, volume },
  };
}

function factsOf(superblock: MdSuperblock): readonly (readonly [string, string])[] {
  const layout = layoutInWords(superblock);
  const facts: (readonly [string, string] | null)[] = [
    ['Version', superblock.version],
    ['Array UUID', superblock.uuid],
    superblock.name === '' ? null : ['Name', superblock.name],
    superblock.deviceUuid === null ? null : ['Device UUID', superblock.deviceUuid],
    ['Created', timeInWords(superblock.created)],
    ['Updated', timeInWords(superblock.updated)],
    ['Level', levelInWords(superblock.level)],
    layout === null ? null : ['Layout', layout],
    superblock.chunkBytes === 0 ? null : ['Chunk', formatBytes(superblock.chunkBytes)],
    ['Devices', String(superblock.raidDisks)],
    ['Device', String(superblock.deviceNumber)],
    ['Role', roleInWords(superblock.role)],
    ['Events', String(superblock.events)],
    ['State', superblock.isClean ? 'clean' : 'active'],
    [
      'Data',
      `${superblock.data.endBytes - superblock.data.startBytes} bytes at ${superblock.data.startBytes}`,
    ],
    superblock.memberBytes === 0n ? null : ['Used of each', `${superblock.memberBytes} bytes`],
    superblock.rebuiltBytes === null ? null : ['Rebuilt', `${superblock.rebuiltBytes} bytes`],
    superblock.isReshaping ? ['Shape', 'is being changed'] : null,
    superblock.hasJournal ? ['Write journal', 'yes'] : null,
    ['Checksum', 'correct'],
  ];
  return facts.filter((each) => each !== null);
}
