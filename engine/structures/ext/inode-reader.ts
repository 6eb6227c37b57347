import { NotUnderstood } from '../structure-parser.ts';
import { DescriptorReader, type GroupDescriptor } from './descriptors.ts';
import { type ExtReader, isTrouble } from './ext-reader.ts';
import { inodeTableBlocks } from './geometry.ts';
import { type Inode, parseInode } from './inode.ts';

/** Where an inode tells when it was deleted. */
const DELETED_AT = 0x14;

/** Finds inodes by number, and reads them a block of the inode table at a time. */
export class InodeReader {
  readonly #reader: ExtReader;
  readonly #descriptors: DescriptorReader;
  #block = -1;
  #bytes: Uint8Array = new Uint8Array();

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
    const { bytes, offsetBytes } = await this.#stored(number, descriptor, index);
    // A copy: an inode is kept after the block it came from, and must not keep the block.
    return parseInode(this.#reader, number, offsetBytes, bytes.slice());
  }

  /** Whether the inode at `index` of a group's table was in use and is no longer: quick, as tables have many. */
  async isDeleted(number: number, descriptor: GroupDescriptor, index: number): Promise<boolean> {
    const { bytes } = await this.#stored(number, descriptor, index);
    const mode = (bytes[0] ?? 0) | (bytes[1] ?? 0);
    return mode !== 0 && bytes.subarray(DELETED_AT, DELETED_AT + 4).some((byte) => byte !== 0);
  }

  /** The block's own bytes: not to be kept. */
  async #stored(
    number: number,
    descriptor: GroupDescriptor,
    index: number,
  ): Promise<{ readonly bytes: Uint8Array; readonly offsetBytes: bigint }> {
    const { superblock } = this.#reader;
    const table = { firstBlock: descriptor.inodeTableBlock, count: inodeTableBlocks(superblock) };
    if (!this.#reader.isInside(table)) {
      throw new NotUnderstood(`inode ${number} is said to lie in a table outside the file system`);
    }
    const perBlock = superblock.blockBytes / superblock.inodeBytes;
    const block = table.firstBlock + Math.floor(index / perBlock);
    if (block !== this.#block) {
      this.#bytes = await this.#reader.block(block, `inode ${number}`);
      this.#block = block;
    }
    const at = (index % perBlock) * superblock.inodeBytes;
    const offsetBytes = this.#reader.offsetBytes(block) + BigInt(at);
    return { bytes: this.#bytes.subarray(at, at + superblock.inodeBytes), offsetBytes };
  }
}
