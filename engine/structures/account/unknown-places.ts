import { formatBytes } from '#shared/bytes/size.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { type AccountRule, Evidence, type Told, type TouchedRequest } from './account-rule.ts';
import { times } from './words.ts';

/** Places were written of which nothing is known: no structure lies there, or free space does. */
export class UnknownPlaces implements AccountRule {
  readonly #evidence = new Evidence();

  request(request: TouchedRequest): void {
    if (request.op !== Op.Trim && request.touched?.isSure !== true) this.#evidence.add(request);
  }

  told(): Told[] {
    const { requests, bytes } = this.#evidence;
    if (requests === 0) return [];
    const text = `places where nothing is known to lie were written ${times(requests)}, ${formatBytes(bytes)}`;
    return [{ text, evidence: this.#evidence, path: null }];
  }
}
