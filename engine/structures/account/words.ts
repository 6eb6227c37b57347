import type { Structure } from '#shared/structures/structure.ts';
import { type Located, wayTo } from '../knowledge/structure-index.ts';

/** The file system that a structure lies in, or is; null for none. */
export function fileSystemOf(at: Located): Located | null {
  return wayTo(at).findLast(({ structure: { kind } }) => kind === 'fileSystem') ?? null;
}

/** What a structure is and where: `ext4 on partition 1`, `swap on the disk`. */
export function placedWords(at: Located): string {
  const holder = wayTo(at)
    .slice(0, -1)
    .findLast(({ structure: { kind } }) => kind === 'partition' || kind === 'array');
  return holder === undefined ? at.structure.name : `${at.structure.name} on ${holder.structure.name}`;
}

/** The value of a fact; null when the structure does not tell it. */
export function factOf(structure: Structure, label: string): string | null {
  return structure.facts.find(([each]) => each === label)?.[1] ?? null;
}

/** `once`, `twice`, `12 times`. */
export function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count.toLocaleString('en')} times`;
}

/** `1 file`, `3 files`. */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}
