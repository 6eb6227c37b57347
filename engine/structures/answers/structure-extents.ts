import type { Answer } from '#shared/channel/answer.ts';
import { MAX_STRUCTURE_REGIONS, type StructureExtentsAnswer } from '#shared/contract/structures.ts';
import type { Extent, Structure } from '#shared/structures/structure.ts';
import { RefusedError } from '../../refused-error.ts';
import { placesOf, structureAtPath, structuresOn } from '../knowledge/paths.ts';
import type { Sight, StructureQuestionAbout } from './answers.ts';

const BLOCK_BYTES = 4096n;

/** Where a structure lies. What is in an array lies on all disks in whose trees the array stands. */
export async function answerStructureExtents(
  sight: Sight,
  { disk, path, atSequence }: StructureQuestionAbout<'structureExtents'>,
): Promise<Answer> {
  const { version } = sight.versionAt(disk, atSequence);
  const structure = structureAtPath(version.tree, path);
  if (structure === null) throw new RefusedError(`there is no ${path} on disk ${disk} at that moment`);
  const places = new Map<number, readonly Extent[]>([[disk, placesOf(structure)]]);
  const array = structuresOn(version.tree, path).find(({ kind }) => kind === 'array');
  if (array !== undefined) {
    for (const [other, { versions }] of sight.known.disks) {
      const tree = other === disk ? null : (versions.at(atSequence)?.tree ?? null);
      if (tree === null) continue;
      const there = sameInArray(tree, version.tree, path, array);
      if (there !== null) places.set(other, placesOf(there));
      await sight.breathe();
    }
  }
  return answerOf(places);
}

/** The structure on another disk that is a part of the same thing; null when that disk has none of it. */
function sameInArray(tree: Structure, own: Structure, path: string, array: Structure): Structure | null {
  const keys = path.split('/');
  const within = keys.slice(structuresOn(own, path).indexOf(array));
  for (const found of arraysIn(tree)) {
    if (found.key !== array.key || found.name !== array.name) continue;
    return structureAtPath(found, within.join('/'));
  }
  return null;
}

function* arraysIn(structure: Structure): Generator<Structure> {
  if (structure.kind === 'array') yield structure;
  // An array lies in a disk, its partitions or what makes them members of it, never below a file system.
  if (structure.kind === 'fileSystem') return;
  for (const child of structure.children) yield* arraysIn(child);
}

function answerOf(places: ReadonlyMap<number, readonly Extent[]>): Answer {
  const disks: number[] = [];
  const first: bigint[] = [];
  const end: bigint[] = [];
  let bytes = 0n;
  let leftOut = 0;
  for (const [disk, extents] of [...places].sort(([a], [b]) => a - b)) {
    for (const { startBytes, endBytes } of [...extents].sort((a, b) =>
      a.startBytes < b.startBytes ? -1 : 1,
    )) {
      bytes += endBytes - startBytes;
      const firstBlock = startBytes / BLOCK_BYTES;
      const endBlock = (endBytes + BLOCK_BYTES - 1n) / BLOCK_BYTES;
      const last = disks.length - 1;
      const lastEnd = disks[last] === disk ? (end[last] ?? -1n) : -1n;
      if (lastEnd >= firstBlock) {
        if (endBlock > lastEnd) end[last] = endBlock;
      } else if (disks.length >= MAX_STRUCTURE_REGIONS) {
        leftOut += 1;
      } else {
        disks.push(disk);
        first.push(firstBlock);
        end.push(endBlock);
      }
    }
  }
  const json: StructureExtentsAnswer = { bytes: `${bytes}`, leftOut };
  return {
    json,
    columns: {
      disk: Uint8Array.from(disks),
      firstBlock: BigUint64Array.from(first),
      endBlock: BigUint64Array.from(end),
    },
  };
}
