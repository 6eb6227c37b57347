import { RAID_LEVELS } from '#shared/contract/arrays.ts';
import type { ArrayShape } from '#shared/raid/geometry.ts';
import { SliceVolume } from '../slice-volume.ts';
import { NotUnderstood } from '../structure-parser.ts';
import { type ArrayMap, LinearMap, StripedMap } from './array-map.ts';
import { type ArrayPart, ArrayVolume } from './array-volume.ts';
import type { MdMember, MdRole, MdSuperblock } from './md-member.ts';
import { arrayInWords, copyLayoutOf, parityLayoutOf } from './md-words.ts';
import { ZonedMap } from './zoned-map.ts';

/** What a volume turns out to be once all superblocks of its array are known. */
export type Standing =
  | { readonly kind: 'active'; readonly index: number }
  | { readonly kind: 'spare' | 'faulty' | 'journal' | 'outOfDate' | 'twice' };

/** An array put together from what there is of its members. */
export interface MdArray {
  /** The newest one that there is. */
  readonly superblock: MdSuperblock;
  /** By the members that were given. */
  readonly standings: readonly Standing[];
  /** Places in the array that nobody has. */
  readonly missing: readonly number[];
  /** What is striped, for levels that are; members have data from 0 on. */
  readonly shape: ArrayShape | null;
  readonly volume: ArrayVolume | null;
  /** Why there is no volume, as a {@link NotUnderstood} says it. */
  readonly problem: string | null;
}

/** Of each member of 1.x, what its array uses; more of them than md has are not believed. */
const MAX_DEVICES = 1920;
const MAX_CHUNK_BYTES = 1 << 30;

/** @param members of one array, at least one. */
export function assembleArray(members: readonly [MdMember, ...MdMember[]]): MdArray {
  const [first] = members;
  const { superblock } = members.reduce(
    (newest, member) => (member.superblock.events > newest.superblock.events ? member : newest),
    first,
  );
  const standings = standingsOf(superblock, members);
  const name = arrayInWords(superblock);
  const parts: (ArrayPart | null)[] = [];
  try {
    checkShape(superblock);
    for (let index = 0; index < superblock.raidDisks; index += 1) {
      const at = standings.findIndex((each) => each.kind === 'active' && each.index === index);
      const member = members[at];
      parts.push(member === undefined ? null : partOf(superblock, member, index));
    }
    const shape = shapeOf(superblock) ?? evenStripes(superblock, parts);
    const map = mapOf(superblock, shape, parts);
    const missing = parts.flatMap((part, index) => (part === null ? [index] : []));
    return {
      superblock,
      standings,
      missing,
      shape,
      volume: new ArrayVolume(name, map, parts),
      problem: null,
    };
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    return { superblock, standings, missing: [], shape: null, volume: null, problem: error.message };
  }
}

/** By the newest superblock; who missed more than the last update has been left behind (super_1_validate in md.c). */
function standingsOf(newest: MdSuperblock, members: readonly MdMember[]): readonly Standing[] {
  const taken = new Set<number>();
  return members.map(({ superblock }): Standing => {
    const role: MdRole = newest.roles[superblock.deviceNumber] ?? superblock.role;
    if (superblock.events + 1n < newest.events)
      return { kind: role.kind === 'faulty' ? 'faulty' : 'outOfDate' };
    if (role.kind !== 'active') return role;
    if (taken.has(role.index)) return { kind: 'twice' };
    taken.add(role.index);
    return role;
  });
}

function checkShape({ level, raidDisks, chunkBytes, isReshaping }: MdSuperblock): void {
  if (isReshaping) throw new NotUnderstood('the array is being given another shape');
  if (raidDisks < 1 || raidDisks > MAX_DEVICES) {
    throw new NotUnderstood(`the array is said to have ${raidDisks} members`);
  }
  const needed = level === 6 ? 4 : level === 4 || level === 5 ? 2 : 1;
  if (raidDisks < needed)
    throw new NotUnderstood(`the array is said to have ${raidDisks} members at level ${level}`);
  const hasChunks = level === 0 || level === 4 || level === 5 || level === 6 || level === 10;
  const isMultiple = chunkBytes > 0 && chunkBytes % 4096 === 0 && chunkBytes <= MAX_CHUNK_BYTES;
  if (hasChunks && !isMultiple)
    throw new NotUnderstood(`a chunk of the array is said to have ${chunkBytes} bytes`);
}

function partOf(array: MdSuperblock, { superblock, volume }: MdMember, index: number): ArrayPart {
  const { startBytes, endBytes } = superblock.data;
  const usedEnd = array.memberBytes === 0n || array.level < 1 ? endBytes : startBytes + array.memberBytes;
  const name = `member ${index} of ${arrayInWords(array)}`;
  const slice = new SliceVolume(volume, { startBytes, endBytes: usedEnd }, name);
  return { volume: slice, validBytes: superblock.rebuiltBytes ?? slice.sizeBytes };
}

/** Null for levels that do not say how much of each member they use. */
function shapeOf({ level, layout, chunkBytes, raidDisks, memberBytes }: MdSuperblock): ArrayShape | null {
  const known = RAID_LEVELS.find((each) => each === level);
  if (known === undefined || level === 0) return null;
  const copies = level === 10 ? copyLayoutOf(layout) : { layout: 'near' as const, copies: 2 };
  const parity = level === 5 || level === 6 ? parityLayoutOf(layout) : ('left-symmetric' as const);
  if (copies === null || parity === null) {
    throw new NotUnderstood(`layout 0x${layout.toString(16)} of level ${level} is not known`);
  }
  if (level === 10 && copies.copies > raidDisks) {
    throw new NotUnderstood(`${copies.copies} copies are said to be on ${raidDisks} members`);
  }
  return {
    level: known,
    chunkBytes,
    parityLayout: parity,
    copyLayout: copies.layout,
    copies: copies.copies,
    dataOffsetBytes: 0,
    memberCount: raidDisks,
    memberBytes,
  };
}

/** Level 0 over members that give as many chunks each; null for others. */
function evenStripes(
  { level, chunkBytes, raidDisks }: MdSuperblock,
  parts: readonly (ArrayPart | null)[],
): ArrayShape | null {
  if (level !== 0) return null;
  const chunks = parts.map((part) => (part === null ? null : part.volume.sizeBytes / BigInt(chunkBytes)));
  const [first = null] = chunks;
  if (first === null || chunks.some((each) => each !== first)) return null;
  return {
    level: 0,
    chunkBytes,
    parityLayout: 'left-symmetric',
    copyLayout: 'near',
    copies: 1,
    dataOffsetBytes: 0,
    memberCount: raidDisks,
    memberBytes: first * BigInt(chunkBytes),
  };
}

function mapOf(
  array: MdSuperblock,
  shape: ArrayShape | null,
  parts: readonly (ArrayPart | null)[],
): ArrayMap {
  if (shape !== null) return new StripedMap(shape, shape.memberBytes ?? 0n);
  const { level, chunkBytes } = array;
  if (level !== 0 && level !== -1) throw new NotUnderstood(`level ${level} is not known`);
  // Where the data of each member end is told by nobody but itself.
  const sizes = parts.map((part, index) => {
    if (part === null) throw new NotUnderstood(`member ${index} of the array is missing`);
    return part.volume.sizeBytes;
  });
  const chunk = BigInt(chunkBytes);
  if (level === -1) return new LinearMap(chunk === 0n ? sizes : sizes.map((size) => (size / chunk) * chunk));
  return new ZonedMap(
    sizes,
    chunk,
    array.version !== '0.90' && array.layout === 2 ? 'alternate' : 'original',
  );
}
