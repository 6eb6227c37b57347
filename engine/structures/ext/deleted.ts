import type { Extent } from '#shared/structures/structure.ts';
import { type Bitmap, isSet, readBlockBitmap } from './bitmaps.ts';
import type { StructureDraft } from './budget.ts';
import { DescriptorReader } from './descriptors.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import type { Inode } from './inode.ts';
import { inodeFacts } from './inode-structures.ts';
import { fileExtents, type Mapper } from './mapping.ts';
import { momentText } from './text.ts';

/** Makes structures of deleted inodes: what they held, as far as nothing else has taken it since. */
export class DeletedFiles {
  readonly #reader: ExtReader;
  readonly #mapper: Mapper;
  readonly #descriptors: DescriptorReader;
  #group = -1;
  #bitmap: Bitmap | null = null;

  constructor(reader: ExtReader, mapper: Mapper) {
    this.#reader = reader;
    this.#mapper = mapper;
    this.#descriptors = new DescriptorReader(reader);
  }

  /** A deleted inode with those of its blocks that are free, which may still have what was in the file. */
  async make(inode: Inode): Promise<StructureDraft> {
    const { budget } = this.#reader;
    const map = await this.#mapper.map(inode);
    let mapIsFree = true;
    for (const block of map.ownBlocks) if (!(await this.#isFree(block))) mapIsFree = false;
    // A block of the map that is in use again says nothing of this file.
    const free = mapIsFree ? await this.#freeParts(fileExtents(this.#reader, map)) : [];
    const { facts } = inodeFacts(this.#reader, inode, map);
    facts.push(['deleted', momentText(inode.deletedSeconds)]);
    return budget.make('file', `inode:${inode.number}`, `deleted inode ${inode.number}`, free, facts);
  }

  async #freeParts(extents: readonly Extent[]): Promise<Extent[]> {
    const blockBytes = BigInt(this.#reader.superblock.blockBytes);
    const parts: Extent[] = [];
    for (const { startBytes, endBytes, fileBytes = 0n } of extents) {
      let partBytes = startBytes;
      for (let at = startBytes; at <= endBytes; at += blockBytes) {
        if (at < endBytes && (await this.#isFree(Number(at / blockBytes)))) continue;
        if (at > partBytes) {
          parts.push({
            startBytes: partBytes,
            endBytes: at,
            fileBytes: fileBytes + (partBytes - startBytes),
          });
        }
        partBytes = at + blockBytes;
      }
    }
    return parts;
  }

  async #isFree(block: number): Promise<boolean> {
    const { superblock } = this.#reader;
    const inside = block - superblock.firstDataBlock;
    const group = Math.floor(inside / superblock.blocksPerGroup);
    if (group !== this.#group) {
      await this.#reader.breathe();
      this.#group = group;
      this.#bitmap = await this.#read(group);
    }
    const cluster = Math.floor((inside % superblock.blocksPerGroup) / superblock.clusterBlocks);
    return this.#bitmap !== null && !isSet(this.#bitmap, cluster);
  }

  async #read(group: number): Promise<Bitmap | null> {
    const descriptor = await this.#descriptors.get(group);
    if (isTrouble(descriptor)) return null;
    const bitmap = await this.#reader.attempt(() => readBlockBitmap(this.#reader, group, descriptor));
    return isTrouble(bitmap) ? null : bitmap;
  }
}
