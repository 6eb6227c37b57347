import type { Structure } from '#shared/structures/structure.ts';
import { StructureIndex } from './structure-index.ts';

/** Structures and extents that all versions of one disk may hold together; past that the oldest are thinned. */
const MOST_HELD = 500_000;
/** Versions of one disk at most. */
const MOST_VERSIONS = 1_000;
/** Indexes that are kept made, of the versions asked about last. */
const MOST_INDEXES = 4;

/** What was known of a disk for some time. */
export interface Version {
  /** Rises from version to version, see {@link VersionNumbers}. */
  readonly number: number;
  /** The last write that it depends on: it holds from there. */
  readonly fromSequence: number;
  readonly tree: Structure;
  /** Structures in it. */
  readonly structures: number;
  /** Structures and extents in it that the version before did not have. */
  readonly added: number;
}

/** A version with how long it held. */
export interface KeptVersion extends Version {
  /** The last row of which it is known that it still held: the one before the first write to what it was read from. */
  readonly untilSequence: number;
}

/** Numbers of versions, from 1: none is given twice, so that whoever saw one knows whether it is still what is known. */
export class VersionNumbers {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/**
 * What was known of one disk, in the order of time. What lies between the first write to something that was read and the
 * reading that followed is known by that reading alone.
 */
export class Versions {
  #versions: (KeptVersion & { untilSequence: number })[] = [];
  readonly #numbers: VersionNumbers;
  #forgotten = 0;
  /** Structures and extents that were added with the versions: no less than they hold. */
  #sum = 0;
  readonly #indexes = new Map<Version, Promise<StructureIndex>>();

  constructor(numbers = new VersionNumbers()) {
    this.#numbers = numbers;
  }

  get last(): Version | null {
    return this.#versions.at(-1) ?? null;
  }

  get count(): number {
    return this.#versions.length;
  }

  /** All that are kept, in order. */
  get all(): readonly KeptVersion[] {
    return this.#versions;
  }

  /** Versions that had to go, as there were too many. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /**
   * Takes what was read; nothing new when the tree is the last version's.
   * @param formerUntil how long the last version held, where that is known from elsewhere than {@link touched}.
   */
  add(read: Omit<Version, 'number'>, formerUntil?: number): Version {
    const last = this.#versions.at(-1);
    if (last !== undefined && last.tree === read.tree) {
      last.untilSequence = Number.POSITIVE_INFINITY;
      return last;
    }
    if (last !== undefined) {
      const until = formerUntil ?? read.fromSequence - 1;
      last.untilSequence = Math.min(last.untilSequence, Math.max(last.fromSequence, until));
    }
    const fromSequence = Math.max(read.fromSequence, last?.fromSequence ?? 0);
    const number = this.#numbers.next();
    const version = { ...read, fromSequence, number, untilSequence: Number.POSITIVE_INFINITY };
    this.#versions.push(version);
    this.#sum += read.added;
    this.#thin();
    return version;
  }

  /** Something that the last version was read from was written by row `sequence`. */
  touched(sequence: number): void {
    const last = this.#versions.at(-1);
    if (last === undefined || last.untilSequence < sequence) return;
    last.untilSequence = Math.max(last.fromSequence, sequence - 1);
  }

  /** What was known at a moment, or what became known soonest after it; null for nothing at all. */
  at(sequence: number): Version | null {
    const found = this.#versions.findLast(({ fromSequence }) => fromSequence <= sequence);
    return found ?? this.#versions[0] ?? null;
  }

  /** What was read after row `sequence` had been carried out, or held then still: from the first such version on. */
  *readAfter(sequence: number): Generator<Version> {
    const first = this.#versions.findIndex(({ untilSequence }) => untilSequence >= sequence);
    if (first < 0) {
      const { last } = this;
      if (last !== null) yield last;
      return;
    }
    for (let i = first; i < this.#versions.length; i += 1) {
      const version = this.#versions[i];
      if (version !== undefined) yield version;
    }
  }

  /** The version before one; null for the first. */
  before(version: Version): Version | null {
    const at = this.#versions.findIndex(({ number }) => number === version.number);
    return at <= 0 ? null : (this.#versions[at - 1] ?? null);
  }

  /** Versions after one, at most so many. */
  after(version: Version, most: number): readonly Version[] {
    const at = this.#versions.findIndex(({ number }) => number === version.number);
    return at < 0 ? [] : this.#versions.slice(at + 1, at + 1 + most);
  }

  /** The index of a version, made when it is asked for. */
  async indexOf(version: Version, breathe: () => Promise<void>): Promise<StructureIndex> {
    for (;;) {
      const begun = this.#indexes.get(version);
      if (begun === undefined) return this.#makeIndex(version, breathe);
      this.#indexes.delete(version);
      this.#indexes.set(version, begun);
      try {
        return await begun;
      } catch {
        // Whoever began to make it was called off, which is nothing to those who wait for it too: the first of them makes it anew.
        if (this.#indexes.get(version) === begun) this.#indexes.delete(version);
      }
    }
  }

  #makeIndex(version: Version, breathe: () => Promise<void>): Promise<StructureIndex> {
    const made = StructureIndex.build(version.tree, breathe);
    this.#indexes.set(version, made);
    made.catch(() => {
      if (this.#indexes.get(version) === made) this.#indexes.delete(version);
    });
    for (const oldest of this.#indexes.keys()) {
      if (this.#indexes.size <= MOST_INDEXES) break;
      this.#indexes.delete(oldest);
    }
    return made;
  }

  /** Of the older half every second goes, until what is left is within bounds. */
  #thin(): void {
    if (this.#sum > MOST_HELD) this.#sum = this.#held();
    while (this.count > MOST_VERSIONS || (this.count > 4 && this.#sum > MOST_HELD)) {
      const half = this.count >> 1;
      const kept = this.#versions.filter((_, i) => i === 0 || i >= half || i % 2 === 1);
      if (kept.length === this.count) return;
      this.#forgotten += this.count - kept.length;
      for (const version of this.#versions) if (!kept.includes(version)) this.#indexes.delete(version);
      this.#versions = kept;
      this.#sum = this.#held();
    }
  }

  /** Structures and extents that the versions hold together, each counted once. */
  #held(): number {
    const trees = new Set<Structure>();
    const extents = new Set<Structure['extents']>();
    let held = 0;
    const open = this.#versions.map(({ tree }) => tree);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (trees.has(next)) continue;
      trees.add(next);
      held += 1 + (extents.has(next.extents) ? 0 : next.extents.length);
      extents.add(next.extents);
      open.push(...next.children);
    }
    return held;
  }
}
