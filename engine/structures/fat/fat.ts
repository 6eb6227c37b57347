import { formatBytes } from '#shared/bytes/size.ts';
import type { Extent, Structure } from '#shared/structures/structure.ts';
import { Fields } from '../fields.ts';
import { NotUnderstood, type Parsed, type ParseLimits, type StructureParser } from '../structure-parser.ts';
import type { Volume } from '../volume.ts';
import { freeClusters } from './free-clusters.ts';

/**
 * The layout of FAT12, FAT16 and FAT32: Microsoft, "FAT: General Overview of On-Disk Format" 1.03, which the UEFI
 * specification (2.10, section 13.3) refers to. Boot sectors, tables, the fixed root directory and free space; no files.
 */
export const fatParser: StructureParser = { name: 'FAT', parse };

const BOOT_BYTES = 512;

async function parse(volume: Volume, limits: ParseLimits): Promise<Parsed | null> {
  if (volume.sizeBytes < BigInt(BOOT_BYTES)) return null;
  const boot = new Fields(await volume.read(0n, BOOT_BYTES));
  if (!looksLikeFat(boot)) return null;
  const layout = layoutOf(boot, volume.sizeBytes);
  const free = await freeClusters(volume, layout, limits);
  const structure: Structure = {
    key: 'fat',
    kind: 'fileSystem',
    name: `FAT${layout.bits}`,
    facts: [
      ['Label', boot.text(layout.bits === 32 ? 71 : 43, 11).trim()],
      ['Sector size', `${layout.sectorBytes} bytes`],
      ['Cluster size', formatBytes(layout.clusterBytes)],
      ['Clusters', String(layout.clusters)],
      ['Free clusters', free === null ? 'not counted, as there are many' : String(free.count)],
    ],
    // What the parts below do not name is inside the file system all the same.
    extents: [{ startBytes: 0n, endBytes: layout.endBytes }],
    children: partsOf(layout, free?.extents ?? []),
  };
  return { structure, volumes: [] };
}

/** What a boot sector fixes. Offsets are bytes of the volume, counts are whole. */
export interface FatLayout {
  readonly bits: 12 | 16 | 32;
  readonly sectorBytes: number;
  readonly clusterBytes: number;
  /** From cluster 2 on. */
  readonly clusters: number;
  readonly fats: readonly Extent[];
  /** Null on FAT32, where the root is a chain of clusters like other directories. */
  readonly root: Extent | null;
  readonly dataStartBytes: bigint;
  readonly endBytes: bigint;
  /** Sectors of FAT32's copy of the boot sector and of its notes on free space; null where there is none. */
  readonly backupSector: number | null;
  readonly infoSector: number | null;
}

/** Boot sectors of other file systems share the signature at the end; FAT's numbers are of a narrow choice. */
function looksLikeFat(boot: Fields): boolean {
  const jumps = boot.u8(0) === 0xeb || boot.u8(0) === 0xe9;
  const perCluster = boot.u8(13);
  return (
    boot.u16(510) === 0xaa55 &&
    jumps &&
    [512, 1024, 2048, 4096].includes(boot.u16(11)) &&
    perCluster > 0 &&
    (perCluster & (perCluster - 1)) === 0 &&
    boot.u16(14) > 0 &&
    boot.u8(16) > 0 &&
    (boot.u8(21) === 0xf0 || boot.u8(21) >= 0xf8)
  );
}

function layoutOf(boot: Fields, sizeBytes: bigint): FatLayout {
  const sectorBytes = boot.u16(11);
  const perCluster = boot.u8(13);
  const reserved = boot.u16(14);
  const fatCount = boot.u8(16);
  const rootSectors = Math.ceil((boot.u16(17) * 32) / sectorBytes);
  const totalSectors = boot.u16(19) || boot.u32(32);
  const fatSectors = boot.u16(22) || boot.u32(36);
  const dataSector = reserved + fatCount * fatSectors + rootSectors;
  const clusters = Math.floor((totalSectors - dataSector) / perCluster);
  const bytes = (sectors: number): bigint => BigInt(sectors) * BigInt(sectorBytes);
  const sectors = (first: number, count: number): Extent => ({
    startBytes: bytes(first),
    endBytes: bytes(first + count),
  });
  if (clusters < 1) throw new NotUnderstood('there is no room for data', [sectors(0, 1)]);
  if (bytes(totalSectors) > sizeBytes) {
    throw new NotUnderstood(`it is said to have ${totalSectors} sectors`, [sectors(0, 1)]);
  }
  // The number of clusters alone tells which of the three it is.
  const bits = clusters < 4085 ? 12 : clusters < 65_525 ? 16 : 32;
  if (fatSectors * sectorBytes * 8 < (clusters + 2) * bits) {
    throw new NotUnderstood(`its table is too short for ${clusters} clusters`, [sectors(0, 1)]);
  }
  /** Both of these are 0 or 0xffff where there is none. */
  const sectorAt = (at: number): number | null => {
    const sector = boot.u16(at);
    return bits === 32 && sector > 0 && sector < reserved ? sector : null;
  };
  return {
    bits,
    sectorBytes,
    clusterBytes: perCluster * sectorBytes,
    clusters,
    fats: Array.from({ length: fatCount }, (_, i) => sectors(reserved + i * fatSectors, fatSectors)),
    root: rootSectors === 0 ? null : sectors(dataSector - rootSectors, rootSectors),
    dataStartBytes: bytes(dataSector),
    endBytes: bytes(totalSectors),
    backupSector: sectorAt(50),
    infoSector: sectorAt(48),
  };
}

function partsOf(layout: FatLayout, free: readonly Extent[]): readonly Structure[] {
  const part = (
    key: string,
    kind: Structure['kind'],
    name: string,
    extents: readonly Extent[],
  ): Structure => ({ key, kind, name, facts: [], extents, children: [] });
  const sector = (index: number): Extent => ({
    startBytes: BigInt(index * layout.sectorBytes),
    endBytes: BigInt((index + 1) * layout.sectorBytes),
  });
  const { backupSector, infoSector, root } = layout;
  const parts: (Structure | null)[] = [
    part('boot', 'superblock', 'FAT boot sector', [sector(0)]),
    infoSector === null ? null : part('info', 'otherMetadata', 'FAT free space hints', [sector(infoSector)]),
    backupSector === null
      ? null
      : part('backup', 'superblockBackup', 'backup FAT boot sector', [sector(backupSector)]),
    ...layout.fats.map((fat, i) =>
      part(`table:${i + 1}`, 'mapping', `file allocation table ${i + 1}`, [fat]),
    ),
    root === null ? null : part('root', 'directory', 'root directory', [root]),
    free.length === 0 ? null : part('free', 'free', 'free clusters', free),
  ];
  return parts.filter((each) => each !== null);
}
