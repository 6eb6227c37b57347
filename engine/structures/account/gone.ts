import {
  type AccountDisk,
  type AccountRule,
  Evidence,
  type Told,
  type TouchedRequest,
} from './account-rule.ts';
import { type FileSystemChange, fileSystemChanges, isInside, isWithin } from './file-systems.ts';
import { placedWords } from './words.ts';

/** A file system that was there is there no longer: its superblock was overwritten, or what it lay in. */
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
      const isOnIt = [...(request.touched?.structures.keys() ?? [])].some((at) =>
        isInside(at.path, change.path),
      );
      if (isOnIt) evidence.add(request);
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
