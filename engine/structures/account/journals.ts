import { formatBytes } from '#shared/bytes/size.ts';
import { Op } from '#shared/events/vocabulary.ts';
import type { AccountDisk, AccountRule, Told, TouchedRequest } from './account-rule.ts';
import { isInside, isWithin, madeFileSystems } from './file-systems.ts';
import { Tally } from './tally.ts';
import { fileSystemOf, placedWords, times } from './words.ts';

/** A journal was written, other than while its file system was made. */
export class Journals implements AccountRule {
  readonly #made: ReturnType<typeof madeFileSystems>;
  readonly #written = new Tally();

  constructor(disk: AccountDisk) {
    this.#made = madeFileSystems(disk);
  }

  request(request: TouchedRequest): void {
    if (request.op === Op.Trim || request.touched === null) return;
    for (const [at, bytes] of request.touched.structures) {
      if (at.structure.kind !== 'journal') continue;
      if (this.#made.some((made) => isInside(at.path, made.path) && isWithin(made, request))) continue;
      this.#written.add(at, request, bytes);
    }
  }

  told(): Told[] {
    return this.#written.all().map(({ at, evidence }) => {
      const owner = fileSystemOf(at);
      const of = owner === null ? '' : ` of ${placedWords(owner)}`;
      const text = `the journal${of} was written ${times(evidence.requests)}, ${formatBytes(evidence.bytes)}`;
      return { text, evidence, path: at.path };
    });
  }
}
