import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { diskOf, SparseSource, UNHURRIED } from '../../testing/images.ts';
import { mdParser } from '../md.ts';
import { assembleArray, type MdArray } from '../md-array.ts';
import type { MdMember } from '../md-member.ts';
import { MD_SETS, type MdSet } from './md-sets.ts';

const FIXTURES = resolve(import.meta.dirname, '../fixtures');

export function setNamed(name: string): MdSet {
  const set = MD_SETS.find((each) => each.name === name);
  if (set === undefined) throw new Error(`no set "${name}" in md-sets.ts`);
  return set;
}

/** The disks of a set, whole. */
export function disksOfSet(set: MdSet): readonly Uint8Array[] {
  const all = zstdDecompressSync(readFileSync(resolve(FIXTURES, `${set.name}.img.zst`)));
  let at = 0;
  return set.disksKib.map((kib) => {
    const disk = Uint8Array.from(all.subarray(at, at + kib * 1024));
    at += disk.length;
    return disk;
  });
}

/** What mdadm --detail told of a set's array in its guest. */
export function detailOf(set: MdSet): string {
  return readFileSync(resolve(FIXTURES, `${set.name}.txt`), 'utf8');
}

export function sourceOf(disk: Uint8Array): SparseSource {
  return new SparseSource(BigInt(disk.length), [[0n, disk]]);
}

/** The members that there are among disks, numbered by their place; null for a disk that is taken away. */
export async function membersOf(disks: readonly (Uint8Array | null)[]): Promise<readonly MdMember[]> {
  const members: MdMember[] = [];
  for (const [i, disk] of disks.entries()) {
    if (disk === null) continue;
    const parsed = await mdParser.parse(diskOf(sourceOf(disk), i).volume, UNHURRIED);
    if (parsed?.arrayMember !== undefined) members.push(parsed.arrayMember);
  }
  return members;
}

export async function arrayOf(disks: readonly (Uint8Array | null)[]): Promise<MdArray> {
  const [first, ...others] = await membersOf(disks);
  if (first === undefined) throw new Error('no member among the disks');
  return assembleArray([first, ...others]);
}
