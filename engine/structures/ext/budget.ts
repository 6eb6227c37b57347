import type { Extent, Structure } from '#shared/structures/structure.ts';

/** A structure while it is being put together. */
export interface StructureDraft extends Structure {
  facts: (readonly [string, string])[];
  extents: readonly Extent[];
  children: StructureDraft[];
  childrenLeftOut?: number;
}

/** Extents for each structure that may be made, on average: files and free space of old file systems lie in pieces. */
const EXTENTS_PER_STRUCTURE = 4;
/** Never fewer than these, so that few structures may still be told whole. */
const LEAST_EXTENTS = 4096;
/** Characters of names and facts for each structure, on average. */
const CHARACTERS_PER_STRUCTURE = 512;
const LEAST_CHARACTERS = 1 << 16;

/** Keeps what a tree of structures takes in memory within bounds that follow from how many structures are asked for. */
export class Budget {
  #structures: number;
  #extents: number;
  #characters: number;

  /** @param maxStructures the most structures to make; at least one is. */
  constructor(maxStructures: number) {
    this.#structures = maxStructures;
    this.#extents = Math.max(LEAST_EXTENTS, maxStructures * EXTENTS_PER_STRUCTURE);
    this.#characters = Math.max(LEAST_CHARACTERS, maxStructures * CHARACTERS_PER_STRUCTURE);
  }

  /** How many structures can still be made. */
  get structuresLeft(): number {
    return this.#characters > 0 ? Math.max(0, this.#structures) : 0;
  }

  /** How many extents can still be kept. */
  get extentsLeft(): number {
    return Math.max(0, this.#extents);
  }

  /** Puts some aside for what comes later; what is returned gives them back. */
  hold(structures: number, extents: number): () => void {
    this.#structures -= structures;
    this.#extents -= extents;
    return () => {
      this.#structures += structures;
      this.#extents += extents;
    };
  }

  /** Makes a structure, and accounts for it. Callers ask {@link structuresLeft} before making many. */
  make(
    kind: Structure['kind'],
    key: string,
    name: string,
    extents: readonly Extent[] = [],
    facts: readonly (readonly [string, string])[] = [],
  ): StructureDraft {
    this.#structures--;
    this.#extents -= extents.length;
    this.#characters -= name.length + key.length;
    for (const [label, value] of facts) this.#characters -= label.length + value.length;
    return { kind, key, name, extents, facts: [...facts], children: [] };
  }
}
