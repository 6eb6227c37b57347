import type { Structure } from '#shared/structures/structure.ts';
import { type Found, foundOf, notUnderstood } from './found.ts';
import { assembleArray } from './md/md-array.ts';
import { contentOf } from './md/md-content.ts';
import type { MdMember } from './md/md-member.ts';
import { PlacedTree } from './placed-tree.ts';
import type { Parsed, ParseLimits, StructureParser } from './structure-parser.ts';
import { type Volume, VolumeReadError } from './volume.ts';

/** A disk of the session to look at. */
export interface DiskToRead {
  /** Its number in the session; the volume places its extents on it. */
  readonly disk: number;
  readonly volume: Volume;
}

export interface DiskTree {
  readonly disk: number;
  /** Of kind `disk`; extents are bytes of the disk. */
  readonly root: Structure;
}

/** A partition in a partition of a partition is as deep as looking makes sense. */
const MAX_DEPTH = 6;
/** Volumes that are looked at in one pass, over all disks. */
const MAX_VOLUMES = 1024;

/**
 * Looks for structures on disks, and in the volumes that these hold, with every parser in turn. What a parser throws becomes
 * a structure that says so, but for what `limits.breathe` throws: that ends the work and is passed on.
 * @param parsers in the order in which they are asked, and what they find is listed.
 */
export async function readStructures(
  disks: readonly DiskToRead[],
  parsers: readonly StructureParser[],
  limits: ParseLimits,
): Promise<readonly DiskTree[]> {
  const walk = new Walk(parsers, limits);
  const found: Found[][] = [];
  for (const { volume } of disks) found.push(await walk.look(volume, 0));
  await walk.assemble();
  const trees: DiskTree[] = [];
  for (const [i, { disk, volume }] of disks.entries()) {
    const root = await new PlacedTree(disk, walk.breathe).rootOf(volume, found[i] ?? []);
    trees.push({ disk, root });
  }
  return trees;
}

interface FoundMember {
  readonly found: Found;
  readonly member: MdMember;
}

class Walk {
  readonly #parsers: readonly StructureParser[];
  readonly #limits: ParseLimits;
  #structuresLeft: number;
  #volumesLeft = MAX_VOLUMES;
  /** What told the work to stop. */
  #stop: { readonly why: unknown } | null = null;
  /** Members of arrays that are not put together yet, by the array's UUID. */
  #members = new Map<string, FoundMember[]>();

  constructor(parsers: readonly StructureParser[], limits: ParseLimits) {
    this.#parsers = parsers;
    this.#limits = limits;
    this.#structuresLeft = limits.maxStructures;
  }

  readonly breathe = async (): Promise<void> => {
    try {
      await this.#limits.breathe();
    } catch (error) {
      this.#stop = { why: error };
      throw error;
    }
  };

  async look(volume: Volume, depth: number): Promise<Found[]> {
    if (depth > MAX_DEPTH || this.#volumesLeft <= 0) {
      const why = depth > MAX_DEPTH ? 'it lies too deep in others' : 'there are too many';
      return [notUnderstood('a volume', volume, new VolumeReadError(why))];
    }
    this.#volumesLeft -= 1;
    const found: Found[] = [];
    for (const parser of this.#parsers) {
      await this.breathe();
      const one = await this.#ask(parser, volume, depth);
      if (one === null) continue;
      // That the first blocks cannot be read is said once, not by each parser.
      if (found.some((other) => isSame(other.structure, one.structure))) continue;
      found.push(one);
      if (one.isMember) break;
    }
    return found;
  }

  /** Puts arrays together and looks at what is in them, arrays of arrays too. */
  async assemble(): Promise<void> {
    for (let depth = 1; this.#members.size > 0; depth += 1) {
      const arrays = [...this.#members.values()];
      this.#members = new Map();
      for (const [first, ...others] of arrays) {
        if (first === undefined) continue;
        const members = [first, ...others] as const;
        const array = assembleArray([first.member, ...others.map((other) => other.member)]);
        const within = array.volume === null ? [] : await this.look(array.volume, depth);
        for (const [i, { found, member }] of members.entries()) {
          const standing = array.standings[i];
          if (standing === undefined) continue;
          const onMember = await contentOf(array, standing, member, this.breathe);
          const inside = new Map(standing.kind === 'active' ? [['', within]] : []);
          found.inside.set('', [{ structure: onMember, volume: member.volume, inside, isMember: false }]);
        }
      }
    }
  }

  async #ask(parser: StructureParser, volume: Volume, depth: number): Promise<Found | null> {
    let parsed: Parsed | null;
    try {
      const maxStructures = Math.max(0, this.#structuresLeft);
      parsed = await parser.parse(volume, { maxStructures, breathe: this.breathe });
    } catch (error) {
      if (this.#stop !== null) throw this.#stop.why;
      return notUnderstood(parser.name, volume, error);
    }
    if (parsed === null) return null;
    this.#structuresLeft -= count(parsed.structure);
    const found = foundOf(parsed, volume);
    if (parsed.arrayMember !== undefined) {
      const { uuid } = parsed.arrayMember.superblock;
      this.#members.set(uuid, [...(this.#members.get(uuid) ?? []), { found, member: parsed.arrayMember }]);
    }
    for (const inner of parsed.volumes) {
      const within = await this.look(inner.volume, depth + 1);
      if (within.length > 0) found.inside.set(inner.path, within);
    }
    return found;
  }
}

function isSame(a: Structure, b: Structure): boolean {
  return a.kind === 'notUnderstood' && b.kind === 'notUnderstood' && a.name === b.name;
}

/** The structure and what is in it; without recursion, as an image may have made it deep. */
function count(structure: Structure): number {
  let structures = 0;
  const open = [structure];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    structures += 1;
    for (const child of next.children) open.push(child);
  }
  return structures;
}
