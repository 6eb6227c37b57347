import type { Extent } from '#shared/structures/structure.ts';
import type { ParseLimits } from '../structure-parser.ts';
import { MAX_READ_BYTES, type Volume } from '../volume.ts';
import type { FatLayout } from './fat.ts';

/** A longer table is left alone: to know what is free would take reading all of it again each time it is written to. */
const MAX_TABLE_BYTES = 4 << 20;
/** Past so many ranges, free space is counted but not placed. */
const MAX_RANGES = 65_536;
const FIRST_CLUSTER = 2;
/** Whole entries of each size: 12 bits come in pairs of three bytes. */
const PIECE_BYTES = 3 << 16;

export interface FreeClusters {
  readonly count: number;
  /** Ascending; the first {@link MAX_RANGES} of them. */
  readonly extents: readonly Extent[];
}

/** Clusters whose entry in the first table is 0; null when the table is too long to read. */
export async function freeClusters(
  volume: Volume,
  layout: FatLayout,
  limits: ParseLimits,
): Promise<FreeClusters | null> {
  const [table] = layout.fats;
  const entries = layout.clusters + FIRST_CLUSTER;
  const usedBytes = Math.ceil((entries * layout.bits) / 8);
  if (table === undefined || usedBytes > MAX_TABLE_BYTES) return null;
  const extents: Extent[] = [];
  let count = 0;
  /** The first cluster of the range of free ones that the loop is in. */
  let freeFrom: number | null = null;
  const close = (cluster: number): void => {
    if (freeFrom !== null && extents.length < MAX_RANGES) extents.push(extentOf(layout, freeFrom, cluster));
    freeFrom = null;
  };
  for (let at = 0; at < usedBytes; at += PIECE_BYTES) {
    await limits.breathe();
    const length = Math.min(PIECE_BYTES, usedBytes - at, MAX_READ_BYTES);
    const piece = await volume.read(table.startBytes + BigInt(at), length);
    const first = (at * 8) / layout.bits;
    const end = Math.min(entries, first + Math.floor((length * 8) / layout.bits));
    for (let cluster = Math.max(first, FIRST_CLUSTER); cluster < end; cluster += 1) {
      if (entryAt(piece, cluster - first, layout.bits) !== 0) {
        close(cluster);
        continue;
      }
      count += 1;
      freeFrom ??= cluster;
    }
  }
  close(entries);
  return { count, extents };
}

function extentOf(layout: FatLayout, firstCluster: number, endCluster: number): Extent {
  const placeOf = (cluster: number): bigint =>
    layout.dataStartBytes + BigInt(cluster - FIRST_CLUSTER) * BigInt(layout.clusterBytes);
  return { startBytes: placeOf(firstCluster), endBytes: placeOf(endCluster) };
}

function entryAt(piece: Uint8Array, index: number, bits: FatLayout['bits']): number {
  const byte = (at: number): number => piece[at] ?? 0;
  if (bits === 16) return byte(index * 2) | (byte(index * 2 + 1) << 8);
  if (bits === 32) {
    const at = index * 4;
    // The upper four bits are not the entry's.
    return byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | ((byte(at + 3) & 0x0f) << 24);
  }
  const at = index + (index >> 1);
  const pair = byte(at) | (byte(at + 1) << 8);
  return index % 2 === 0 ? pair & 0xfff : pair >> 4;
}
