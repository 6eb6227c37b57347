import { crc32 } from 'node:zlib';
import type { Extent } from '#shared/structures/structure.ts';
import { Fields } from '../fields.ts';
import type { ParseLimits } from '../structure-parser.ts';
import { type Volume, VolumeReadError } from '../volume.ts';
import { guidAt, NO_GUID } from './guid.ts';

/** One copy of a GUID partition table: a header and its array of entries (UEFI specification 2.10, section 5.3). */

export const GPT_SIGNATURE = 'EFI PART';
const REVISION = 0x0001_0000;
const MIN_HEADER_BYTES = 92;
const MIN_ENTRY_BYTES = 128;
/** More than this of entries is not believed: 131,072 of the usual size. */
const MAX_ENTRIES_BYTES = 16 << 20;
const PIECE_BYTES = 1 << 16;

export interface GptHeader {
  readonly lba: bigint;
  readonly alternateLba: bigint;
  readonly firstUsableLba: bigint;
  readonly lastUsableLba: bigint;
  readonly diskGuid: string;
  readonly entriesLba: bigint;
  readonly entryCount: number;
  readonly entryBytes: number;
  readonly entriesCrc: number;
}

export interface GptEntry {
  /** From 1, as `sda1` counts. */
  readonly number: number;
  readonly typeGuid: string;
  readonly guid: string;
  readonly firstLba: bigint;
  /** The last one that belongs to it. */
  readonly lastLba: bigint;
  readonly attributes: bigint;
  readonly label: string;
}

export interface GptCopy {
  readonly header: GptHeader;
  readonly entries: readonly GptEntry[];
  /** Entries that are in use but were left out, as there are more than are read. */
  readonly leftOut: number;
}

/** A copy, or why there is none: `null` where nothing claims to be one. */
export type CopyRead = { readonly copy: GptCopy } | { readonly damage: string } | null;

export function hasGptSignature(sector: Uint8Array): boolean {
  return Buffer.from(sector.subarray(0, 8)).toString('latin1') === GPT_SIGNATURE;
}

/** Reads the copy whose header is at `lba`, in sectors of `sectorBytes`, and holds it against its checksums. */
export async function readGptCopy(
  volume: Volume,
  sectorBytes: number,
  lba: bigint,
  limits: ParseLimits,
): Promise<CopyRead> {
  const sector = BigInt(sectorBytes);
  if (lba < 1n || (lba + 1n) * sector > volume.sizeBytes) return null;
  const bytes = await volume.read(lba * sector, sectorBytes);
  if (!hasGptSignature(bytes)) return null;
  const header = headerOf(bytes, lba, volume.sizeBytes / sector);
  if ('damage' in header) return header;
  return readEntries(volume, sectorBytes, header, limits);
}

/** Where the entries of a copy lie. */
export function entriesExtent(header: GptHeader, sectorBytes: number): Extent {
  const startBytes = header.entriesLba * BigInt(sectorBytes);
  return { startBytes, endBytes: startBytes + BigInt(header.entryCount * header.entryBytes) };
}

function headerOf(bytes: Uint8Array, lba: bigint, sectors: bigint): GptHeader | { readonly damage: string } {
  const fields = new Fields(bytes);
  const headerBytes = fields.u32(12);
  if (fields.u32(8) !== REVISION) return { damage: `revision 0x${fields.u32(8).toString(16)} is not known` };
  if (headerBytes < MIN_HEADER_BYTES || headerBytes > bytes.length) {
    return { damage: `the header says that it has ${headerBytes} bytes` };
  }
  const summed = Uint8Array.from(bytes.subarray(0, headerBytes));
  // The sum is taken with its own place at zero.
  summed.fill(0, 16, 20);
  if (crc32(summed) !== fields.u32(16)) return { damage: 'the checksum of the header is wrong' };
  const header: GptHeader = {
    lba: fields.u64(24),
    alternateLba: fields.u64(32),
    firstUsableLba: fields.u64(40),
    lastUsableLba: fields.u64(48),
    diskGuid: guidAt(fields, 56),
    entriesLba: fields.u64(72),
    entryCount: fields.u32(80),
    entryBytes: fields.u32(84),
    entriesCrc: fields.u32(88),
  };
  if (header.lba !== lba) return { damage: `the header at sector ${lba} says that it is at ${header.lba}` };
  const { entryBytes, entryCount } = header;
  if (entryBytes < MIN_ENTRY_BYTES || entryBytes > PIECE_BYTES || (entryBytes & (entryBytes - 1)) !== 0) {
    return { damage: `an entry is said to have ${entryBytes} bytes` };
  }
  if (entryCount === 0 || entryCount * entryBytes > MAX_ENTRIES_BYTES) {
    return { damage: `there are said to be ${entryCount} entries of ${entryBytes} bytes` };
  }
  const entrySectors = BigInt(Math.ceil((entryCount * entryBytes) / bytes.length));
  if (header.entriesLba < 2n || header.entriesLba + entrySectors > sectors) {
    return { damage: `the entries are said to be at sector ${header.entriesLba}` };
  }
  if (header.firstUsableLba > header.lastUsableLba || header.lastUsableLba >= sectors) {
    return {
      damage: `sectors ${header.firstUsableLba} to ${header.lastUsableLba} are said to be usable of ${sectors}`,
    };
  }
  return header;
}

/** Takes the array in pieces: it may be long, and what is in use in it short. */
async function readEntries(
  volume: Volume,
  sectorBytes: number,
  header: GptHeader,
  limits: ParseLimits,
): Promise<CopyRead> {
  const { startBytes, endBytes } = entriesExtent(header, sectorBytes);
  const entries: GptEntry[] = [];
  let leftOut = 0;
  let crc = 0;
  try {
    for (let at = startBytes; at < endBytes; at += BigInt(PIECE_BYTES)) {
      await limits.breathe();
      const left = endBytes - at;
      const piece = await volume.read(at, left < BigInt(PIECE_BYTES) ? Number(left) : PIECE_BYTES);
      crc = crc32(piece, crc);
      const numberOfFirst = Number((at - startBytes) / BigInt(header.entryBytes)) + 1;
      for (let start = 0; start < piece.length; start += header.entryBytes) {
        const entry = entryOf(
          piece.subarray(start, start + MIN_ENTRY_BYTES),
          numberOfFirst + start / header.entryBytes,
        );
        if (entry === null) continue;
        if (entries.length < limits.maxStructures) entries.push(entry);
        else leftOut += 1;
      }
    }
  } catch (error) {
    if (error instanceof VolumeReadError) return { damage: error.message };
    throw error;
  }
  if (crc !== header.entriesCrc) return { damage: 'the checksum of the entries is wrong' };
  return { copy: { header, entries, leftOut } };
}

function entryOf(bytes: Uint8Array, number: number): GptEntry | null {
  const fields = new Fields(bytes);
  const typeGuid = guidAt(fields, 0);
  if (typeGuid === NO_GUID) return null;
  return {
    number,
    typeGuid,
    guid: guidAt(fields, 16),
    firstLba: fields.u64(32),
    lastLba: fields.u64(40),
    attributes: fields.u64(48),
    label: fields.text16(56, 72),
  };
}
