import type { Extent, Structure } from '#shared/structures/structure.ts';

/** What of [startBytes, endBytes) is in none of the partitions. */
export function unpartitioned(
  startBytes: bigint,
  endBytes: bigint,
  partitions: readonly Extent[],
): Structure | null {
  const gaps: Extent[] = [];
  let at = startBytes;
  for (const extent of ascending(partitions)) {
    if (extent.startBytes > at) gaps.push({ startBytes: at, endBytes: min(extent.startBytes, endBytes) });
    if (extent.endBytes > at) at = extent.endBytes;
    if (at >= endBytes) break;
  }
  if (at < endBytes) gaps.push({ startBytes: at, endBytes });
  const extents = gaps.filter((gap) => gap.startBytes < gap.endBytes);
  if (extents.length === 0) return null;
  return { key: 'free', kind: 'free', name: 'space in no partition', facts: [], extents, children: [] };
}

/** Of each partition that shares bytes with one before it on the disk: its place in the list. */
export function overlapping(partitions: readonly Extent[]): ReadonlySet<number> {
  const places = partitions.map((_, place) => place);
  places.sort((a, b) => compare(partitions[a]?.startBytes ?? 0n, partitions[b]?.startBytes ?? 0n));
  const found = new Set<number>();
  let furthest = -1n;
  for (const place of places) {
    const extent = partitions[place];
    if (extent === undefined) continue;
    if (extent.startBytes < furthest) found.add(place);
    if (extent.endBytes > furthest) furthest = extent.endBytes;
  }
  return found;
}

function ascending(extents: readonly Extent[]): Extent[] {
  return [...extents].sort((a, b) => compare(a.startBytes, b.startBytes));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
