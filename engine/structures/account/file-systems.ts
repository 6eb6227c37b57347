import type { Structure } from '#shared/structures/structure.ts';
import { UNREAD_KEY } from '../found.ts';
import { structuresOn } from '../knowledge/paths.ts';
import type { Located } from '../knowledge/structure-index.ts';
import type { AccountDisk, KnowledgeChange, TouchedRequest } from './account-rule.ts';
import { factOf } from './words.ts';

/** A file system before some writes and after; one of both may be missing, not both. */
export interface FileSystemChange {
  readonly path: string;
  readonly before: Located | null;
  readonly after: Located | null;
  /** Rows between which it changed: after the first, up to the second. */
  readonly afterSequence: number;
  readonly toSequence: number;
}

/** How the file systems on a disk changed within a span, in order. */
export function fileSystemChanges({ changes }: AccountDisk): FileSystemChange[] {
  return changes.flatMap(changesOf);
}

/** Those that came to be: none was there before, or one of another UUID. */
export function madeFileSystems(disk: AccountDisk): (FileSystemChange & { readonly after: Located })[] {
  const made: (FileSystemChange & { readonly after: Located })[] = [];
  for (const change of fileSystemChanges(disk)) {
    const { before, after } = change;
    if (after !== null && (before === null || !isSame(before.structure, after.structure))) {
      made.push({ ...change, after });
    }
  }
  return made;
}

export function isSame(before: Structure, after: Structure): boolean {
  return factOf(before, 'UUID') === factOf(after, 'UUID') && factOf(before, 'made') === factOf(after, 'made');
}

/** Whether a request came while something changed. */
export function isWithin(change: FileSystemChange, { sequence }: TouchedRequest): boolean {
  return sequence > change.afterSequence && sequence <= change.toSequence;
}

/** Whether one path lies in another, or is it. */
export function isInside(path: string, outer: string): boolean {
  return outer === '' || path === outer || path.startsWith(`${outer}/`);
}

function changesOf({ before, after }: KnowledgeChange): FileSystemChange[] {
  const former = new Map(before === null ? [] : fileSystemsIn(before.tree).map((at) => [at.path, at]));
  const found: FileSystemChange[] = [];
  const rows = { afterSequence: before?.fromSequence ?? 0, toSequence: after.fromSequence };
  const present = fileSystemsIn(after.tree);
  const stay = new Set(present.map(({ path }) => path));
  for (const at of present) {
    // One whose partition is told by another table, or has another number, is the one that it was.
    const moved = [...former.values()].find((was) => !stay.has(was.path) && hasSameUuid(was, at));
    const was = former.get(at.path) ?? moved ?? null;
    if (was !== null) former.delete(was.path);
    // Where it could not be read before, nobody knows that there was none.
    if (was === null && before !== null && isUnread(before.tree, at.path)) continue;
    if (was?.structure !== at.structure) found.push({ path: at.path, before: was, after: at, ...rows });
  }
  for (const was of former.values()) {
    if (!isUnread(after.tree, was.path)) found.push({ path: was.path, before: was, after: null, ...rows });
  }
  return found;
}

function hasSameUuid(was: Located, at: Located): boolean {
  return factOf(was.structure, 'UUID') !== null && isSame(was.structure, at.structure);
}

/** Whether something on the way to a place could not be read. */
function isUnread(tree: Structure, path: string): boolean {
  return structuresOn(tree, path).some(({ children }) =>
    children.some(({ kind, key }) => kind === 'notUnderstood' && key.startsWith(UNREAD_KEY)),
  );
}

function fileSystemsIn(tree: Structure): Located[] {
  const found: Located[] = [];
  const open: Located[] = [{ structure: tree, parent: null, path: '' }];
  for (let at = open.shift(); at !== undefined; at = open.shift()) {
    if (at.structure.kind === 'fileSystem') {
      found.push(at);
      continue;
    }
    for (const structure of at.structure.children) {
      if (structure.children.length === 0 && structure.kind !== 'fileSystem') continue;
      open.push({
        structure,
        parent: at,
        path: at.path === '' ? structure.key : `${at.path}/${structure.key}`,
      });
    }
  }
  return found;
}
