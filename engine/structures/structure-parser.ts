import type { Extent, Structure } from '#shared/structures/structure.ts';
import type { MdMember } from './md/md-member.ts';
import type { Volume } from './volume.ts';

/** What a parser found on a volume. */
export interface Parsed {
  readonly structure: Structure;
  /** Volumes inside, to be looked at in turn: partitions, the data of an array's members. */
  readonly volumes: readonly InnerVolume[];
  /**
   * The volume belongs to an array: what else is on it is the array's, which is put together once all disks have been looked
   * at, so no other parser is asked.
   */
  readonly arrayMember?: MdMember;
}

/** A volume that lies inside a structure, which becomes the parent of what is found there. */
export interface InnerVolume {
  /** The structure that holds it, by its keys below {@link Parsed.structure}: `p1`, `p3/p5`; empty for that itself. */
  readonly path: string;
  readonly volume: Volume;
}

/**
 * Reads one kind of structure from a volume. A parser keeps nothing between calls, reads only, and trusts no number that it
 * reads: what is inconsistent becomes a structure of kind `notUnderstood` or a {@link NotUnderstood}, never a crash, a hang or
 * memory without bound. How much it may read is up to the volume. How to write one: docs/structure-parsers.md.
 */
export interface StructureParser {
  /** `GPT`, `ext4`, for messages. */
  readonly name: string;
  /** Null when the volume holds nothing of the kind; throws {@link NotUnderstood} when it does but cannot be read. */
  parse(volume: Volume, limits: ParseLimits): Promise<Parsed | null>;
}

export interface ParseLimits {
  /** The most structures to make, files among them. */
  readonly maxStructures: number;
  /** Throws when the work is to stop; gives way to other work when it has gone on for long. Awaited in every long loop. */
  breathe(): Promise<void>;
}

/** There is something of the parser's kind, but it is damaged or of a form not known: why. */
export class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
  /** Where what is not understood lies on the volume; empty when that is not known either. */
  readonly extents: readonly Extent[];

  /** @param why the end of a sentence that begins "not understood here, because". */
  constructor(why: string, extents: readonly Extent[] = []) {
    super(why);
    this.extents = extents;
  }
}
