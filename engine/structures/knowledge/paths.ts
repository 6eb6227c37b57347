import type { Extent, Structure } from '#shared/structures/structure.ts';

/** Keys of a path; none for the empty path, which is the disk itself. */
function keysOf(path: string): readonly string[] {
  return path === '' ? [] : path.split('/');
}

/** The structures on the way to a path, the disk first, as far as they are there. */
export function structuresOn(disk: Structure, path: string): readonly Structure[] {
  const way = [disk];
  let at = disk;
  for (const key of keysOf(path)) {
    const next = at.children.find((child) => child.key === key);
    if (next === undefined) break;
    way.push(next);
    at = next;
  }
  return way;
}

/** The structure at a path; null when there is none. */
export function structureAtPath(disk: Structure, path: string): Structure | null {
  const way = structuresOn(disk, path);
  return way.length === keysOf(path).length + 1 ? (way.at(-1) ?? null) : null;
}

/** Where a structure lies; of what has no place of its own, where that lies which it consists of. */
export function placesOf(structure: Structure): readonly Extent[] {
  return structure.extents.length > 0 ? structure.extents : structure.children.flatMap(placesOf);
}

/** Bytes of a structure on its disk, of what it consists of where it has no place of its own. */
export function bytesOf(structure: Structure): bigint {
  let bytes = 0n;
  for (const { startBytes, endBytes } of placesOf(structure)) bytes += endBytes - startBytes;
  return bytes;
}
