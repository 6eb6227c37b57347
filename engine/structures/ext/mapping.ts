import type { Extent } from '#shared/structures/structure.ts';
import type { ExtReader } from './ext-reader.ts';
import { mapExtentTree } from './extent-tree.ts';
import type { BlockRun } from './geometry.ts';
import { mapIndirectBlocks } from './indirect-blocks.ts';
import { INODE_FLAG, type Inode, isFastSymlink } from './inode.ts';

/** Blocks of a file that lie in one piece on the volume. */
export interface MappedRun extends BlockRun {
  /** Which block of the file comes first. */
  readonly logicalBlock: number;
  /** Reserved for the file, but read as zeros until written. */
  readonly unwritten: boolean;
}

/** More than this many sentences about one inode's map tell nothing new. */
const MOST_PROBLEMS = 8;

/** Collects what an inode's map says, within bounds, and without believing it. */
export class MapCollector {
  readonly runs: MappedRun[] = [];
  /** Blocks that the map itself takes: nodes of the extent tree, indirect blocks. */
  readonly ownBlocks: number[] = [];
  readonly problems: string[] = [];
  /** Whether runs were left out, as there are too many. */
  leftOut = false;
  readonly #reader: ExtReader;
  readonly #claimed: Set<number>;
  readonly #mostRuns: number;

  /** @param claimed the blocks that maps already read are kept in; no sane block is of two. */
  constructor(reader: ExtReader, claimed: Set<number>) {
    this.#reader = reader;
    this.#claimed = claimed;
    this.#mostRuns = reader.budget.extentsLeft;
  }

  /** Adds a piece of the file; what lies outside the file system becomes a problem. */
  add(run: MappedRun): void {
    if (!this.#reader.isInside(run)) {
      this.problem(
        `its blocks from ${run.logicalBlock} on are said to lie in block ${run.firstBlock}, outside`,
      );
      return;
    }
    const last = this.runs.at(-1);
    if (
      last !== undefined &&
      last.logicalBlock + last.count === run.logicalBlock &&
      last.firstBlock + last.count === run.firstBlock &&
      last.unwritten === run.unwritten
    ) {
      this.runs[this.runs.length - 1] = { ...last, count: last.count + run.count };
      return;
    }
    if (this.runs.length >= this.#mostRuns) this.leftOut = true;
    else this.runs.push(run);
  }

  /** Reads a block of the map; null, and a problem, where it is outside, already part of a map, or not to be had. */
  async ownBlock(block: number): Promise<Uint8Array | null> {
    if (this.leftOut) return null;
    if (this.#claimed.has(block)) {
      this.problem(`block ${block} of its map is already part of a map`);
      return null;
    }
    await this.#reader.breathe();
    const bytes = await this.#reader.attempt(() => this.#reader.block(block, 'a block of its map'));
    if (!(bytes instanceof Uint8Array)) {
      this.problem(bytes.reason);
      return null;
    }
    this.#claimed.add(block);
    this.ownBlocks.push(block);
    return bytes;
  }

  /** Notes what is wrong, as a clause. */
  problem(text: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(text);
  }
}

/** Reads where inodes keep their data. One serves a whole file system, so that no two maps share a block unnoticed. */
export class Mapper {
  readonly #reader: ExtReader;
  readonly #claimed = new Set<number>();

  constructor(reader: ExtReader) {
    this.#reader = reader;
  }

  /** The map of an inode: empty where its data lies in itself, or it has none. */
  async map(inode: Inode): Promise<MapCollector> {
    const collector = new MapCollector(this.#reader, this.#claimed);
    const hasBlocks = inode.type === 'file' || inode.type === 'directory' || inode.type === 'symlink';
    const isInline = (inode.flags & INODE_FLAG.inlineData) !== 0 || isFastSymlink(inode);
    if (!hasBlocks || isInline) return collector;
    if ((inode.flags & INODE_FLAG.extents) !== 0) await mapExtentTree(this.#reader, inode, collector);
    else await mapIndirectBlocks(this.#reader, inode, collector);
    return collector;
  }
}

/**
 * Runs as extents of the volume, ascending and without overlap. What a run shares with one before it on the disk is
 * dropped and told in `problems`.
 */
export function fileExtents(reader: ExtReader, map: MapCollector): Extent[] {
  const blockBytes = BigInt(reader.superblock.blockBytes);
  const sorted = map.runs.toSorted((a, b) => a.firstBlock - b.firstBlock);
  const extents: Extent[] = [];
  let nextFree = 0;
  for (const run of sorted) {
    const shared = Math.max(0, nextFree - run.firstBlock);
    if (shared > 0) map.problem(`block ${run.firstBlock} is mapped twice`);
    if (shared >= run.count) continue;
    nextFree = run.firstBlock + run.count;
    extents.push({
      startBytes: BigInt(run.firstBlock + shared) * blockBytes,
      endBytes: BigInt(nextFree) * blockBytes,
      fileBytes: BigInt(run.logicalBlock + shared) * blockBytes,
    });
  }
  return extents;
}

/** Block numbers in any order as runs, ascending, each block once. */
export function runsOfBlocks(blocks: readonly number[]): BlockRun[] {
  const runs: BlockRun[] = [];
  for (const block of blocks.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && block < last.firstBlock + last.count) continue;
    if (last !== undefined && block === last.firstBlock + last.count) {
      runs[runs.length - 1] = { firstBlock: last.firstBlock, count: last.count + 1 };
    } else {
      runs.push({ firstBlock: block, count: 1 });
    }
  }
  return runs;
}
