import type { ArrayMap, MemberRange, Run } from './array-map.ts';

/** Members that are striped over with a same height, as others have come to their end. */
interface Zone {
  readonly startBytes: bigint;
  readonly endBytes: bigint;
  readonly members: readonly number[];
  /** Where it begins on each of them. */
  readonly memberBytes: bigint;
}

/**
 * Level 0 with members of any sizes (create_strip_zones, find_zone and map_sector in drivers/md/raid0.c): striped over all until the smallest
 * is full, then over the others. Past the first zone, the order of members is one of two, by the kernel that wrote.
 */
export class ZonedMap implements ArrayMap {
  readonly sizeBytes: bigint;
  readonly runBytes: bigint;
  readonly #zones: readonly Zone[];
  readonly #countsFromZone: boolean;

  /**
   * @param sizes of the members' data, bytes.
   * @param layout `original` counts chunks from the array's beginning when it looks for the member, `alternate` from the zone's.
   */
  constructor(sizes: readonly bigint[], chunkBytes: bigint, layout: 'original' | 'alternate') {
    const whole = sizes.map((size) => (size / chunkBytes) * chunkBytes);
    const heights = [...new Set(whole)].filter((size) => size > 0n).sort((a, b) => (a < b ? -1 : 1));
    const zones: Zone[] = [];
    let startBytes = 0n;
    let memberBytes = 0n;
    for (const height of heights) {
      const members = whole.flatMap((size, member) => (size >= height ? [member] : []));
      const endBytes = startBytes + (height - memberBytes) * BigInt(members.length);
      zones.push({ startBytes, endBytes, members, memberBytes });
      startBytes = endBytes;
      memberBytes = height;
    }
    this.#zones = zones;
    this.sizeBytes = startBytes;
    this.runBytes = chunkBytes;
    this.#countsFromZone = layout === 'alternate';
  }

  runAt(byte: bigint): Run {
    const zone = this.#zones.find((each) => byte < each.endBytes);
    if (zone === undefined) return { startBytes: byte, endBytes: this.sizeBytes, copies: [] };
    const chunk = (byte - zone.startBytes) / this.runBytes;
    const width = BigInt(zone.members.length);
    const counted = this.#countsFromZone ? chunk : byte / this.runBytes;
    const startBytes = zone.startBytes + chunk * this.runBytes;
    const member = zone.members[Number(counted % width)] ?? 0;
    return {
      startBytes,
      endBytes: startBytes + this.runBytes,
      copies: [{ member, byte: zone.memberBytes + (chunk / width) * this.runBytes }],
    };
  }

  rangesOf(startBytes: bigint, endBytes: bigint): readonly MemberRange[] {
    return this.#zones.flatMap((zone) => {
      const first = (startBytes > zone.startBytes ? startBytes : zone.startBytes) - zone.startBytes;
      const last = (endBytes < zone.endBytes ? endBytes : zone.endBytes) - zone.startBytes - 1n;
      if (first > last) return [];
      const rowBytes = this.runBytes * BigInt(zone.members.length);
      return zone.members.map((member) => ({
        member,
        startBytes: zone.memberBytes + (first / rowBytes) * this.runBytes,
        endBytes: zone.memberBytes + (last / rowBytes + 1n) * this.runBytes,
      }));
    });
  }

  rowAt(): null {
    return null;
  }
}
