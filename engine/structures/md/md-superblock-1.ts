import { Fields } from '../fields.ts';
import { NotUnderstood } from '../structure-parser.ts';
import type { Volume } from '../volume.ts';
import type { MdRole, MdSuperblock, MdVersion } from './md-member.ts';

/**
 * md superblocks 1.0 (at the end), 1.1 (at the start) and 1.2 (4 KiB in): struct mdp_superblock_1 in
 * include/uapi/linux/raid/md_p.h, super_1_load and calc_sb_1_csum in drivers/md/md.c of Linux.
 */

export const MD_MAGIC = 0xa92b_4efc;
const SECTOR = 512n;
const FIXED_BYTES = 256;
/** The superblock has 4 KiB, two bytes a role. */
const MAX_DEVICES = (4096 - FIXED_BYTES) / 2;

const Feature = {
  Bitmap: 1,
  RecoveryOffset: 2,
  Reshape: 4,
  BadBlocks: 8,
  Replacement: 16,
  Journal: 512,
  Ppl: 1 << 11,
  MultiplePpls: 1 << 12,
} as const;

const PLACES: readonly (readonly [MdVersion, (sizeBytes: bigint) => bigint])[] = [
  ['1.1', () => 0n],
  ['1.2', () => 4096n],
  ['1.0', (sizeBytes) => ((sizeBytes / SECTOR - 16n) & ~7n) * SECTOR],
];

/** @throws NotUnderstood when there is one that is damaged. */
export async function readSuperblock1(volume: Volume): Promise<MdSuperblock | null> {
  for (const [version, placeOf] of PLACES) {
    const startBytes = placeOf(volume.sizeBytes);
    if (startBytes < 0n || startBytes + 4096n > volume.sizeBytes) continue;
    const bytes = await volume.read(startBytes, 4096);
    const fields = new Fields(bytes);
    if (fields.u32(0) !== MD_MAGIC || fields.u32(4) !== 1) continue;
    // What lies at the end of a partition lies at the end of its disk too: the superblock knows which it means.
    if (fields.u64(144) * SECTOR !== startBytes) continue;
    return superblockOf(volume, version, startBytes, fields);
  }
  return null;
}

/** The sum of the superblock with its own place at zero, as md takes it. */
export function checksum1(bytes: Uint8Array, deviceCount: number): number {
  const fields = new Fields(bytes);
  const length = FIXED_BYTES + deviceCount * 2;
  let sum = 0n;
  for (let at = 0; at + 4 <= length; at += 4) sum += at === 216 ? 0n : BigInt(fields.u32(at));
  if (length % 4 === 2) sum += BigInt(fields.u16(length - 2));
  return Number(((sum & 0xffff_ffffn) + (sum >> 32n)) & 0xffff_ffffn);
}

function superblockOf(volume: Volume, version: MdVersion, startBytes: bigint, fields: Fields): MdSuperblock {
  const extent = { startBytes, endBytes: startBytes + 4096n };
  const deviceCount = fields.u32(220);
  if (deviceCount > MAX_DEVICES)
    throw new NotUnderstood(`it is said to have ${deviceCount} devices`, [extent]);
  if (checksum1(fields.bytes, deviceCount) !== fields.u32(216)) {
    throw new NotUnderstood('the checksum of the superblock is wrong', [extent]);
  }
  const features = fields.u32(8);
  const has = (feature: number): boolean => (features & feature) !== 0;
  const data = {
    startBytes: fields.u64(128) * SECTOR,
    endBytes: (fields.u64(128) + fields.u64(136)) * SECTOR,
  };
  if (data.endBytes > volume.sizeBytes) {
    throw new NotUnderstood(`its data are said to end at byte ${data.endBytes}`, [extent]);
  }
  const roles = Array.from({ length: deviceCount }, (_, i) => roleOf(fields.u16(FIXED_BYTES + i * 2)));
  const deviceNumber = fields.u32(160);
  /** A range by its distance in sectors, which may be negative. */
  const near = (sectors: number, bytes: bigint) => {
    const start = startBytes + BigInt(sectors) * SECTOR;
    return { startBytes: start, endBytes: start + bytes };
  };
  const hasPpl = has(Feature.Ppl) || has(Feature.MultiplePpls);
  const pplOffset = new DataView(fields.bytes.buffer, fields.bytes.byteOffset).getInt16(96, true);
  return {
    version,
    extent,
    uuid: fields.hex(16, 16).replace(/^(.{8})(.{8})(.{8})(.{8})$/, '$1:$2:$3:$4'),
    name: fields.text(32, 32),
    // The lower 40 bits are seconds, the others microseconds.
    created: fields.u64(64) & 0xff_ffff_ffffn,
    updated: fields.u64(192) & 0xff_ffff_ffffn,
    level: fields.i32(72),
    layout: fields.u32(76),
    chunkBytes: fields.u32(88) * 512,
    raidDisks: fields.u32(92),
    events: fields.u64(200),
    isClean: fields.u64(208) === 0xffff_ffff_ffff_ffffn,
    memberBytes: fields.u64(80) * SECTOR,
    data,
    deviceUuid: fields.hex(168, 16).replace(/^(.{8})(.{8})(.{8})(.{8})$/, '$1:$2:$3:$4'),
    deviceNumber,
    role: roles[deviceNumber] ?? { kind: 'spare' },
    roles,
    rebuiltBytes: has(Feature.RecoveryOffset) ? fields.u64(152) * SECTOR : null,
    isReshaping: has(Feature.Reshape),
    bitmap: has(Feature.Bitmap) ? near(fields.i32(96), 4096n) : null,
    badBlocks:
      has(Feature.BadBlocks) || fields.u16(186) > 0
        ? near(fields.i32(188), BigInt(fields.u16(186)) * SECTOR)
        : null,
    partialParity: hasPpl ? near(pplOffset, BigInt(fields.u16(98)) * SECTOR) : null,
    hasJournal: has(Feature.Journal),
  };
}

function roleOf(role: number): MdRole {
  if (role === 0xfffe) return { kind: 'faulty' };
  if (role === 0xfffd) return { kind: 'journal' };
  return role === 0xffff ? { kind: 'spare' } : { kind: 'active', index: role };
}
