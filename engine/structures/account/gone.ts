import type { Structure } from '#shared/structures/structure.ts';
import {
  type AccountDisk,
  type AccountRule,
  Evidence,
  type Told,
  type TouchedRequest,
} from './account-rule.ts';
import { type FileSystemChange, fileSystemChanges, isWithin } from './file-systems.ts';
import { placedWords } from './words.ts';

/** A file system that was there is there no longer, and its superblock was overwritten. */
export class GoneFileSystems implements AccountRule {
  readonly #gone: readonly { readonly change: FileSystemChange; readonly evidence: Evidence }[];

  constructor(disk: AccountDisk) {
    this.#gone = fileSystemChanges(disk)
      .filter(({ after }) => after === null)
      .map((change) => ({ change, evidence: new Evidence() }));
  }

  request(request: TouchedRequest): void {
    for (const { change, evidence } of this.#gone) {
      if (!isWithin(change, request)) continue;
      if (change.before !== null && isOnSuperblock(change.before.structure, request)) evidence.add(request);
    }
  }

  told(): Told[] {
    return this.#gone.flatMap(({ change: { before }, evidence }) => {
      if (before === null || evidence.requests === 0) return [];
      return [
        { text: `${placedWords(before)} was overwritten: it is there no longer`, evidence, path: null },
      ];
    });
  }
}

/** By place, as nothing tells of the superblock once it is gone. That a partition has left its table overwrites no file system. */
function isOnSuperblock(
  fileSystem: Structure,
  { offsetBytes, lengthBytes }: Pick<TouchedRequest, 'offsetBytes' | 'lengthBytes'>,
): boolean {
  if (fileSystem.kind !== 'superblock') {
    const inside = fileSystem.children.filter(({ kind }) => kind === 'superblock' || kind === 'group');
    return inside.some((child) => isOnSuperblock(child, { offsetBytes, lengthBytes }));
  }
  return fileSystem.extents.some(
    ({ startBytes, endBytes }) => startBytes < offsetBytes + lengthBytes && offsetBytes < endBytes,
  );
}
