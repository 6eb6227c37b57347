import { parseSize } from '#shared/bytes/size.ts';
import type { ArrayLayout, RaidLevel } from '#shared/contract/arrays.ts';
import { LEAST_DISKS } from './set-commands.ts';

/** An array as it stands in its form. */
export interface ArrayDraft {
  readonly name: string;
  readonly level: RaidLevel;
  readonly chunkBytes: number;
  readonly parityLayout: ArrayLayout['parityLayout'];
  readonly copyLayout: ArrayLayout['copyLayout'];
  readonly copies: number;
  /** Text as typed: a size, or 0. */
  readonly dataOffset: string;
  /** Disk numbers in the order of their roles; null for a member that is missing. */
  readonly members: readonly (number | null)[];
  readonly spares: readonly number[];
}

export type ArrayField = 'name' | 'dataOffset' | 'members';
export type ArrayErrors = Readonly<Partial<Record<ArrayField, string>>>;

const KIB = 1024;
const MOST_MEMBERS = 64;

/** Chunk sizes that the form offers: the original's is 64 KiB, md's own choice 512 KiB. */
export const CHUNK_CHOICES: readonly number[] = [4, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096].map(
  (kib) => kib * KIB,
);

/** What each level is, in a few words. */
export const LEVEL_WORDS: Readonly<Record<RaidLevel, string>> = {
  0: 'RAID 0: striped, nothing twice',
  1: 'RAID 1: mirrored',
  4: 'RAID 4: striped, one disk of parity',
  5: 'RAID 5: striped, parity goes round',
  6: 'RAID 6: striped, two parities go round',
  10: 'RAID 10: striped copies',
};

export const hasChunks = (level: RaidLevel): boolean => level !== 1;
export const hasParityLayout = (level: RaidLevel): boolean => level === 5 || level === 6;
export const hasCopies = (level: RaidLevel): boolean => level === 10;

/** An array of these disks as one would most likely have built it: the original's RAID 5 with its last disk as a spare. */
export function draftFor(disks: readonly number[], number: number): ArrayDraft {
  const members = disks.slice(0, MOST_MEMBERS);
  const spare = members.length > 4 ? members.at(-1) : undefined;
  return {
    name: `md${number}`,
    level: members.length >= 3 ? 5 : 1,
    chunkBytes: 64 * KIB,
    parityLayout: 'left-symmetric',
    copyLayout: 'near',
    copies: 2,
    dataOffset: '0',
    members: spare === undefined ? members : members.slice(0, -1),
    spares: spare === undefined ? [] : [spare],
  };
}

export function draftOfArray(array: ArrayLayout): ArrayDraft {
  const { dataOffsetBytes, ...rest } = array;
  const kib = dataOffsetBytes % KIB === 0 && dataOffsetBytes > 0;
  return { ...rest, dataOffset: kib ? `${dataOffsetBytes / KIB}K` : String(dataOffsetBytes) };
}

/** The draft with a disk in a role; a disk has one role at a time, so it leaves the one it had. */
export function withMember(draft: ArrayDraft, role: number, disk: number | null): ArrayDraft {
  return {
    ...draft,
    members: draft.members.map((member, i) => {
      if (i === role) return disk;
      return disk !== null && member === disk ? (draft.members[role] ?? null) : member;
    }),
    spares: draft.spares.filter((spare) => spare !== disk),
  };
}

/** The draft with so many members: new ones are taken from disks that have no part in it. */
export function withMemberCount(draft: ArrayDraft, count: number, disks: readonly number[]): ArrayDraft {
  const wanted = Math.max(2, Math.min(MOST_MEMBERS, count));
  const free = disks.filter((disk) => !draft.members.includes(disk) && !draft.spares.includes(disk));
  const members = Array.from({ length: wanted }, (_, i) =>
    i < draft.members.length ? (draft.members[i] ?? null) : (free.shift() ?? null),
  );
  return { ...draft, members };
}

/** The draft with a disk as a spare, or not. */
export function withSpare(draft: ArrayDraft, disk: number, spare: boolean): ArrayDraft {
  return {
    ...draft,
    spares: spare ? [...draft.spares, disk] : draft.spares.filter((one) => one !== disk),
    members: spare ? draft.members.map((member) => (member === disk ? null : member)) : draft.members,
  };
}

/**
 * Reads the form.
 * @param taken disks that other arrays have already.
 */
export function readArray(
  draft: ArrayDraft,
  taken: ReadonlySet<number>,
): { readonly array: ArrayLayout } | { readonly errors: ArrayErrors } {
  const errors: Partial<Record<ArrayField, string>> = {};
  const name = draft.name.trim();
  if (name === '') errors.name = 'an array has a name, as in md0';
  const offset = readDataOffset(draft.dataOffset.trim());
  if ('error' in offset) errors.dataOffset = offset.error;
  const present = draft.members.filter((member) => member !== null);
  const least = LEAST_DISKS[draft.level];
  if (draft.members.length < least) {
    errors.members = `RAID ${draft.level} has at least ${least} members`;
  } else if (present.length === 0) errors.members = 'at least one member is a disk of this window';
  else if ([...present, ...draft.spares].some((disk) => taken.has(disk))) {
    errors.members = 'a disk can be part of one array only';
  }
  if (hasCopies(draft.level) && draft.copies > draft.members.length) {
    errors.members = `${draft.copies} copies want at least ${draft.copies} members`;
  }
  if (Object.keys(errors).length > 0 || 'error' in offset) return { errors };
  const { dataOffset: _, ...rest } = draft;
  const members = [...draft.members];
  const array = { ...rest, name, members, spares: [...draft.spares], dataOffsetBytes: offset.bytes };
  return { array };
}

function readDataOffset(text: string): { readonly bytes: number } | { readonly error: string } {
  if (/^0+[a-z]?$/i.test(text) || text === '') return { bytes: 0 };
  const parsed = parseSize(text);
  if ('error' in parsed)
    return { error: `"${text}": not a size; use 0, 1M or as mdadm --examine says, 2048s` };
  if (parsed.bytes > BigInt(Number.MAX_SAFE_INTEGER)) return { error: 'further than any disk reaches' };
  return { bytes: Number(parsed.bytes) };
}
