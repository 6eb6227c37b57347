import { stripeInWords } from '#shared/structures/striped-range.ts';
import type { Structure } from '#shared/structures/structure.ts';
import { STRUCTURE_KINDS } from '#shared/structures/structure.ts';
import { CachedReader } from '../cached-reader.ts';
import { DiskVolume } from '../disk-volume.ts';
import { STRUCTURE_PARSERS } from '../parsers.ts';
import { readStructures } from '../read-structures.ts';
import { damage, pagesInUse, type Random } from './damage.ts';
import type { FuzzSeed } from './fuzz-seeds.ts';
import { SparseSource } from './images.ts';
import { mendChecksums } from './mend-checksums.ts';

/** Shows all parsers real images that have been damaged, and holds what they say against what they promise. */

const LIMITS = { maxCachedBytes: 8 << 20, passBudgetBytes: 32 << 20 };
const MAX_STRUCTURES = 20_000;
const MAX_SENTENCE = 1000;

interface Prepared {
  readonly name: string;
  readonly disks: readonly Uint8Array[];
  readonly pages: readonly (readonly number[])[];
}

export class StructureFuzz {
  readonly #seeds: readonly Prepared[];
  readonly #random: Random;
  rounds = 0;
  /** The round that took the longest, for people to look at. */
  slowest = { ms: 0, name: '' };
  /** Structures that said that they are not understood, over all rounds. */
  notUnderstood = 0;
  structures = 0;

  /** @param random gives whole numbers below its argument. */
  constructor(seeds: readonly FuzzSeed[], random: Random) {
    this.#seeds = seeds.map(({ name, disks }) => ({ name, disks, pages: disks.map(pagesInUse) }));
    this.#random = random;
  }

  /** One damaged set of disks; throws when a promise is broken, naming the round. */
  async round(): Promise<void> {
    const seed = this.#seeds[this.#random(this.#seeds.length)];
    if (seed === undefined) throw new Error('no seeds');
    const disks = seed.disks.map((disk, i) => this.#damaged(disk, seed.pages[i] ?? []));
    const began = performance.now();
    this.rounds += 1;
    try {
      await this.#read(disks);
    } catch (error) {
      throw new Error(`round ${this.rounds} (${seed.name})`, { cause: error });
    }
    const ms = performance.now() - began;
    if (ms > this.slowest.ms) this.slowest = { ms, name: `round ${this.rounds} (${seed.name})` };
  }

  #damaged(disk: Uint8Array, pages: readonly number[]): Uint8Array {
    const copy = Uint8Array.from(disk);
    // Some disks of a set stay as they are, so that others are held against them.
    if (this.#random(3) === 0) return copy;
    const left = damage(copy, pages, this.#random);
    if (this.#random(4) !== 0) mendChecksums(left);
    return left;
  }

  async #read(disks: readonly Uint8Array[]): Promise<void> {
    const readers = disks.map(
      (disk) => new CachedReader(new SparseSource(BigInt(disk.length), [[0n, disk]]), LIMITS),
    );
    const toRead = readers.map((reader, disk) => ({
      disk,
      volume: new DiskVolume(disk, `disk ${disk + 1}`, reader),
    }));
    const trees = await readStructures(toRead, STRUCTURE_PARSERS, {
      maxStructures: MAX_STRUCTURES,
      breathe: async () => {},
    });
    for (const [i, { root }] of trees.entries()) {
      const sizeBytes = readers[i]?.sizeBytes ?? 0n;
      this.#check(root, sizeBytes);
    }
  }

  #check(root: Structure, sizeBytes: bigint): void {
    const open: Structure[] = [root];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      this.structures += 1;
      if (next.stripes !== undefined) stripeInWords(next.stripes, next.stripes.startBytes + 12_345n);
      if (next.kind === 'notUnderstood') this.notUnderstood += 1;
      const problem = problemOf(next, sizeBytes);
      if (problem !== null) throw new Error(`"${next.name}" ${problem}`);
      open.push(...next.children);
    }
  }
}

function problemOf(structure: Structure, sizeBytes: bigint): string | null {
  if (!STRUCTURE_KINDS.includes(structure.kind)) return `is of kind ${structure.kind}`;
  if (structure.name === '' || structure.name.length > MAX_SENTENCE)
    return 'has no name, or one that is a book';
  const words = [structure.name, ...structure.facts.map(([label, value]) => `${label} ${value}`)];
  if (
    structure.kind === 'notUnderstood' &&
    !words.some((each) => /not understood here, because ./.test(each))
  ) {
    return 'does not say why it is not understood';
  }
  let before = 0n;
  for (const { startBytes, endBytes } of structure.extents) {
    if (startBytes < before || endBytes <= startBytes || endBytes > sizeBytes) {
      return `has the extent ${startBytes} to ${endBytes} on a disk of ${sizeBytes}, after ${before}`;
    }
    before = endBytes;
  }
  const keys = new Set(structure.children.map((child) => child.key));
  if (keys.size !== structure.children.length) return 'has children that share a key';
  return [...keys].some((key) => key === '' || key.includes('/')) ? 'has a child whose key is no key' : null;
}
