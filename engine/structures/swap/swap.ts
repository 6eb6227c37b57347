import { formatBytes } from '#shared/bytes/size.ts';
import type { Extent, Structure } from '#shared/structures/structure.ts';
import { Fields } from '../fields.ts';
import { NotUnderstood, type Parsed, type StructureParser } from '../structure-parser.ts';
import { clipExtent, type Volume } from '../volume.ts';

/**
 * Linux swap areas: union swap_header in include/linux/swap.h, read_swap_header in mm/swapfile.c. The signature ends the
 * first page, whatever size the machine's pages have; numbers are in the byte order of the machine.
 */
export const swapParser: StructureParser = { name: 'swap', parse };

const PAGE_SIZES = [4096, 8192, 16_384, 32_768, 65_536];
const SIGNATURE_BYTES = 10;
const INFO_AT = 1024;
/** As many as fit in a page behind what stands before them. */
const BAD_PAGES_AT = 1536;
const NO_UUID = '00000000-0000-0000-0000-000000000000';

async function parse(volume: Volume): Promise<Parsed | null> {
  for (const pageBytes of PAGE_SIZES) {
    if (BigInt(pageBytes) > volume.sizeBytes) return null;
    const end = await volume.read(BigInt(pageBytes - SIGNATURE_BYTES), SIGNATURE_BYTES);
    const signature = Buffer.from(end).toString('latin1');
    const header: Extent = { startBytes: 0n, endBytes: BigInt(pageBytes) };
    if (signature === 'SWAP-SPACE') {
      throw new NotUnderstood('it is of the old form, which Linux no longer reads', [header]);
    }
    if (signature === 'SWAPSPACE2') return describe(volume, pageBytes, await volume.read(0n, pageBytes));
  }
  return null;
}

function describe(volume: Volume, pageBytes: number, page: Uint8Array): Parsed {
  const header: Extent = { startBytes: 0n, endBytes: BigInt(pageBytes) };
  const fields = [new Fields(page), new Fields(page, 'big')].find((each) => each.u32(INFO_AT) === 1);
  if (fields === undefined) {
    throw new NotUnderstood(`version ${new Fields(page).u32(INFO_AT)} is not known`, [header]);
  }
  const lastPage = fields.u32(INFO_AT + 4);
  const badCount = fields.u32(INFO_AT + 8);
  const area = { startBytes: BigInt(pageBytes), endBytes: (BigInt(lastPage) + 1n) * BigInt(pageBytes) };
  const pages = clipExtent(area, volume.sizeBytes);
  if (lastPage === 0 || pages === null) throw new NotUnderstood('it is said to be empty', [header]);
  const mostBad = (pageBytes - SIGNATURE_BYTES - BAD_PAGES_AT) / 4;
  if (badCount > mostBad) throw new NotUnderstood(`it is said to have ${badCount} bad pages`, [header]);
  const bad = Array.from({ length: badCount }, (_, i) => fields.u32(BAD_PAGES_AT + i * 4));
  const uuid = fields.uuid(INFO_AT + 12);
  const label = fields.text(INFO_AT + 28, 16);
  const facts: (readonly [string, string])[] = [
    ['Page size', formatBytes(pageBytes)],
    ['Pages', String(lastPage)],
    ['Size', formatBytes(area.endBytes - area.startBytes)],
  ];
  if (label !== '') facts.push(['Label', label]);
  if (uuid !== NO_UUID) facts.push(['UUID', uuid]);
  if (badCount > 0) facts.push(['Bad pages', String(badCount)]);
  if (area.endBytes > volume.sizeBytes) facts.push(['Problem', 'it reaches past the end of the disk']);
  return {
    structure: {
      key: 'swap',
      kind: 'swap',
      name: 'swap',
      facts,
      extents: [],
      children: [
        part('header', 'superblock', 'swap header', [header]),
        part('pages', 'swap', 'swapped pages', [pages]),
        ...(badCount === 0
          ? []
          : [part('bad', 'otherMetadata', 'bad pages of swap', placesOf(bad, pageBytes))]),
      ],
    },
    volumes: [],
  };
}

function part(key: string, kind: Structure['kind'], name: string, extents: readonly Extent[]): Structure {
  return { key, kind, name, facts: [], extents, children: [] };
}

function placesOf(pages: readonly number[], pageBytes: number): readonly Extent[] {
  return [...new Set(pages)]
    .sort((a, b) => a - b)
    .map((page) => ({
      startBytes: BigInt(page) * BigInt(pageBytes),
      endBytes: BigInt(page + 1) * BigInt(pageBytes),
    }));
}
