import { formatBytes } from '#shared/bytes/size.ts';
import { Op } from '#shared/events/vocabulary.ts';
import type { StructureKind } from '#shared/structures/structure.ts';
import type { AccountRule, Told, TouchedRequest } from './account-rule.ts';
import { Tally } from './tally.ts';
import { times } from './words.ts';

const KINDS: ReadonlySet<StructureKind> = new Set(['arraySuperblock', 'arrayBitmap', 'parity', 'swap']);

/** What an array keeps on its members was written, or parity; or swap was. */
export class Arrays implements AccountRule {
  readonly #written = new Tally();

  request(request: TouchedRequest): void {
    if (request.op === Op.Trim || request.touched === null) return;
    for (const [at, bytes] of request.touched.structures) {
      if (KINDS.has(at.structure.kind)) this.#written.add(at, request, bytes);
    }
  }

  told(): Told[] {
    return this.#written.all().map(({ at, evidence }) => {
      const text = `${at.structure.name} written ${times(evidence.requests)}, ${formatBytes(evidence.bytes)}`;
      return { text, evidence, path: at.path };
    });
  }
}
