import { crc32 } from 'node:zlib';
import { Fields } from '../fields.ts';
import { checksum1, MD_MAGIC } from '../md/md-superblock-1.ts';
import { hasGptSignature } from '../partitions/gpt-copy.ts';

/** Makes checksums right again after damage, so that parsers go on to believe the rest. */

export function mendChecksums(disk: Uint8Array): void {
  mendGpt(disk, 512);
  mendGpt(disk, Math.floor(disk.length / 512) * 512 - 512);
  for (const at of [0, 4096, (Math.floor(disk.length / 512) - 16) & ~7].map((place, i) =>
    i < 2 ? place : place * 512,
  )) {
    mendMd1(disk, at);
  }
  mendMd0(disk, (Math.floor(disk.length / 65_536) - 1) * 65_536);
}

function viewOf(disk: Uint8Array, at: number, length: number): DataView | null {
  return at < 0 || at + length > disk.length ? null : new DataView(disk.buffer, disk.byteOffset + at, length);
}

function mendGpt(disk: Uint8Array, at: number): void {
  const view = viewOf(disk, at, 512);
  if (view === null || !hasGptSignature(disk.subarray(at, at + 8))) return;
  const headerBytes = view.getUint32(12, true);
  const entriesAt = Number(view.getBigUint64(72, true)) * 512;
  const entriesBytes = view.getUint32(80, true) * view.getUint32(84, true);
  if (entriesAt + entriesBytes <= disk.length) {
    view.setUint32(88, crc32(disk.subarray(entriesAt, entriesAt + entriesBytes)), true);
  }
  if (headerBytes > 512) return;
  view.setUint32(16, 0, true);
  view.setUint32(16, crc32(disk.subarray(at, at + headerBytes)), true);
}

function mendMd1(disk: Uint8Array, at: number): void {
  const view = viewOf(disk, at, 4096);
  if (view === null || view.getUint32(0, true) !== MD_MAGIC) return;
  const devices = view.getUint32(220, true);
  if (devices <= 1920) view.setUint32(216, checksum1(disk.subarray(at, at + 4096), devices), true);
}

function mendMd0(disk: Uint8Array, at: number): void {
  const view = viewOf(disk, at, 4096);
  if (view === null || view.getUint32(0, true) !== MD_MAGIC) return;
  const fields = new Fields(disk.subarray(at, at + 4096));
  let sum = 0n;
  for (let word = 0; word < 1024; word += 1) if (word !== 38) sum += BigInt(fields.u32(word * 4));
  view.setUint32(38 * 4, Number(((sum & 0xffff_ffffn) + (sum >> 32n)) & 0xffff_ffffn), true);
}
