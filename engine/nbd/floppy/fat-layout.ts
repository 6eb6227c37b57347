import { RequestError } from '../filters/parameters.ts';
import { dotEntries, ENTRY_BYTES, entriesFor, entryBytes, labelEntry } from './fat-directory.ts';
import { type FatName, FatNames } from './fat-names.ts';
import type { ScannedDirectory, ScannedFile } from './scan-directory.ts';

const SECTOR = 512;
/** Clusters as large as a cell of the picture, while there are numbers enough for them. */
const CLUSTER_BYTES = 4096;
const MAX_CLUSTER_BYTES = 65_536;
/** With fewer clusters a file system counts as FAT16, with more there is none (Microsoft's FAT specification). */
const MIN_CLUSTERS = 65_536;
const MAX_CLUSTERS = 0x0fff_fff0;
const PARTITION_SECTOR = 2048;
const RESERVED_SECTORS = 32;
const MAX_SECTORS = 0xffff_ffff;
const MAX_DIRECTORY_BYTES = 65_536 * ENTRY_BYTES;
const FIRST_CLUSTER = 2;
const END_OF_CHAIN = 0x0fff_ffff;

/** A piece of the disk that is not zeroes. Offsets are below 2^41, so numbers are exact. */
export interface Region {
  readonly start: number;
  readonly end: number;
  /** The bytes themselves, the table of clusters, or a file's. */
  readonly content: Buffer | 'fat' | ScannedFile;
}

/** A run of clusters with one file or directory in it. */
interface Run {
  readonly first: number;
  readonly count: number;
}

/** A whole disk: its regions in order, and the chains of clusters that its table is made from. */
export interface FatDisk {
  readonly sizeBytes: number;
  readonly regions: readonly Region[];
  /** The bytes of the table of clusters from `at` on. */
  fat(at: number, length: number): Buffer;
  /** Names that could not stay as they were. */
  readonly changedNames: number;
}

interface PlannedDirectory {
  readonly scanned: ScannedDirectory;
  readonly names: readonly FatName[];
  readonly bytes: number;
  readonly parent: PlannedDirectory | null;
  run: Run;
}

/**
 * Lays out a disk with one FAT32 partition that holds a directory.
 * @param label at most eleven ASCII characters. @param sizeBytes null for as large as needed.
 * @throws RequestError when it does not fit.
 */
export function layOut(root: ScannedDirectory, label: string, sizeBytes: bigint | null): FatDisk {
  const { directories, changedNames } = planDirectories(root);
  const files = directories.flatMap(({ scanned }) =>
    scanned.entries.filter((entry) => entry.kind === 'file'),
  );
  const clusterBytes = clusterBytesFor(directories, files);
  const { runs, fileRuns, usedClusters } = place(directories, files, clusterBytes);
  const geometry = geometryOf(usedClusters, clusterBytes, sizeBytes);
  const runOf = new Map<ScannedFile | ScannedDirectory, Run>(fileRuns);
  for (const { scanned, run } of directories) runOf.set(scanned, run);
  const regions: Region[] = [
    ...systemRegions(geometry, paddedLabel(label), usedClusters),
    ...directories.map((each) => region(geometry, each.run, directoryTable(each, label, runOf))),
    ...files.flatMap((file) => {
      const run = fileRuns.get(file);
      return run === undefined ? [] : [region(geometry, run, file)];
    }),
  ];
  return {
    sizeBytes: geometry.totalSectors * SECTOR,
    regions: regions.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start),
    fat: (at, length) => fatBytes(runs, at, length),
    changedNames,
  };
}

function planDirectories(root: ScannedDirectory): { directories: PlannedDirectory[]; changedNames: number } {
  const directories: PlannedDirectory[] = [];
  let changedNames = 0;
  const plan = (scanned: ScannedDirectory, parent: PlannedDirectory | null): void => {
    const names = new FatNames();
    const given = scanned.entries.map(({ name }) => names.give(name));
    changedNames += names.changed;
    // `.` and `..`, or the label of the volume.
    const own = parent === null ? 1 : 2;
    const bytes = given.reduce((sum, name) => sum + entriesFor(name), own) * ENTRY_BYTES;
    if (bytes > MAX_DIRECTORY_BYTES) {
      throw new RequestError(`floppy: the directory "${scanned.name}" holds more names than one on FAT can`);
    }
    const planned = { scanned, names: given, bytes, parent, run: { first: 0, count: 0 } };
    directories.push(planned);
    for (const entry of scanned.entries) if (entry.kind === 'directory') plan(entry, planned);
  };
  plan(root, null);
  return { directories, changedNames };
}

function clusterBytesFor(directories: readonly PlannedDirectory[], files: readonly ScannedFile[]): number {
  for (let bytes = CLUSTER_BYTES; bytes <= MAX_CLUSTER_BYTES; bytes *= 2) {
    const clusters =
      directories.reduce((sum, each) => sum + Math.ceil(each.bytes / bytes), 0) +
      files.reduce((sum, each) => sum + Math.ceil(each.sizeBytes / bytes), 0);
    if (clusters < MAX_CLUSTERS - FIRST_CLUSTER) return bytes;
  }
  throw new RequestError('floppy: the files together are more than FAT can hold, about 2 TiB');
}

/** Directories first, then the files, each in one piece; the root directory in the first cluster. */
function place(
  directories: readonly PlannedDirectory[],
  files: readonly ScannedFile[],
  clusterBytes: number,
): { runs: Run[]; fileRuns: Map<ScannedFile, Run>; usedClusters: number } {
  const runs: Run[] = [];
  const fileRuns = new Map<ScannedFile, Run>();
  let next = FIRST_CLUSTER;
  const take = (bytes: number): Run => {
    const run = { first: next, count: Math.ceil(bytes / clusterBytes) };
    runs.push(run);
    next += run.count;
    return run;
  };
  for (const directory of directories) directory.run = take(directory.bytes);
  for (const file of files) if (file.sizeBytes > 0) fileRuns.set(file, take(file.sizeBytes));
  return { runs, fileRuns, usedClusters: next - FIRST_CLUSTER };
}

interface Geometry {
  readonly clusterBytes: number;
  readonly clusters: number;
  readonly fatSectors: number;
  readonly dataStart: number;
  readonly totalSectors: number;
}

function geometryOf(usedClusters: number, clusterBytes: number, sizeBytes: bigint | null): Geometry {
  const perCluster = clusterBytes / SECTOR;
  const withClusters = (clusters: number): Geometry => {
    // By whole clusters, so that the data stays aligned to them.
    const fatSectors = Math.ceil(((clusters + FIRST_CLUSTER) * 4) / SECTOR / perCluster) * perCluster;
    const dataSector =
      PARTITION_SECTOR + RESERVED_SECTORS * Math.ceil(perCluster / RESERVED_SECTORS) + 2 * fatSectors;
    const totalSectors = dataSector + clusters * perCluster;
    return { clusterBytes, clusters, fatSectors, dataStart: dataSector * SECTOR, totalSectors };
  };
  const least = withClusters(Math.max(usedClusters, MIN_CLUSTERS));
  let chosen = least;
  if (sizeBytes !== null) {
    const sectors = Number(sizeBytes / BigInt(SECTOR));
    if (sectors < least.totalSectors) {
      throw new RequestError(
        `size=${sizeBytes}: the floppy needs at least ${least.totalSectors * SECTOR} bytes`,
      );
    }
    let clusters = Math.floor((sectors - PARTITION_SECTOR) / perCluster);
    while (withClusters(clusters).totalSectors > sectors) {
      clusters -= Math.max(1, Math.floor((withClusters(clusters).totalSectors - sectors) / perCluster));
    }
    chosen = { ...withClusters(clusters), totalSectors: sectors };
  }
  if (chosen.totalSectors > MAX_SECTORS || chosen.clusters > MAX_CLUSTERS) {
    throw new RequestError('floppy: the disk would be larger than FAT can be, about 2 TiB');
  }
  return chosen;
}

function reservedSectors({ clusterBytes }: Geometry): number {
  return RESERVED_SECTORS * Math.ceil(clusterBytes / SECTOR / RESERVED_SECTORS);
}

function region({ dataStart, clusterBytes }: Geometry, run: Run, content: Buffer | ScannedFile): Region {
  const start = dataStart + (run.first - FIRST_CLUSTER) * clusterBytes;
  return { start, end: start + (Buffer.isBuffer(content) ? content.length : content.sizeBytes), content };
}

function directoryTable(
  directory: PlannedDirectory,
  label: string,
  runOf: ReadonlyMap<ScannedFile | ScannedDirectory, Run>,
): Buffer {
  const { scanned, parent, run, names } = directory;
  const parts: Buffer[] = [];
  if (parent === null) parts.push(labelEntry(paddedLabel(label), scanned.modifiedMs));
  else parts.push(dotEntries(run.first, parent.parent === null ? 0 : parent.run.first, scanned.modifiedMs));
  for (const [i, entry] of scanned.entries.entries()) {
    const name = names[i];
    if (name === undefined) continue;
    const isDirectory = entry.kind === 'directory';
    const firstCluster = runOf.get(entry)?.first ?? 0;
    const sizeBytes = isDirectory ? 0 : entry.sizeBytes;
    const { modifiedMs } = entry;
    parts.push(entryBytes({ name, isDirectory, firstCluster, sizeBytes, modifiedMs }));
  }
  return Buffer.concat(parts);
}

function systemRegions(geometry: Geometry, label: string, usedClusters: number): Region[] {
  const partition = PARTITION_SECTOR * SECTOR;
  const boot = bootSector(geometry, label);
  const info = infoSector(geometry, usedClusters);
  const at = (start: number, content: Buffer): Region => ({ start, end: start + content.length, content });
  const fatStart = partition + reservedSectors(geometry) * SECTOR;
  const fatBytesUsed = (usedClusters + FIRST_CLUSTER) * 4;
  return [
    at(0, masterBootRecord(geometry)),
    at(partition, boot),
    at(partition + SECTOR, info),
    at(partition + 6 * SECTOR, boot),
    at(partition + 7 * SECTOR, info),
    { start: fatStart, end: fatStart + fatBytesUsed, content: 'fat' },
    {
      start: fatStart + geometry.fatSectors * SECTOR,
      end: fatStart + geometry.fatSectors * SECTOR + fatBytesUsed,
      content: 'fat',
    },
  ];
}

function masterBootRecord({ totalSectors }: Geometry): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.writeUInt32LE(0x6e62_6473, 440);
  // One partition of FAT32 with logical addresses; cylinders, heads and sectors are beyond what can be told.
  Buffer.from([0, 0xfe, 0xff, 0xff, 0x0c, 0xfe, 0xff, 0xff]).copy(bytes, 446);
  bytes.writeUInt32LE(PARTITION_SECTOR, 454);
  bytes.writeUInt32LE(totalSectors - PARTITION_SECTOR, 458);
  bytes.writeUInt16BE(0x55aa, 510);
  return bytes;
}

function bootSector(geometry: Geometry, label: string): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  Buffer.from([0xeb, 0x58, 0x90]).copy(bytes);
  bytes.write('NBDSCOPE', 3, 'latin1');
  bytes.writeUInt16LE(SECTOR, 11);
  bytes[13] = geometry.clusterBytes / SECTOR;
  bytes.writeUInt16LE(reservedSectors(geometry), 14);
  bytes[16] = 2;
  bytes[21] = 0xf8;
  bytes.writeUInt16LE(63, 24);
  bytes.writeUInt16LE(255, 26);
  bytes.writeUInt32LE(PARTITION_SECTOR, 28);
  bytes.writeUInt32LE(geometry.totalSectors - PARTITION_SECTOR, 32);
  bytes.writeUInt32LE(geometry.fatSectors, 36);
  bytes.writeUInt32LE(FIRST_CLUSTER, 44);
  bytes.writeUInt16LE(1, 48);
  bytes.writeUInt16LE(6, 50);
  bytes[64] = 0x80;
  bytes[66] = 0x29;
  bytes.writeUInt32LE(0x6e62_6473, 67);
  bytes.write(label, 71, 11, 'latin1');
  bytes.write('FAT32   ', 82, 'latin1');
  bytes.writeUInt16BE(0x55aa, 510);
  return bytes;
}

function infoSector({ clusters }: Geometry, usedClusters: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  bytes.write('RRaA', 0, 'latin1');
  bytes.write('rrAa', 484, 'latin1');
  bytes.writeUInt32LE(clusters - usedClusters, 488);
  bytes.writeUInt32LE(usedClusters < clusters ? usedClusters + FIRST_CLUSTER : 0xffff_ffff, 492);
  bytes.writeUInt16BE(0x55aa, 510);
  return bytes;
}

/** The table from `at` on: each cluster names the next of its run, and the last one says that it is. */
function fatBytes(runs: readonly Run[], at: number, length: number): Buffer {
  const first = Math.floor(at / 4);
  const end = Math.ceil((at + length) / 4);
  const bytes = Buffer.alloc((end - first) * 4);
  let index = runBefore(runs, first);
  for (let cluster = first; cluster < end; cluster += 1) {
    let entry = 0;
    if (cluster === 0) entry = 0x0fff_fff8;
    else if (cluster === 1) entry = END_OF_CHAIN;
    else {
      while (index < runs.length && cluster >= runEnd(runs[index])) index += 1;
      const run = runs[index];
      if (run !== undefined && cluster >= run.first)
        entry = cluster === runEnd(run) - 1 ? END_OF_CHAIN : cluster + 1;
    }
    bytes.writeUInt32LE(entry, (cluster - first) * 4);
  }
  return bytes.subarray(at - first * 4, at - first * 4 + length);
}

function runEnd(run: Run | undefined): number {
  return run === undefined ? 0 : run.first + run.count;
}

/** The last run that begins at or before a cluster; runs follow each other without gaps. */
function runBefore(runs: readonly Run[], cluster: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle]?.first ?? 0) <= cluster) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function paddedLabel(label: string): string {
  return label.toUpperCase().padEnd(11);
}
