import { sameStripes } from '#shared/structures/striped-range.ts';
import type { Extent, Structure } from '#shared/structures/structure.ts';

/** Structures that are compared before others get their turn. */
const AT_ONCE = 500;

/** A tree that is the one before where nothing has changed. */
export interface SharedTree {
  readonly tree: Structure;
  /** Structures in it. */
  readonly structures: number;
  /** Structures and extents in it that were not in the tree before. */
  readonly added: number;
}

/**
 * Makes of a tree just read one that shares with the tree before whatever is the same, so that versions of what is known cost what
 * has changed. The same tree comes back when nothing has.
 * @param breathe awaited now and then.
 */
export async function shareTree(
  before: Structure | null,
  now: Structure,
  breathe: () => Promise<void>,
): Promise<SharedTree> {
  let structures = 0;
  let added = 0;
  const share = async (old: Structure | null, read: Structure): Promise<Structure> => {
    structures += 1;
    if (structures % AT_ONCE === 0) await breathe();
    const formerly = new Map(old?.children.map((child) => [child.key, child]));
    const children: Structure[] = [];
    for (const child of read.children) children.push(await share(formerly.get(child.key) ?? null, child));
    if (old !== null && isSame(old, read, children)) return old;
    const extents = old !== null && sameExtents(old.extents, read.extents) ? old.extents : read.extents;
    added += 1 + (extents === old?.extents ? 0 : extents.length);
    return { ...read, extents, children };
  };
  const tree = await share(before, now);
  return { tree, structures, added };
}

function isSame(old: Structure, read: Structure, children: readonly Structure[]): boolean {
  return (
    old.key === read.key &&
    old.kind === read.kind &&
    old.name === read.name &&
    (old.childrenLeftOut ?? 0) === (read.childrenLeftOut ?? 0) &&
    old.children.length === children.length &&
    old.children.every((child, i) => child === children[i]) &&
    old.facts.length === read.facts.length &&
    old.facts.every(([label, value], i) => label === read.facts[i]?.[0] && value === read.facts[i]?.[1]) &&
    sameExtents(old.extents, read.extents) &&
    sameStripes(old.stripes, read.stripes)
  );
}

function sameExtents(a: readonly Extent[], b: readonly Extent[]): boolean {
  return (
    a.length === b.length &&
    a.every((extent, i) => {
      const other = b[i];
      return (
        other !== undefined &&
        extent.startBytes === other.startBytes &&
        extent.endBytes === other.endBytes &&
        extent.fileBytes === other.fileBytes
      );
    })
  );
}
