import { Fields } from '../fields.ts';
import { NotUnderstood } from '../structure-parser.ts';
import type { Volume } from '../volume.ts';
import type { MdRole, MdSuperblock } from './md-member.ts';
import { MD_MAGIC } from './md-superblock-1.ts';

/**
 * md superblocks 0.90, in the last whole 64 KiB but one of a device, in the byte order of the machine that made them: mdp_super_t in
 * include/uapi/linux/raid/md_p.h, super_90_load and calc_sb_csum in drivers/md/md.c of Linux.
 */

const RESERVED_BYTES = 65_536n;
const SUPERBLOCK_BYTES = 4096;
const MAX_DEVICES = 27;
const CHECKSUM_WORD = 38;
const FIRST_DISK_WORD = 128;
const DISK_WORDS = 32;
const THIS_DISK_WORD = 992;

const DiskState = { Faulty: 1, Active: 2, Sync: 4, Removed: 8, Journal: 1 << 18 } as const;

/** Where one would be; null on a device that is too small. */
export function placeOfSuperblock0(sizeBytes: bigint): bigint | null {
  const at = (sizeBytes & ~(RESERVED_BYTES - 1n)) - RESERVED_BYTES;
  return at < 0n ? null : at;
}

/** @throws NotUnderstood when there is one that is damaged. */
export async function readSuperblock0(volume: Volume): Promise<MdSuperblock | null> {
  const startBytes = placeOfSuperblock0(volume.sizeBytes);
  if (startBytes === null) return null;
  const bytes = await volume.read(startBytes, SUPERBLOCK_BYTES);
  const fields = [new Fields(bytes), new Fields(bytes, 'big')].find((each) => each.u32(0) === MD_MAGIC);
  if (fields === undefined || fields.u32(4) !== 0) return null;
  return superblockOf(startBytes, fields, fields.u32(0) === new Fields(bytes).u32(0));
}

function superblockOf(startBytes: bigint, fields: Fields, isLittle: boolean): MdSuperblock {
  const extent = { startBytes, endBytes: startBytes + BigInt(SUPERBLOCK_BYTES) };
  const word = (index: number): number => fields.u32(index * 4);
  if (checksum0(fields) !== word(CHECKSUM_WORD)) {
    throw new NotUnderstood('the checksum of the superblock is wrong', [extent]);
  }
  const events = isLittle
    ? (BigInt(word(40)) << 32n) | BigInt(word(39))
    : (BigInt(word(39)) << 32n) | BigInt(word(40));
  const deviceNumber = word(THIS_DISK_WORD);
  const roles = Array.from({ length: MAX_DEVICES }, (_, i) => {
    const at = FIRST_DISK_WORD + i * DISK_WORDS;
    return roleOf(word(at + 3), word(at + 4));
  });
  const uuid = [5, 13, 14, 15].map((index) => word(index).toString(16).padStart(8, '0')).join(':');
  const level = fields.i32(7 * 4);
  const memberBytes = BigInt(word(8)) * 1024n;
  if (level >= 1 && memberBytes > startBytes) {
    throw new NotUnderstood(`the array is said to use ${memberBytes} bytes of each member`, [extent]);
  }
  return {
    version: '0.90',
    extent,
    uuid,
    name: '',
    created: BigInt(word(6)),
    updated: BigInt(word(32)),
    level,
    layout: word(64),
    chunkBytes: word(65),
    raidDisks: word(10),
    events,
    isClean: (word(33) & 1) !== 0,
    memberBytes: level >= 1 ? memberBytes : 0n,
    data: { startBytes: 0n, endBytes: startBytes },
    deviceUuid: null,
    deviceNumber,
    role: roleOf(word(THIS_DISK_WORD + 3), word(THIS_DISK_WORD + 4)),
    roles,
    rebuiltBytes: null,
    isReshaping: word(2) >= 91 && fields.u64(44 * 4) !== 0xffff_ffff_ffff_ffffn,
    // MD_SB_BITMAP_PRESENT: behind the superblock, in what is reserved.
    bitmap:
      (word(33) & (1 << 8)) !== 0
        ? { startBytes: extent.endBytes, endBytes: startBytes + RESERVED_BYTES }
        : null,
    badBlocks: null,
    partialParity: null,
    hasJournal: false,
  };
}

function checksum0(fields: Fields): number {
  let sum = 0n;
  for (let word = 0; word < SUPERBLOCK_BYTES / 4; word += 1) {
    if (word !== CHECKSUM_WORD) sum += BigInt(fields.u32(word * 4));
  }
  return Number(((sum & 0xffff_ffffn) + (sum >> 32n)) & 0xffff_ffffn);
}

function roleOf(raidDisk: number, state: number): MdRole {
  if ((state & DiskState.Faulty) !== 0) return { kind: 'faulty' };
  if ((state & DiskState.Journal) !== 0) return { kind: 'journal' };
  return (state & DiskState.Sync) !== 0 ? { kind: 'active', index: raidDisk } : { kind: 'spare' };
}
