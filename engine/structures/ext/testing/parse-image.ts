import type { Structure } from '#shared/structures/structure.ts';
import { treeOfImage } from '../../testing/images.ts';
import { extParser } from '../ext-parser.ts';
import type { BlockRun } from '../geometry.ts';

/** What the parser finds in an image file; throws when that is nothing. */
export async function parseImage(image: string): Promise<Structure> {
  const disk = await treeOfImage(image, [extParser]);
  const found = disk.children[0];
  if (found === undefined) throw new Error(`no file system was found in ${image}`);
  return found;
}

/** A structure's extents in blocks. */
export function blocksOf(structure: Structure, blockBytes: number): BlockRun[] {
  return structure.extents.map(({ startBytes, endBytes }) => ({
    firstBlock: Number(startBytes) / blockBytes,
    count: Number(endBytes - startBytes) / blockBytes,
  }));
}

/** A structure and all within it. */
export function* walk(structure: Structure): Generator<Structure> {
  yield structure;
  for (const child of structure.children) yield* walk(child);
}
