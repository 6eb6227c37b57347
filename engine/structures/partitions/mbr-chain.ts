import type { ParseLimits } from '../structure-parser.ts';
import { type Volume, VolumeReadError } from '../volume.ts';
import { MBR_BYTES, type MbrEntry, mbrRecordOf } from './mbr-record.ts';
import { isExtendedType } from './mbr-types.ts';

/** More than anybody makes; Linux names no more than 256 partitions of a disk. */
const MAX_LOGICAL = 252;

export interface LogicalPartition {
  /** From 5. */
  readonly number: number;
  readonly entry: MbrEntry;
  /** Of the disk. */
  readonly firstSector: bigint;
  /** Where the record stands that names it, on the disk. */
  readonly recordSector: bigint;
}

/**
 * Follows the chain of records in an extended partition: each names a partition, relative to itself, and the next record,
 * relative to the extended partition (Linux block/partitions/msdos.c, parse_extended).
 * @returns what was found, and why it ended if not as it should.
 */
export async function logicalPartitions(
  volume: Volume,
  extended: MbrEntry,
  limits: ParseLimits,
): Promise<{ readonly partitions: readonly LogicalPartition[]; readonly problem: string | null }> {
  const sectorBytes = BigInt(volume.sectorBytes);
  const start = BigInt(extended.firstSector);
  const partitions: LogicalPartition[] = [];
  const visited = new Set<bigint>();
  const end = (problem: string | null) => ({ partitions, problem });
  for (let recordSector = start; ; ) {
    await limits.breathe();
    if (visited.has(recordSector)) return end(`the chain comes back to sector ${recordSector}`);
    if (visited.size >= MAX_LOGICAL) return end(`the chain has more than ${MAX_LOGICAL} records`);
    visited.add(recordSector);
    const offsetBytes = recordSector * sectorBytes;
    if (offsetBytes + BigInt(MBR_BYTES) > volume.sizeBytes) {
      return end(`the chain leads to sector ${recordSector}, past the end of the disk`);
    }
    let sector: Uint8Array;
    try {
      sector = await volume.read(offsetBytes, MBR_BYTES);
    } catch (error) {
      if (error instanceof VolumeReadError) return end(error.message);
      throw error;
    }
    const record = mbrRecordOf(sector);
    if (record === null) return end(`sector ${recordSector} holds no record`);
    for (const entry of record.entries) {
      if (isExtendedType(entry.type)) continue;
      const firstSector = recordSector + BigInt(entry.firstSector);
      partitions.push({ number: 5 + partitions.length, entry, firstSector, recordSector });
    }
    const next = record.entries.find((entry) => isExtendedType(entry.type));
    if (next === undefined) return end(null);
    recordSector = start + BigInt(next.firstSector);
  }
}
