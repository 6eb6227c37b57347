import type { Located } from '../knowledge/structure-index.ts';
import { Evidence, type TouchedRequest } from './account-rule.ts';

/** One thing with the requests on it. */
export interface Counted {
  readonly at: Located;
  readonly evidence: Evidence;
}

/** Things that lie in one, with the requests on any of them: one that touched several is one. */
export interface CountedGroup extends Counted {
  readonly parts: readonly Counted[];
}

/** Requests by what they touched, told apart by path: a structure is another object in each version of what is known. */
export class Tally {
  readonly #of: (at: Located) => Located | null;
  readonly #counted = new Map<string, Counted>();
  readonly #groups = new Map<string, Counted>();

  /** @param of what a thing is told with, in {@link groups}; null for nothing. */
  constructor(of: (at: Located) => Located | null = () => null) {
    this.#of = of;
  }

  get size(): number {
    return this.#counted.size;
  }

  add(at: Located, request: TouchedRequest, bytes?: bigint): void {
    entry(this.#counted, at).evidence.add(request, bytes);
    const group = this.#of(at);
    if (group !== null) entry(this.#groups, group).evidence.add(request, bytes);
  }

  /** Those with most bytes first. */
  all(): Counted[] {
    return [...this.#counted.values()].sort((a, b) => (a.evidence.bytes > b.evidence.bytes ? -1 : 1));
  }

  /** The same by what they are told with; what is told with nothing is left out. */
  groups(): CountedGroup[] {
    const found = new Map<string, Counted & { readonly parts: Counted[] }>();
    for (const counted of this.all()) {
      const path = this.#of(counted.at)?.path;
      const group = path === undefined ? undefined : this.#groups.get(path);
      if (group === undefined) continue;
      const known = found.get(group.at.path);
      if (known === undefined) found.set(group.at.path, { ...group, parts: [counted] });
      else known.parts.push(counted);
    }
    return [...found.values()];
  }
}

function entry(counted: Map<string, Counted>, at: Located): Counted {
  const known = counted.get(at.path) ?? { at, evidence: new Evidence() };
  counted.set(at.path, known);
  return known;
}
