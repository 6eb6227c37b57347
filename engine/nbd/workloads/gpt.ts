import { crc32 } from 'node:zlib';

/** GUID partition tables (UEFI specification, chapter 5), for logical blocks of 512 bytes. */

export const SECTOR_BYTES = 512;
const ENTRIES = 128;
const ENTRY_BYTES = 128;
const ENTRY_SECTORS = (ENTRIES * ENTRY_BYTES) / SECTOR_BYTES;
/** Sectors of one copy of the table: the header and its entries. */
export const GPT_SECTORS = 1 + ENTRY_SECTORS;
const HEADER_BYTES = 92;
/** Partitions begin at whole mebibytes where there is room. */
const ALIGNMENT = 2048n;
/** Both copies, the MBR and a partition that is worth the name. */
export const SMALLEST_GPT_BYTES = 128 << 10;
/** `0FC63DAF-8483-4772-8E79-3D69D8477DE4`, Linux filesystem data, as it stands on the disk. */
const LINUX_DATA = Buffer.from('af3dc60f838472478e793d69d8477de4', 'hex');

/** A whole number of sectors to write. */
export interface SectorWrite {
  readonly sector: bigint;
  readonly data: Buffer;
}

export interface GptLayout {
  readonly sectors: bigint;
  /** In the order in which to write them: the copy first, the protective MBR last. */
  readonly writes: readonly SectorWrite[];
}

/**
 * A GPT with one partition over the whole disk.
 * @param sizeBytes at least {@link SMALLEST_GPT_BYTES}; a part of a sector at its end is left alone.
 * @param guid 16 random bytes at each call.
 */
export function gptOf(sizeBytes: bigint, guid: () => Buffer): GptLayout {
  const sectors = sizeBytes / BigInt(SECTOR_BYTES);
  const firstUsable = 2n + BigInt(ENTRY_SECTORS);
  const lastUsable = sectors - 1n - BigInt(GPT_SECTORS);
  const aligned = lastUsable > ALIGNMENT * 2n;
  const first = aligned ? ALIGNMENT : firstUsable;
  const last = aligned ? ((lastUsable + 1n) / ALIGNMENT) * ALIGNMENT - 1n : lastUsable;
  const entries = Buffer.alloc(ENTRIES * ENTRY_BYTES);
  LINUX_DATA.copy(entries, 0);
  randomGuid(guid).copy(entries, 16);
  entries.writeBigUInt64LE(first, 32);
  entries.writeBigUInt64LE(last, 40);
  entries.write('nbdscope', 56, 'utf16le');
  const diskGuid = randomGuid(guid);
  const header = (here: bigint, other: bigint, entriesAt: bigint): Buffer => {
    const bytes = Buffer.alloc(SECTOR_BYTES);
    bytes.write('EFI PART', 0, 'latin1');
    bytes.writeUInt32LE(0x0001_0000, 8);
    bytes.writeUInt32LE(HEADER_BYTES, 12);
    bytes.writeBigUInt64LE(here, 24);
    bytes.writeBigUInt64LE(other, 32);
    bytes.writeBigUInt64LE(firstUsable, 40);
    bytes.writeBigUInt64LE(lastUsable, 48);
    diskGuid.copy(bytes, 56);
    bytes.writeBigUInt64LE(entriesAt, 72);
    bytes.writeUInt32LE(ENTRIES, 80);
    bytes.writeUInt32LE(ENTRY_BYTES, 84);
    bytes.writeUInt32LE(crc32(entries), 88);
    // The header's own sum is taken with its place at zero.
    bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_BYTES)), 16);
    return bytes;
  };
  const end = sectors - 1n;
  return {
    sectors,
    writes: [
      { sector: lastUsable + 1n, data: entries },
      { sector: end, data: header(end, 1n, lastUsable + 1n) },
      { sector: 2n, data: entries },
      { sector: 1n, data: header(1n, end, 2n) },
      { sector: 0n, data: protectiveMbr(sectors) },
    ],
  };
}

/** An MBR whose one partition of type EE covers the disk, as far as 32 bits go. */
function protectiveMbr(sectors: bigint): Buffer {
  const bytes = Buffer.alloc(SECTOR_BYTES);
  bytes.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff], 446);
  bytes.writeUInt32LE(1, 454);
  const covered = sectors - 1n;
  bytes.writeUInt32LE(covered > 0xffff_ffffn ? 0xffff_ffff : Number(covered), 458);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

/** A GUID of version 4, as it stands on the disk. */
function randomGuid(bytes: () => Buffer): Buffer {
  const guid = bytes();
  guid.writeUInt8((guid.readUInt8(7) & 0x0f) | 0x40, 7);
  guid.writeUInt8((guid.readUInt8(8) & 0x3f) | 0x80, 8);
  return guid;
}
