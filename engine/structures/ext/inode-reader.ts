import { NotUnderstood } from '../structure-parser.ts';
import { DescriptorReader, type GroupDescriptor } from './descriptors.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import { inodeTableBlocks } from './geometry.ts';
import { type Inode, parseInode } from './inode.ts';

/** Finds inodes by number, and reads them a block of the inode table at a time. */
export class InodeReader {
  readonly #reader: ExtReader;
  readonly #descriptors: DescriptorReader;
  #block = -1;
  #bytes = new Uint8Array();

  constructor(reader: ExtReader) {
    this.#reader = reader;
    this.#descriptors = new DescriptorReader(reader);
  }

  /** Throws {@link NotUnderstood} where there is no such inode, or no table that holds it. */
  async get(number: number): Promise<Inode> {
    const { superblock } = this.#reader;
    if (number < 1 || number > superblock.inodesCount) {
      throw new NotUnderstood(`there is no inode ${number}; they go from 1 to ${superblock.inodesCount}`);
    }
    const group = Math.floor((number - 1) / superblock.inodesPerGroup);
    const descriptor = await this.#descriptors.get(group);
    if (isTrouble(descriptor)) throw new NotUnderstood(descriptor.reason);
    const index = (number - 1) % superblock.inodesPerGroup;
    return await this.at(number, descriptor, index);
  }

  /** The inode at `index` of a group's table. */
  async at(number: number, descriptor: GroupDescriptor, index: number): Promise<Inode> {
    const { superblock } = this.#reader;
    const table = { firstBlock: descriptor.inodeTableBlock, count: inodeTableBlocks(superblock) };
    if (!this.#reader.isInside(table)) {
      throw new NotUnderstood(`inode ${number} is said to lie in a table outside the file system`);
    }
    const perBlock = superblock.blockBytes / superblock.inodeBytes;
    const block = table.firstBlock + Math.floor(index / perBlock);
    if (block !== this.#block) {
      this.#bytes = new Uint8Array(await this.#reader.block(block, `inode ${number}`));
      this.#block = block;
    }
    const at = (index % perBlock) * superblock.inodeBytes;
    // A copy: an inode is kept after the block it came from, and must not keep the block.
    const bytes = this.#bytes.slice(at, at + superblock.inodeBytes);
    return parseInode(this.#reader, number, this.#reader.offsetBytes(block) + BigInt(at), bytes);
  }
}
