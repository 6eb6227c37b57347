import type { Located } from '../knowledge/structure-index.ts';
import { Evidence, type TouchedRequest } from './account-rule.ts';

/** One thing with the requests on it. */
export interface Counted {
  readonly at: Located;
  readonly evidence: Evidence;
}

/** Requests by what they touched, told apart by path: a structure is another object in each version of what is known. */
export class Tally {
  readonly #counted = new Map<string, Counted>();

  get size(): number {
    return this.#counted.size;
  }

  add(at: Located, request: TouchedRequest, bytes?: bigint): Evidence {
    let counted = this.#counted.get(at.path);
    if (counted === undefined) {
      counted = { at, evidence: new Evidence() };
      this.#counted.set(at.path, counted);
    }
    counted.evidence.add(request, bytes);
    return counted.evidence;
  }

  /** Those with most bytes first. */
  all(): Counted[] {
    return [...this.#counted.values()].sort((a, b) => (a.evidence.bytes > b.evidence.bytes ? -1 : 1));
  }

  /** The same by what they lie in, `of` says what; those of which it says null are left out. */
  by(of: (at: Located) => Located | null): { readonly at: Located; readonly parts: readonly Counted[] }[] {
    const groups = new Map<string, { at: Located; parts: Counted[] }>();
    for (const counted of this.all()) {
      const at = of(counted.at);
      if (at === null) continue;
      const group = groups.get(at.path);
      if (group === undefined) groups.set(at.path, { at, parts: [counted] });
      else group.parts.push(counted);
    }
    return [...groups.values()];
  }
}

/** What several things rest on together. */
export function together(parts: readonly Counted[]): Evidence {
  const evidence = new Evidence();
  for (const part of parts) evidence.addAll(part.evidence);
  return evidence;
}
