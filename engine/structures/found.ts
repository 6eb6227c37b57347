import type { Structure } from '#shared/structures/structure.ts';
import { type InnerVolume, NotUnderstood, type Parsed } from './structure-parser.ts';
import { type Volume, VolumeReadError } from './volume.ts';

/** What was found on a volume: a structure, and what was found in the volumes inside it. */
export interface Found {
  readonly structure: Structure;
  /** Where the structure's extents count. */
  readonly volume: Volume;
  /** By the path of what holds them below the structure ({@link InnerVolume.path}). */
  readonly inside: Map<string, Found[]>;
  /** All of the volume is an array's. */
  readonly isMember: boolean;
}

/** The key of what stands where bytes could not be had; a suffix may follow. */
export const UNREAD_KEY = 'unread';

/** Sentences are shown to people, and an image may have put into one what it likes. */
const MAX_SENTENCE = 400;

export function foundOf(parsed: Parsed, volume: Volume): Found {
  return {
    structure: parsed.structure,
    volume,
    inside: new Map(),
    isMember: parsed.arrayMember !== undefined,
  };
}

/** What stands in the tree where a parser gave up, whatever it threw. */
export function notUnderstood(parserName: string, volume: Volume, error: unknown): Found {
  const unread = error instanceof VolumeReadError;
  const what = unread ? 'what may be here' : parserName;
  return {
    structure: {
      key: unread ? UNREAD_KEY : parserName.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
      kind: 'notUnderstood',
      name: `${what}: not understood here, because ${reason(error)}`.slice(0, MAX_SENTENCE),
      facts: [],
      extents: error instanceof NotUnderstood ? error.extents : [],
      children: [],
    },
    volume,
    inside: new Map(),
    isMember: false,
  };
}

function reason(error: unknown): string {
  if (error instanceof NotUnderstood || error instanceof VolumeReadError) return error.message;
  // A parser ran into numbers that it did not check: the image's fault or ours, but nobody else's.
  return `it does not hold together (${error instanceof Error ? error.message : String(error)})`;
}
