import { Fields } from '../fields.ts';
import { joined } from './block-number.ts';
import { crc16, crc32c, crc32cOfU32, littleEndian32 } from './checksum.ts';
import { type ExtReader, isTrouble, type Trouble } from './ext-reader.ts';
import { INCOMPAT, RO_COMPAT } from './features.ts';
import { descriptorBlockAt, descriptorsPerBlock } from './geometry.ts';

const FLAG_INODE_UNINIT = 0x1;
const FLAG_BLOCK_UNINIT = 0x2;
const FLAG_INODE_ZEROED = 0x4;
const CHECKSUM_AT = 0x1e;

/** Where a group's own structures lie, and what is counted of it. Nothing in it is checked against the volume yet. */
export interface GroupDescriptor {
  readonly blockBitmapBlock: number;
  readonly inodeBitmapBlock: number;
  readonly inodeTableBlock: number;
  /** In clusters with bigalloc, else in blocks. */
  readonly freeClusters: number;
  readonly freeInodes: number;
  readonly directories: number;
  /** Inodes at the table's end that were never used; 0 where such are not counted. */
  readonly unusedInodes: number;
  readonly blockBitmapUninit: boolean;
  readonly inodeTableUninit: boolean;
  readonly inodeTableZeroed: boolean;
  readonly blockBitmapChecksum: number;
  readonly inodeBitmapChecksum: number;
  /** Whether the descriptor's checksum is right; null where it has none. */
  readonly checksumRight: boolean | null;
}

/** Reads group descriptors as they are asked for, a block of them at a time. */
export class DescriptorReader {
  readonly #reader: ExtReader;
  #block = -1;
  #bytes: Uint8Array | Trouble = { reason: '' };
  #group = -1;
  #last: GroupDescriptor | Trouble = { reason: '' };

  constructor(reader: ExtReader) {
    this.#reader = reader;
  }

  /** The descriptor of a group below {@link ExtSuperblock.groupsCount}, or why it cannot be had. */
  async get(group: number): Promise<GroupDescriptor | Trouble> {
    // Neighbours in a directory are neighbours in a group.
    if (group === this.#group) return this.#last;
    const { superblock } = this.#reader;
    const perBlock = descriptorsPerBlock(superblock);
    const index = Math.floor(group / perBlock);
    if (index !== this.#block) {
      const block = descriptorBlockAt(superblock, index);
      this.#bytes = await this.#reader.attempt(() =>
        this.#reader.block(block, `the descriptor of group ${group}`),
      );
      this.#block = index;
    }
    const at = (group % perBlock) * superblock.descriptorBytes;
    this.#group = group;
    this.#last = isTrouble(this.#bytes)
      ? this.#bytes
      : parseDescriptor(this.#reader, group, this.#bytes.subarray(at, at + superblock.descriptorBytes));
    return this.#last;
  }
}

/** Kernel Documentation/filesystems/ext4/group_descr.rst; e2fsprogs `struct ext4_group_desc`. */
function parseDescriptor(reader: ExtReader, group: number, bytes: Uint8Array): GroupDescriptor {
  const view = new Fields(bytes);
  const { superblock } = reader;
  const wide = (superblock.features.incompat & INCOMPAT.has64Bit) !== 0;
  const high16 = (offset: number): number => (wide ? view.u16(offset) * 2 ** 16 : 0);
  const high32 = (offset: number): number => (wide ? view.u32(offset) : 0);
  const counts = RO_COMPAT.metadataChecksum | RO_COMPAT.descriptorChecksum;
  const hasFlags = (superblock.features.roCompat & counts) !== 0;
  const flags = hasFlags ? view.u16(0x12) : 0;
  const unusedInodes = hasFlags ? view.u16(0x1c) + high16(0x32) : 0;
  return {
    blockBitmapBlock: joined(view.u32(0x0), high32(0x20)),
    inodeBitmapBlock: joined(view.u32(0x4), high32(0x24)),
    inodeTableBlock: joined(view.u32(0x8), high32(0x28)),
    freeClusters: view.u16(0xc) + high16(0x2c),
    freeInodes: view.u16(0xe) + high16(0x2e),
    directories: view.u16(0x10) + high16(0x30),
    unusedInodes: Math.min(unusedInodes, superblock.inodesPerGroup),
    blockBitmapUninit: (flags & FLAG_BLOCK_UNINIT) !== 0,
    inodeTableUninit: (flags & FLAG_INODE_UNINIT) !== 0,
    inodeTableZeroed: (flags & FLAG_INODE_ZEROED) !== 0,
    blockBitmapChecksum: view.u16(0x18) + high16(0x38),
    inodeBitmapChecksum: view.u16(0x1a) + high16(0x3a),
    checksumRight: hasFlags ? descriptorChecksum(reader, group, bytes) === view.u16(CHECKSUM_AT) : null,
  };
}

/** The low half of a CRC-32C with metadata_csum, a CRC-16 with uninit_bg alone. */
function descriptorChecksum(reader: ExtReader, group: number, bytes: Uint8Array): number {
  const before = bytes.subarray(0, CHECKSUM_AT);
  const after = bytes.subarray(CHECKSUM_AT + 2);
  if (reader.hasChecksums) {
    const ofGroup = crc32cOfU32(reader.superblock.checksumSeed, group);
    return crc32c(crc32c(crc32c(ofGroup, before), Uint8Array.of(0, 0)), after) & 0xffff;
  }
  const uuid = Buffer.from(reader.superblock.uuid.replaceAll('-', ''), 'hex');
  return crc16(crc16(crc16(crc16(0xffff, uuid), littleEndian32(group)), before), after);
}
