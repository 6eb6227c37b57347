import { formatBytes } from '#shared/bytes/size.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { labelOf } from '../knowledge/request-names.ts';
import type { Located } from '../knowledge/structure-index.ts';
import type { AccountDisk, AccountRule, Told, TouchedRequest } from './account-rule.ts';
import { isWithin, madeFileSystems } from './file-systems.ts';
import { Tally } from './tally.ts';
import { counted, fileSystemOf, placedWords } from './words.ts';

/** Something was trimmed, other than to make a file system. */
export class Discards implements AccountRule {
  readonly #made: ReturnType<typeof madeFileSystems>;
  readonly #free = new Tally((at) => fileSystemOf(at) ?? at);
  readonly #others = new Tally();

  constructor(disk: AccountDisk) {
    this.#made = madeFileSystems(disk);
  }

  request(request: TouchedRequest): void {
    const { touched } = request;
    if (request.op !== Op.Trim || touched === null) return;
    if (this.#made.some((made) => isWithin(made, request))) return;
    if (touched.isFree) {
      for (const [at, bytes] of touched.structures)
        if (at.structure.kind === 'free') this.#free.add(at, request, bytes);
    } else {
      // Of a request that reaches further, only what lies on that which is named.
      this.#others.add(touched.at, request, touched.structures.get(touched.at));
    }
  }

  told(): Told[] {
    const told: Told[] = this.#free.groups().map(({ at, evidence }) => {
      const text = `${formatBytes(evidence.bytes)} of the free space ${ofWords(at)} were trimmed`;
      return { text, evidence, path: at.path };
    });
    for (const { at, evidence } of this.#others.all()) {
      const where = at.structure.kind === 'partition' ? '' : ` ${ofWords(fileSystemOf(at) ?? at)}`;
      const text = `${labelOf(at)}${where} was trimmed: ${formatBytes(evidence.bytes)} in ${counted(evidence.requests, 'request')}`;
      told.push({ text, evidence, path: at.path });
    }
    return told;
  }
}

function ofWords(at: Located): string {
  return at.structure.kind === 'fileSystem' ? `of ${placedWords(at)}` : 'of the disk';
}
