/**
 * Where Linux md puts data, parity and copies on the members of an array: from a byte of a member to its stripe and role,
 * and from a stripe to what each member holds of it. Source: md(4), and the layouts as drivers/md/raid5.c and
 * raid10.c of the Linux kernel compute them. Nothing is read from disks.
 */
import type { ArrayLayout } from '../contract/arrays.ts';

/** An array as a person describes it, and how much of each member it uses. */
export type ArrayShape = Pick<
  ArrayLayout,
  'level' | 'chunkBytes' | 'parityLayout' | 'copyLayout' | 'copies' | 'dataOffsetBytes'
> & {
  /** How many members it has, missing ones too. */
  readonly memberCount: number;
  /** Bytes of each member from the data's beginning on; null where unknown. Only `far` copies depend on it. */
  readonly memberBytes: bigint | null;
};

/** What a member holds in a stripe: the n-th data chunk of it or a copy of that (`copy` 0 is the first), or parity. */
export type MemberRole =
  | { readonly kind: 'data'; readonly index: number; readonly copy: number }
  | { readonly kind: 'parity' }
  | { readonly kind: 'q' };

/** A byte of a member, seen from the array. */
export interface ArrayPlace {
  readonly stripe: bigint;
  readonly role: MemberRole;
  /** The byte of the array; null where it is parity. */
  readonly arrayByte: bigint | null;
}

/** Bytes [firstByte, endByte) of a member, and what they are to a stripe. */
export interface StripePart {
  /** Place among the array's members, from 0. */
  readonly member: number;
  readonly firstByte: bigint;
  readonly endByte: bigint;
  readonly role: MemberRole;
}

/** At level 1, which has no chunks, a stripe is a block. */
const MIRROR_CHUNK_BYTES = 4096;

/** Bytes of a chunk: of what a member holds without a break. */
export function chunkOf(array: ArrayShape): bigint {
  return BigInt(array.level === 1 ? MIRROR_CHUNK_BYTES : array.chunkBytes);
}

/** Data chunks in a stripe; at level 10 with near copies a stripe may end with part of one. */
export function dataChunksOf(array: ArrayShape): number {
  const { level, memberCount } = array;
  if (level === 1) return 1;
  if (level === 4 || level === 5) return memberCount - 1;
  return level === 6 ? memberCount - 2 : memberCount;
}

/** Where the parity of a stripe is, and which data chunk stands first beside it. */
interface ParityPlace {
  readonly p: number;
  /** -1 below level 6. */
  readonly q: number;
  /** Data goes on from the member after the parity, around the end; else from the first member on, parity left out. */
  readonly rotates: boolean;
}

function parityOf(array: ArrayShape, stripe: bigint): ParityPlace {
  const n = array.memberCount;
  const turn = Number(stripe % BigInt(n));
  const last = n - 1;
  const isSix = array.level === 6;
  const at = (p: number, rotates: boolean): ParityPlace => ({ p, q: isSix ? (p + 1) % n : -1, rotates });
  if (array.level === 4) return at(last, false);
  switch (array.parityLayout) {
    case 'left-asymmetric':
      return at(last - turn, false);
    case 'right-asymmetric':
      return at(turn, false);
    case 'left-symmetric':
      return at(last - turn, true);
    case 'right-symmetric':
      return at(turn, true);
    case 'parity-first':
      return at(0, false);
    case 'parity-last':
      return at(isSix ? last - 1 : last, false);
  }
}

function roleWithParity(array: ArrayShape, stripe: bigint, member: number): MemberRole {
  const { p, q, rotates } = parityOf(array, stripe);
  if (member === p) return { kind: 'parity' };
  if (member === q) return { kind: 'q' };
  const n = array.memberCount;
  if (rotates) {
    const after = q < 0 ? p : q;
    return { kind: 'data', index: (member - after - 1 + n) % n, copy: 0 };
  }
  const before = (p < member ? 1 : 0) + (q >= 0 && q < member ? 1 : 0);
  return { kind: 'data', index: member - before, copy: 0 };
}

/** The member that holds the data chunk with an index in a stripe, at levels 4, 5 and 6. */
export function memberOfData(array: ArrayShape, stripe: bigint, index: number): number {
  const { p, q, rotates } = parityOf(array, stripe);
  if (rotates) return ((q < 0 ? p : q) + 1 + index) % array.memberCount;
  // What is in the way is passed in ascending order: Q may have gone round to the first member.
  const [low, high] = q >= 0 && q < p ? [q, p] : [p, q];
  const pastLow = index >= low ? index + 1 : index;
  return high >= 0 && pastLow >= high ? pastLow + 1 : pastLow;
}

/** Chunks between a chunk and its next far copy; null where the members' size is not known. */
function farStride(array: ArrayShape): bigint | null {
  if (array.memberBytes === null) return null;
  return array.memberBytes / chunkOf(array) / BigInt(array.copies);
}

/** Stripe and role of chunk `row` of a member at level 10; null where no copy lies there. */
function copyAt(
  array: ArrayShape,
  member: number,
  row: bigint,
): { readonly stripe: bigint; readonly index: number; readonly copy: number; readonly chunk: bigint } | null {
  const n = BigInt(array.memberCount);
  const copies = BigInt(array.copies);
  if (array.copyLayout === 'near') {
    const place = row * n + BigInt(member);
    const chunk = place / copies;
    // A chunk that began in the stripe before counts as this stripe's first.
    return { stripe: row, index: Number(chunk - (row * n) / copies), copy: Number(place % copies), chunk };
  }
  const stride = array.copyLayout === 'far' ? farStride(array) : null;
  if (array.copyLayout === 'far' && stride === null) {
    return { stripe: row, index: member, copy: 0, chunk: row * n + BigInt(member) };
  }
  const copy = stride === null ? row % copies : row / stride;
  const stripe = stride === null ? row / copies : row % stride;
  if (copy >= copies) return null;
  const index = Number((BigInt(member) - copy + n * copies) % n);
  return { stripe, index, copy: Number(copy), chunk: stripe * n + BigInt(index) };
}

/** What a byte of a member is to the array; null before its data and past what the array uses. */
export function placeInArray(array: ArrayShape, member: number, byte: bigint): ArrayPlace | null {
  const inData = byte - BigInt(array.dataOffsetBytes);
  if (inData < 0n || member < 0 || member >= array.memberCount) return null;
  if (array.memberBytes !== null && inData >= array.memberBytes) return null;
  const chunkBytes = chunkOf(array);
  const row = inData / chunkBytes;
  const within = inData % chunkBytes;
  if (array.level === 1) {
    return { stripe: row, role: { kind: 'data', index: 0, copy: member }, arrayByte: inData };
  }
  if (array.level === 10) {
    const at = copyAt(array, member, row);
    if (at === null) return null;
    const { stripe, index, copy } = at;
    return { stripe, role: { kind: 'data', index, copy }, arrayByte: at.chunk * chunkBytes + within };
  }
  const role: MemberRole =
    array.level === 0 ? { kind: 'data', index: member, copy: 0 } : roleWithParity(array, row, member);
  const perStripe = BigInt(dataChunksOf(array));
  const arrayByte =
    role.kind === 'data' ? (row * perStripe + BigInt(role.index)) * chunkBytes + within : null;
  return { stripe: row, role, arrayByte };
}

/** What each member holds of a stripe, by member; with far or offset copies a member holds several parts. */
export function partsOfStripe(array: ArrayShape, stripe: bigint): readonly StripePart[] {
  const chunkBytes = chunkOf(array);
  const parts: StripePart[] = [];
  for (let member = 0; member < array.memberCount; member += 1) {
    for (const row of rowsOfStripe(array, stripe)) {
      const firstByte = BigInt(array.dataOffsetBytes) + row * chunkBytes;
      const place = placeInArray(array, member, firstByte);
      if (place === null) continue;
      parts.push({ member, firstByte, endByte: firstByte + chunkBytes, role: place.role });
    }
  }
  return parts;
}

/** Rows of chunks that belong to a stripe. */
function rowsOfStripe(array: ArrayShape, stripe: bigint): readonly bigint[] {
  if (array.level !== 10 || array.copyLayout === 'near') return [stripe];
  const all = Array.from({ length: array.copies }, (_, copy) => BigInt(copy));
  if (array.copyLayout === 'offset') return all.map((copy) => stripe * BigInt(array.copies) + copy);
  const stride = farStride(array);
  return stride === null ? [stripe] : all.map((copy) => copy * stride + stripe);
}
