import type { Extent, Structure } from '#shared/structures/structure.ts';
import { walk } from './parse-image.ts';

/** Draws whole numbers from 0 to below its argument. */
export type Random = (below: number) => number;

/** Numbers that have broken parsers before. */
const NUMBERS = [0, 1, 2, 3, 7, 8, 0x7f, 0x80, 0xff, 0xffff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff];
/** Bytes of a piece that is copied over another. */
const MOST_PIECE_BYTES = 512;
const MOST_MUTATIONS = 8;

/** Where an image says what lies where: all that is neither free nor the bytes of a file. */
export function metadataOf(root: Structure): Extent[] {
  const found: Extent[] = [];
  for (const { kind, extents } of walk(root)) {
    if (['disk', 'fileSystem', 'group', 'free', 'file'].includes(kind)) continue;
    if (kind !== 'journal') found.push(...extents);
    // Of a journal, its first block is told; the log is not read.
    else if (extents[0] !== undefined) {
      found.push({ ...extents[0], endBytes: extents[0].startBytes + 1024n });
    }
  }
  return found;
}

/** Bytes that lie over those of an image. */
export type Patch = readonly [offsetBytes: bigint, bytes: Uint8Array];

/** Damage to metadata, from one number to whole pieces that are put in other places. The image stays as it is. */
export function mutations(image: Uint8Array, metadata: readonly Extent[], random: Random): Patch[] {
  const place = (): number => {
    const extent = metadata[random(metadata.length)];
    if (extent === undefined) return 0;
    const length = Number(extent.endBytes - extent.startBytes);
    // What is read first of a structure is at its start.
    const within = random(2) === 0 ? Math.min(length, 256) : length;
    return Number(extent.startBytes) + random(within);
  };
  const damage = (): Uint8Array => {
    const number = NUMBERS[random(NUMBERS.length)] ?? 0;
    switch (random(6)) {
      case 0:
        return Uint8Array.of(random(256));
      case 1:
        return littleEndian(number & 0xffff, 2);
      case 2:
        return littleEndian(number, 4);
      case 3:
        // A block number, or an inode's, that is one.
        return littleEndian(random(image.length >>> 10), 4);
      case 4: {
        const from = place();
        return image.slice(from, from + 1 + random(MOST_PIECE_BYTES));
      }
      default:
        return new Uint8Array(1 + random(64)).fill(random(2) === 0 ? 0 : 0xff);
    }
  };
  return Array.from({ length: 1 + random(MOST_MUTATIONS) }, () => {
    const bytes = damage();
    // Fields lie at multiples of their size.
    const at = bytes.length === 2 || bytes.length === 4 ? place() & -bytes.length : place();
    return [BigInt(Math.min(at, image.length - bytes.length)), bytes];
  });
}

function littleEndian(number: number, lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, index) => (number >>> (8 * index)) & 0xff);
}
