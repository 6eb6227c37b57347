import { Op } from '#shared/events/vocabulary.ts';
import type { StructureKind } from '#shared/structures/structure.ts';
import { listed } from '../knowledge/request-names.ts';
import type { Located } from '../knowledge/structure-index.ts';
import type { AccountDisk, AccountRule, Told, TouchedRequest } from './account-rule.ts';
import { isInside, isWithin, madeFileSystems } from './file-systems.ts';
import { type Counted, Tally } from './tally.ts';
import { fileSystemOf, placedWords, times } from './words.ts';

/** What of a file system counts as metadata, and what it is called. */
const NAMES: Partial<Record<StructureKind, string>> = {
  superblock: 'superblock',
  superblockBackup: 'backup superblocks',
  groupDescriptors: 'group descriptors',
  reservedDescriptors: 'reserved descriptors',
  blockBitmap: 'block bitmaps',
  inodeBitmap: 'inode bitmaps',
  inodeTable: 'inode tables',
  directory: 'directories',
  mapping: 'maps of files',
  otherMetadata: 'other metadata',
};

/** What a file system keeps about itself was written: where, and how often. */
export class Metadata implements AccountRule {
  readonly #made: ReturnType<typeof madeFileSystems>;
  readonly #written = new Tally(fileSystemOf);

  constructor(disk: AccountDisk) {
    this.#made = madeFileSystems(disk);
  }

  request(request: TouchedRequest): void {
    if (request.op !== Op.Write || request.touched === null) return;
    for (const [at, bytes] of request.touched.structures) {
      if (NAMES[at.structure.kind] === undefined) continue;
      if (this.#made.some((made) => isInside(at.path, made.path) && isWithin(made, request))) continue;
      this.#written.add(at, request, bytes);
    }
  }

  told(): Told[] {
    return this.#written.groups().map(({ at, parts, evidence }) => {
      const text = `metadata of ${placedWords(at)} was written ${times(evidence.requests)}: ${kindsWords(parts)}`;
      return { text, evidence, path: at.path };
    });
  }
}

function kindsWords(parts: readonly Counted[]): string {
  const names = new Set(parts.map(({ at }: { readonly at: Located }) => NAMES[at.structure.kind] ?? ''));
  return listed([...names]);
}
