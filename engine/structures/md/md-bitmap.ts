import { formatBytes } from '#shared/bytes/size.ts';
import type { Extent, Structure } from '#shared/structures/structure.ts';
import { Fields } from '../fields.ts';
import { clipExtent, MAX_READ_BYTES, type Volume } from '../volume.ts';

/**
 * The write-intent bitmap that lies beside a superblock: bitmap_super_t in drivers/md/md-bitmap.h of Linux, then a bit for each
 * chunk of the array that may differ between members.
 */

const MAGIC = 0x6d74_6962;
const HEADER_BYTES = 256;

/** @param place where the superblock says that it is, at least its header. */
export async function readBitmap(volume: Volume, place: Extent): Promise<Structure> {
  const base = { key: 'bitmap', kind: 'arrayBitmap', name: 'write-intent bitmap', children: [] } as const;
  const header = { startBytes: place.startBytes, endBytes: place.startBytes + BigInt(HEADER_BYTES) };
  if (clipExtent(header, volume.sizeBytes)?.endBytes !== header.endBytes) {
    return {
      ...base,
      kind: 'notUnderstood',
      name: unreadable('it would not lie on the disk'),
      facts: [],
      extents: [],
    };
  }
  const fields = new Fields(await volume.read(header.startBytes, HEADER_BYTES));
  const chunkBytes = fields.u32(52);
  if (fields.u32(0) !== MAGIC || chunkBytes === 0) {
    return {
      ...base,
      kind: 'notUnderstood',
      name: unreadable('it has no header'),
      facts: [],
      extents: [header],
    };
  }
  const syncBytes = fields.u64(40) * 512n;
  const chunks = (syncBytes + BigInt(chunkBytes) - 1n) / BigInt(chunkBytes);
  const whole = { startBytes: header.startBytes, endBytes: header.endBytes + (chunks + 7n) / 8n };
  const extent = clipExtent(whole, volume.sizeBytes) ?? header;
  const facts: (readonly [string, string])[] = [
    ['Version', String(fields.u32(4))],
    ['Chunk', formatBytes(chunkBytes)],
    ['Chunks', String(chunks)],
    ['Events', String(fields.u64(24))],
    ['Events cleared', String(fields.u64(32))],
    ['State', fields.u32(48) === 0 ? 'OK' : `0x${fields.u32(48).toString(16)}`],
  ];
  const bitsBytes = extent.endBytes - header.endBytes;
  if (bitsBytes <= BigInt(MAX_READ_BYTES)) {
    const bits = await volume.read(header.endBytes, Number(bitsBytes));
    facts.push(['Dirty', `${onesIn(bits, chunks)} chunks`]);
  }
  return { ...base, facts, extents: [extent] };
}

function unreadable(why: string): string {
  return `write-intent bitmap: not understood here, because ${why}`;
}

/** Bits that are set among the first so many. */
function onesIn(bytes: Uint8Array, bits: bigint): number {
  let ones = 0;
  for (const [i, byte] of bytes.entries()) {
    const left = bits - BigInt(i) * 8n;
    let rest = left >= 8n ? byte : byte & ((1 << Number(left)) - 1);
    for (; rest !== 0; rest &= rest - 1) ones += 1;
  }
  return ones;
}
