import * as v from 'valibot';
import { STRUCTURE_KINDS, type StructureKind } from '../structures/structure.ts';
import { SpanSchema } from './time.ts';

/**
 * What lies where on the session's disks: what is known of it (a part of the session's description), how a window says where
 * it is to be read, and the questions about it. Knowledge is the engine's, a version for each time that what is written on a
 * disk was read again; a question carries the sequence number of the moment that is shown, and is answered by what was known
 * then, or by what became known soonest after it.
 *
 * A structure is named by the disk whose tree it stands in, and its path: keys joined with "/", the empty path for the disk
 * itself. What lies in an array stands in the tree of one of its members and has places on all of them. Blocks are of 4096
 * bytes, as in the picture.
 */

const whole = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const disk = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const count = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));
const path = v.pipe(v.string(), v.maxLength(1024));
const bytesText = v.pipe(v.string(), v.regex(/^\d{1,20}$/));
const place = { disk, atSequence: whole };

/** Children of a structure that one answer tells at most. */
export const MAX_STRUCTURE_CHILDREN = 500;
/** Regions that one answer tells at most. */
export const MAX_STRUCTURE_REGIONS = 4096;
/** Requests that one question may ask the names of. */
export const MAX_NAMED_REQUESTS = 1000;

/** Questions about structures, as part of all questions. None of them needs a history; `account` tells what is kept of one. */
export const STRUCTURE_QUESTIONS = [
  /** A structure with its facts, and its children from `firstChild` on. JSON {@link StructuresAnswer}. */
  v.strictObject({
    about: v.literal('structures'),
    ...place,
    path,
    firstChild: whole,
    limit: count(MAX_STRUCTURE_CHILDREN),
  }),
  /** What a block belongs to. JSON {@link StructureAtAnswer}. */
  v.strictObject({ about: v.literal('structureAt'), ...place, block: whole }),
  /**
   * What lies on [firstBlock, endBlock), in order and without overlap: the innermost structure of each stretch. Columns, one
   * element a region: `firstBlock`, `endBlock` (u64), `kind` (u8, place in STRUCTURE_KINDS), `name` (u32, place in the JSON's
   * lists). JSON {@link StructureRegionsAnswer}. Where there are more than `most`, neighbours are told as one: the region then
   * tells the structure that both lie in, or the larger one.
   */
  v.strictObject({
    about: v.literal('structureRegions'),
    ...place,
    firstBlock: whole,
    endBlock: whole,
    most: count(MAX_STRUCTURE_REGIONS),
  }),
  /**
   * Where a structure lies: columns `disk` (u8), `firstBlock`, `endBlock` (u64), ascending on each disk, without overlap; what has
   * no place of its own lies where its children do. JSON {@link StructureExtentsAnswer}.
   */
  v.strictObject({ about: v.literal('structureExtents'), ...place, path }),
  /** Names of requests by what they touched: `write: journal`. JSON {@link RequestNamesAnswer}. */
  v.strictObject({
    about: v.literal('requestNames'),
    requests: v.pipe(
      v.array(
        v.strictObject({
          disk,
          sequence: whole,
          /** A number of Op (events/vocabulary.ts). */
          op: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
          offsetBytes: bytesText,
          lengthBytes: bytesText,
        }),
      ),
      v.maxLength(MAX_NAMED_REQUESTS),
    ),
  }),
  /** What happened in a span, in plain words. JSON {@link AccountAnswer}. */
  v.strictObject({
    about: v.literal('account'),
    span: SpanSchema,
    /** The session's disk numbers; null for all. */
    disks: v.nullable(v.pipe(v.array(disk), v.maxLength(256))),
  }),
] as const;

/** A structure as others are listed with it. */
export interface StructureLine {
  readonly disk: number;
  readonly path: string;
  readonly kind: StructureKind;
  readonly name: string;
}

/** A structure among its siblings. */
export interface StructureChild extends StructureLine {
  /** How many children it has itself. */
  readonly children: number;
  /** Bytes of it on disks, decimal; of what has no place of its own, those of what it consists of. */
  readonly bytes: string;
}

export interface StructuresAnswer {
  readonly node: StructureChild & {
    readonly facts: readonly (readonly [label: string, value: string])[];
    /** How many extents it has. */
    readonly extents: number;
  };
  readonly children: readonly StructureChild[];
  /** Children that are not known, as there are more than are read. */
  readonly childrenLeftOut: number;
  /** The version of what is known that this tells, and the sequence number from which it holds. */
  readonly version: number;
  readonly fromSequence: number;
}

/** A structure that a block belongs to, with all that it lies in. */
export interface StructureChain {
  /** Outermost first: the disk itself is left out. */
  readonly chain: readonly StructureLine[];
  /** What of the block belongs to it, bytes from its beginning, [fromBytes, toBytes). */
  readonly fromBytes: number;
  readonly toBytes: number;
  /** For what a file owns: which of its bytes those are, decimal, [from, to); else null. */
  readonly fileBytes: readonly [from: string, to: string] | null;
}

export interface StructureAtAnswer {
  /** In the order in which they lie there: several where small ones share the block. Empty when nothing is known of it. */
  readonly chains: readonly StructureChain[];
  readonly version: number;
}

export interface StructureRegionsAnswer {
  /** What regions are named by, and the disk and path of each. */
  readonly names: readonly string[];
  readonly disks: readonly number[];
  readonly paths: readonly string[];
  /** Whether neighbours were told as one. */
  readonly isCoarse: boolean;
  readonly version: number;
}

export interface StructureExtentsAnswer {
  /** Bytes of it on all disks together, decimal. */
  readonly bytes: string;
  /** Extents that were left out, as there are more than one answer tells. */
  readonly leftOut: number;
}

/** What a request touched. */
export interface RequestName {
  /** `write: journal`; of several structures those with most of its bytes first: `write: inode table, group 1 and 2 others`. */
  readonly text: string;
  /** The structure named first. */
  readonly structure: StructureLine;
}

export interface RequestNamesAnswer {
  /** As the requests were asked; null for one of which nothing is known, or that touches nothing. */
  readonly names: readonly (RequestName | null)[];
}

/** One thing that happened. */
export interface AccountSentence {
  readonly text: string;
  /** From the first to the last of its requests; others may lie between. */
  readonly fromSequence: number;
  readonly toSequence: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** How many requests it tells of. */
  readonly requests: number;
  /** The disk that it tells of, and what of it: its blocks light up when the sentence is picked. Null for a disk as a whole. */
  readonly disk: number;
  readonly path: string | null;
}

export interface AccountAnswer {
  /** In the order of their first requests. */
  readonly sentences: readonly AccountSentence[];
  /** Sentences that were left out, as there are more than one answer tells. */
  readonly leftOut: number;
  /** The moment, µs, from which on writes, trims and zeroes were not looked at, as there are too many; null when all were. */
  readonly untoldFromUs: number | null;
}

/** A question that is answered from what is known of structures. */
export type StructureQuestion = v.InferOutput<(typeof STRUCTURE_QUESTIONS)[number]>;

const STRUCTURE_ABOUT: ReadonlySet<string> = new Set(
  STRUCTURE_QUESTIONS.map((question) => question.entries.about.literal),
);

export function isStructureQuestion<Other extends { readonly about: string }>(
  question: Other | StructureQuestion,
): question is StructureQuestion {
  return STRUCTURE_ABOUT.has(question.about);
}

/** What a window can ask for about structures; part of the commands. */
export const STRUCTURE_COMMANDS = [
  /** Whether what lies on a disk is read and kept. */
  v.strictObject({ command: v.literal('explainDisk'), disk, on: v.boolean() }),
  /**
   * Says where the bytes of a disk that is not hosted here can be read: the path of an image file, or an NBD URI; null forgets it.
   * It is read, never written. Turns explaining on.
   */
  v.strictObject({
    command: v.literal('setDiskImage'),
    disk,
    from: v.nullable(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(4096))),
  }),
] as const;

/** What is known of the structures on one disk. */
export const DiskStructuresSchema = v.object({
  disk: v.number(),
  /**
   * off: not read, as nobody wants it; nowhere: there is nothing to read it from yet; reading: being read for the first time, nothing is
   * known yet; known: read, and read again when it is written; recorded: it came with a capture; failed: it cannot be read.
   */
  state: v.picklist(['off', 'nowhere', 'reading', 'known', 'recorded', 'failed']),
  /** The state in words: `GPT, 2 partitions; ext4 on partition 1`, or what is wrong and what to do. */
  words: v.string(),
  /** Where it is read: null for nowhere. `host`: from the disk that is hosted here; others by path or URI. */
  source: v.nullable(v.object({ kind: v.picklist(['host', 'image', 'uri', 'capture']), name: v.string() })),
  /** Rises whenever something became known, never to a number it had before: what was asked may have another answer now. 0 for nothing. */
  version: v.number(),
  /** The sequence number from which the last version holds, and how many versions are kept. */
  fromSequence: v.number(),
  versions: v.number(),
  /** Structures in the last of them. */
  structures: v.number(),
});
export type DiskStructures = v.InferOutput<typeof DiskStructuresSchema>;

/** The name of a kind by its place in a column; what is not known is `notUnderstood`. */
export function structureKind(number: number): StructureKind {
  return STRUCTURE_KINDS[number] ?? 'notUnderstood';
}
