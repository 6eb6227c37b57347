import { Op } from '#shared/events/vocabulary.ts';
import { hasName, type NamedRequest, type Touched, touchedBy } from './request-names.ts';
import type { Version, Versions } from './versions.ts';

/** Later versions that are asked when an earlier one does not know what a place was written for. */
const MOST_LATER = 16;

export interface SequencedRequest extends NamedRequest {
  /** The row of its arrival. */
  readonly sequence: number;
}

/**
 * Names requests of one disk by what was known when, as docs/architecture.md has it: what changes the disk by the first reading
 * after it, and where that still takes the place for free, by the next that knows more; what is only a container there then,
 * by what was known before. Reads are named by what held when they came.
 */
export class RequestNamer {
  readonly #versions: Versions;
  readonly #breathe: () => Promise<void>;

  /** @param breathe awaited now and then. */
  constructor(versions: Versions, breathe: () => Promise<void>) {
    this.#versions = versions;
    this.#breathe = breathe;
  }

  /** What each request touched; null where nothing is known. */
  async touched(requests: readonly SequencedRequest[]): Promise<(Touched | null)[]> {
    const found: (Touched | null)[] = new Array<Touched | null>(requests.length).fill(null);
    // Version by version, so that no index is made twice.
    const waiting = new Map<Version, number[]>();
    for (const [i, { op, sequence }] of requests.entries()) {
      const version = hasName(op) ? this.#firstVersion(op, sequence) : null;
      if (version === null) continue;
      const others = waiting.get(version);
      if (others === undefined) waiting.set(version, [i]);
      else others.push(i);
    }
    for (const [version, places] of waiting) {
      const unsure: number[] = [];
      await this.#ask(version, requests, places, (i, touched) => {
        found[i] = touched;
        if (touched?.isSure !== true && changes(requests[i]?.op)) unsure.push(i);
      });
      await this.#askOthers(version, requests, unsure, found);
    }
    return found;
  }

  #firstVersion(op: number, sequence: number): Version | null {
    if (!changes(op)) return this.#versions.at(sequence);
    for (const version of this.#versions.readAfter(sequence)) return version;
    return null;
  }

  /** Of places that were nothing particular: what they became, or else what they had been. */
  async #askOthers(
    version: Version,
    requests: readonly SequencedRequest[],
    unsure: readonly number[],
    found: (Touched | null)[],
  ): Promise<void> {
    let left = unsure;
    const others = [...this.#versions.after(version, MOST_LATER)];
    const before = this.#versions.before(version);
    if (before !== null) others.push(before);
    for (const other of others) {
      if (left.length === 0) return;
      // What was trimmed has become free, and is not told by what came to lie there later.
      const isLater = other !== before;
      const asked = isLater ? left.filter((i) => requests[i]?.op !== Op.Trim) : left;
      const still: number[] = left.filter((i) => !asked.includes(i));
      await this.#ask(other, requests, asked, (i, touched) => {
        if (touched?.isSure === true && (isLater || found[i]?.isFree !== true)) found[i] = touched;
        else still.push(i);
      });
      left = still;
    }
  }

  async #ask(
    version: Version,
    requests: readonly SequencedRequest[],
    places: readonly number[],
    answer: (i: number, touched: Touched | null) => void,
  ): Promise<void> {
    if (places.length === 0) return;
    const index = await this.#versions.indexOf(version, this.#breathe);
    for (const i of places) {
      const request = requests[i];
      if (request !== undefined) answer(i, touchedBy(index, request));
      await this.#breathe();
    }
  }
}

function changes(op: number | undefined): boolean {
  return op === Op.Write || op === Op.Zero || op === Op.Trim;
}
