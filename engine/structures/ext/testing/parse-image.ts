import type { Structure } from '#shared/structures/structure.ts';
import type { ParseLimits } from '../../structure-parser.ts';
import { extParser } from '../ext-parser.ts';
import type { BlockRun } from '../geometry.ts';
import { FileVolume } from './file-volume.ts';

/** Limits that stop nothing that a test makes. */
export const WIDE_LIMITS: ParseLimits = { maxStructures: 100_000, breathe: async () => {} };

/** Parses an image file; throws when nothing is found in it. */
export async function parseImage(image: string, limits: ParseLimits = WIDE_LIMITS): Promise<Structure> {
  using volume = new FileVolume(image);
  const parsed = await extParser.parse(volume, limits);
  if (parsed === null) throw new Error(`no file system was found in ${image}`);
  return parsed.structure;
}

/** The child of a structure that a path of keys leads to; throws when there is none. */
export function at(structure: Structure, path: string): Structure {
  let here = structure;
  for (const key of path.split('/')) {
    const next = here.children.find((child) => child.key === key);
    if (next === undefined) {
      throw new Error(
        `${here.key} has no "${key}", but ${here.children.map((child) => child.key).join(', ')}`,
      );
    }
    here = next;
  }
  return here;
}

/** A structure's extents in blocks. */
export function blocksOf(structure: Structure, blockBytes: number): BlockRun[] {
  return structure.extents.map(({ startBytes, endBytes }) => ({
    firstBlock: Number(startBytes) / blockBytes,
    count: Number(endBytes - startBytes) / blockBytes,
  }));
}

/** The value of a fact, or undefined. */
export function fact(structure: Structure, label: string): string | undefined {
  return structure.facts.find(([name]) => name === label)?.[1];
}

/** A structure and all within it. */
export function* walk(structure: Structure): Generator<Structure> {
  yield structure;
  for (const child of structure.children) yield* walk(child);
}
