import { formatBytes } from '#shared/bytes/size.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { listed } from '../knowledge/request-names.ts';
import type { AccountDisk, AccountRule, Told, TouchedRequest } from './account-rule.ts';
import { isInside, isWithin, madeFileSystems } from './file-systems.ts';
import { Tally } from './tally.ts';
import { counted, fileSystemOf, placedWords } from './words.ts';

/** Files that are named, of more those with most bytes. */
const MOST_NAMED = 3;
/** Files that are kept apart. */
const MOST_FILES = 50_000;

/** The contents of files were written. */
export class Files implements AccountRule {
  readonly #made: ReturnType<typeof madeFileSystems>;
  readonly #written = new Tally((at) => fileSystemOf(at) ?? at);

  constructor(disk: AccountDisk) {
    this.#made = madeFileSystems(disk);
  }

  request(request: TouchedRequest): void {
    if (request.op === Op.Trim || request.touched === null || this.#written.size > MOST_FILES) return;
    for (const [at, bytes] of request.touched.structures) {
      if (at.structure.kind !== 'file') continue;
      if (this.#made.some((made) => isInside(at.path, made.path) && isWithin(made, request))) continue;
      this.#written.add(at, request, bytes);
    }
  }

  told(): Told[] {
    return this.#written.groups().map(({ at, parts, evidence }) => {
      const named = parts.slice(0, MOST_NAMED).map((part) => part.at.structure.name);
      const more = parts.length - named.length;
      const what = listed([...named, ...(more > 0 ? [counted(more, 'other file')] : [])]);
      const be = parts.length === 1 ? 'was' : 'were';
      const text = `${what} on ${placedWords(at)} ${be} written, ${formatBytes(evidence.bytes)}`;
      const [only] = parts;
      return { text, evidence, path: parts.length === 1 && only !== undefined ? only.at.path : at.path };
    });
  }
}
