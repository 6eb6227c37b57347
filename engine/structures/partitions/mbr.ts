import { formatBytes } from '#shared/bytes/size.ts';
import type { Extent, Structure } from '#shared/structures/structure.ts';
import { SliceVolume } from '../slice-volume.ts';
import type { InnerVolume, Parsed, ParseLimits, StructureParser } from '../structure-parser.ts';
import type { Volume } from '../volume.ts';
import { claimsGpt } from './gpt.ts';
import { type LogicalPartition, logicalPartitions } from './mbr-chain.ts';
import { isBootSector, MBR_BYTES, type MbrEntry, mbrRecordOf } from './mbr-record.ts';
import { isExtendedType, mbrTypeName } from './mbr-types.ts';
import { overlapping, unpartitioned } from './partition-space.ts';

const PROTECTIVE = 0xee;

/**
 * The master boot record with primary, extended and logical partitions: UEFI specification 2.10, section 5.2; Linux
 * block/partitions/msdos.c. Beside a GPT it only speaks up when it has partitions of its own (a hybrid).
 */
export const mbrParser: StructureParser = { name: 'MBR', parse };

async function parse(volume: Volume, limits: ParseLimits): Promise<Parsed | null> {
  if (volume.sizeBytes < BigInt(MBR_BYTES)) return null;
  const sector = await volume.read(0n, MBR_BYTES);
  const record = mbrRecordOf(sector);
  if (record === null || isBootSector(sector)) return null;
  const hasGpt = await claimsGpt(volume);
  const entries = record.entries.filter((entry) => !hasGpt || entry.type !== PROTECTIVE);
  // A boot loader on a disk without partitions has the signature as well; a table that a program made has a number.
  if (entries.length === 0 && (hasGpt || record.signature === 0)) return null;
  const found = new Partitions(volume);
  for (const entry of entries) {
    const isExtended = isExtendedType(entry.type);
    const extent = found.extentOf(BigInt(entry.firstSector), BigInt(entry.sectorCount));
    const logical = isExtended ? await logicalPartitions(volume, entry, limits) : null;
    if (logical === null) found.addPrimary(entry, extent, !hasGpt && entry.type !== PROTECTIVE);
    else found.addExtended(entry, extent, logical.partitions, logical.problem);
  }
  return { structure: found.table(record.signature, hasGpt), volumes: found.volumes };
}

/** Gathers what the table has. */
class Partitions {
  readonly volumes: InnerVolume[] = [];
  readonly #volume: Volume;
  readonly #partitions: Structure[] = [];

  constructor(volume: Volume) {
    this.#volume = volume;
  }

  extentOf(firstSector: bigint, sectorCount: bigint): Extent {
    const sectorBytes = BigInt(this.#volume.sectorBytes);
    return { startBytes: firstSector * sectorBytes, endBytes: (firstSector + sectorCount) * sectorBytes };
  }

  addPrimary(entry: MbrEntry, extent: Extent, hasVolume: boolean): void {
    const number = entry.index + 1;
    const isProtective = entry.type === PROTECTIVE;
    this.#partitions.push(
      this.#partition(number, isProtective ? 'protective partition' : 'partition', entry, extent),
    );
    if (hasVolume) this.#addVolume(`p${number}`, number, extent);
  }

  addExtended(
    entry: MbrEntry,
    extent: Extent,
    logical: readonly LogicalPartition[],
    problem: string | null,
  ): void {
    const number = entry.index + 1;
    const children: Structure[] = [];
    for (const one of logical) {
      const place = this.extentOf(one.firstSector, BigInt(one.entry.sectorCount));
      const record = this.extentOf(one.recordSector, 1n);
      const key = `p${one.number}`;
      children.push({
        key: `record:${one.number}`,
        kind: 'partitionTable',
        name: `boot record of partition ${one.number}`,
        facts: [],
        extents: [record],
        children: [],
      });
      children.push(this.#partition(one.number, 'partition', one.entry, place));
      this.#addVolume(`p${number}/${key}`, one.number, place);
    }
    if (problem !== null) {
      const name = `logical partitions: not understood here, because ${problem}`;
      children.push({ key: 'chain', kind: 'notUnderstood', name, facts: [], extents: [], children: [] });
    }
    this.#partitions.push({ ...this.#partition(number, 'extended partition', entry, extent), children });
  }

  table(signature: number, isHybrid: boolean): Structure {
    const extents = this.#partitions.flatMap((partition) => partition.extents);
    const overlaps = overlapping(extents);
    const partitions = this.#partitions.map((partition, i) =>
      overlaps.has(i)
        ? { ...partition, facts: [...partition.facts, ['Problem', 'it overlaps another partition'] as const] }
        : partition,
    );
    const free = isHybrid ? null : unpartitioned(BigInt(MBR_BYTES), this.#volume.sizeBytes, extents);
    return {
      key: 'mbr',
      kind: 'partitionTable',
      name: isHybrid ? 'hybrid MBR' : 'MBR partition table',
      facts: [
        ['Disk signature', `0x${signature.toString(16).padStart(8, '0')}`],
        ['Sector size', `${this.#volume.sectorBytes} bytes`],
      ],
      extents: [{ startBytes: 0n, endBytes: BigInt(MBR_BYTES) }],
      children: free === null ? partitions : [...partitions, free],
    };
  }

  #partition(number: number, words: string, entry: MbrEntry, extent: Extent): Structure {
    const facts: (readonly [string, string])[] = [
      ['Type', `${mbrTypeName(entry.type)} (0x${entry.type.toString(16).padStart(2, '0')})`],
      ['First sector', String(extent.startBytes / BigInt(this.#volume.sectorBytes))],
      ['Sectors', String(entry.sectorCount)],
      ['Size', formatBytes(extent.endBytes - extent.startBytes)],
    ];
    if (entry.isActive) facts.push(['Active', 'yes']);
    // A protective entry says 2^32-1 sectors where a disk has more, and may say so where it has fewer.
    if (extent.endBytes > this.#volume.sizeBytes && entry.type !== PROTECTIVE) {
      facts.push(['Problem', 'it reaches past the end of the disk']);
    }
    return {
      key: `p${number}`,
      kind: 'partition',
      name: `${words} ${number}`,
      facts,
      extents: [extent],
      children: [],
    };
  }

  #addVolume(path: string, number: number, extent: Extent): void {
    const volume = new SliceVolume(this.#volume, extent, `partition ${number} of ${this.#volume.name}`);
    if (volume.sizeBytes > 0n) this.volumes.push({ path, volume });
  }
}
