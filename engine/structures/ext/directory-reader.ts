import { inlineRest } from './attributes.ts';
import {
  type DirectoryEntry,
  INLINE_PARENT_BYTES,
  isDirectoryChecksumRight,
  parseDirectoryBlock,
} from './directory.ts';
import type { ExtReader } from './ext-reader.ts';
import { isTrouble } from './ext-reader.ts';
import { blockMapOf, INODE_FLAG, type Inode } from './inode.ts';
import type { MapCollector } from './mapping.ts';

/** What a directory holds. */
export interface DirectoryListing {
  readonly entries: readonly DirectoryEntry[];
  /** Names beyond those that were asked for. */
  readonly leftOut: number;
}

/** Reads directories. One serves a whole file system, so that no block is read as part of two. */
export class DirectoryReader {
  readonly #reader: ExtReader;
  readonly #claimed = new Set<number>();

  constructor(reader: ExtReader) {
    this.#reader = reader;
  }

  /** At most `most` entries of a directory, and how many there are beyond. What is wrong is added to the map's problems. */
  async list(inode: Inode, map: MapCollector, most: number): Promise<DirectoryListing> {
    const entries: DirectoryEntry[] = [];
    let leftOut = 0;
    const add = (found: readonly DirectoryEntry[]): void => {
      for (const entry of found) {
        if (entries.length < most) entries.push(entry);
        else leftOut++;
      }
    };
    const { blockBytes } = this.#reader.superblock;
    for (const area of inlineAreas(inode)) {
      const { entries: found, problem } = parseDirectoryBlock(area, blockBytes);
      add(found);
      if (problem !== null) map.problem(`of the names in its inode ${problem}`);
    }
    const blocksCount = Math.ceil(inode.sizeBytes / blockBytes);
    for (const run of map.runs) {
      if (run.unwritten) continue;
      const end = Math.min(run.count, blocksCount - run.logicalBlock);
      for (let index = 0; index < end; index++) add(await this.#block(inode, map, run.firstBlock + index));
    }
    return { entries, leftOut };
  }

  async #block(inode: Inode, map: MapCollector, block: number): Promise<readonly DirectoryEntry[]> {
    await this.#reader.breathe();
    if (this.#claimed.has(block)) {
      map.problem(`block ${block} is already part of a directory`);
      return [];
    }
    this.#claimed.add(block);
    const bytes = await this.#reader.attempt(() => this.#reader.block(block, 'a block of a directory'));
    if (isTrouble(bytes)) {
      map.problem(bytes.reason);
      return [];
    }
    const { entries, problem } = parseDirectoryBlock(bytes, this.#reader.superblock.blockBytes);
    if (problem !== null) map.problem(`of block ${block} ${problem}`);
    if (this.#reader.hasChecksums && !isDirectoryChecksumRight(this.#reader, inode, bytes)) {
      map.problem(`the checksum of block ${block} is wrong`);
    }
    return entries;
  }
}

/** The parts of an inode that hold entries; none when it has none in itself. */
function inlineAreas(inode: Inode): Uint8Array[] {
  if ((inode.flags & INODE_FLAG.inlineData) === 0) return [];
  const areas = [blockMapOf(inode).subarray(INLINE_PARENT_BYTES)];
  const rest = inlineRest(inode);
  if (rest !== null) areas.push(inode.bytes.subarray(rest.at, rest.at + rest.lengthBytes));
  return areas;
}
