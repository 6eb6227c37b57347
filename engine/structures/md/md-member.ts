import type { Extent } from '#shared/structures/structure.ts';
import type { Volume } from '../volume.ts';

/** What a device is to its array. */
export type MdRole =
  | { readonly kind: 'active'; readonly index: number }
  | { readonly kind: 'spare' }
  | { readonly kind: 'faulty' }
  | { readonly kind: 'journal' };

export type MdVersion = '0.90' | '1.0' | '1.1' | '1.2';

/** What an md superblock tells of its array and of the device that it is on. Offsets and sizes are bytes. */
export interface MdSuperblock {
  readonly version: MdVersion;
  readonly extent: Extent;
  /** The array's, as mdadm writes it: four groups of eight digits. */
  readonly uuid: string;
  /** `host:0` at 1.x; empty at 0.90. */
  readonly name: string;
  /** Seconds since the epoch. */
  readonly created: bigint;
  readonly updated: bigint;
  /** md's number: -1 linear, 0, 1, 4, 5, 6, 10. */
  readonly level: number;
  /** As md encodes it, by level. */
  readonly layout: number;
  readonly chunkBytes: number;
  readonly raidDisks: number;
  readonly events: bigint;
  readonly isClean: boolean;
  /** What of each member the array uses, from level 1 on; below, where it is 0, each member gives what it has. */
  readonly memberBytes: bigint;
  /** This device's data. */
  readonly data: Extent;
  readonly deviceUuid: string | null;
  readonly deviceNumber: number;
  readonly role: MdRole;
  /** Roles of all devices by their number, as this superblock knows them. */
  readonly roles: readonly MdRole[];
  /** What is already right of a device that is being rebuilt; null for all of it. */
  readonly rebuiltBytes: bigint | null;
  /** The array is being given another shape: what lies where is not told by this alone. */
  readonly isReshaping: boolean;
  readonly bitmap: Extent | null;
  readonly badBlocks: Extent | null;
  /** Partial parity log. */
  readonly partialParity: Extent | null;
  readonly hasJournal: boolean;
}

/** A volume with an md superblock. */
export interface MdMember {
  readonly superblock: MdSuperblock;
  readonly volume: Volume;
}
