/** A file or a directory as a FAT file system has it. */
export interface FatEntry {
  readonly name: string;
  readonly short: string;
  readonly isDirectory: boolean;
  readonly firstCluster: number;
  readonly sizeBytes: number;
}

/** Reads bytes of the disk. */
export type ReadDisk = (offset: number, length: number) => Promise<Buffer>;

const ENTRY_BYTES = 32;
const LONG_NAME = 0x0f;
const VOLUME = 0x08;
const DIRECTORY = 0x10;
const END_OF_CHAIN = 0x0fff_fff8;
const LONG_PLACES = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
const MOST_UNITS = 255;

/**
 * Reads a FAT32 file system as Microsoft's specification has it, knowing nothing of how it was laid out, and throws at
 * whatever is not as it says.
 */
export class FatReader {
  readonly #read: ReadDisk;
  readonly #fatStart: number;
  readonly #dataStart: number;
  readonly #clusterBytes: number;

  private constructor(read: ReadDisk, partition: number, boot: Buffer) {
    this.#read = read;
    const sector = boot.readUInt16LE(11);
    this.#clusterBytes = (boot[13] ?? 0) * sector;
    this.#fatStart = partition + boot.readUInt16LE(14) * sector;
    this.#dataStart = this.#fatStart + (boot[16] ?? 0) * boot.readUInt32LE(36) * sector;
  }

  /** Finds the first partition and what is on it. */
  static async open(read: ReadDisk): Promise<FatReader> {
    const partition = (await read(0, 512)).readUInt32LE(454) * 512;
    return new FatReader(read, partition, await read(partition, 512));
  }

  /** @param cluster the root directory's unless told. */
  async list(cluster = 2): Promise<FatEntry[]> {
    const table = Buffer.concat(await this.#clusters(cluster));
    const entries: FatEntry[] = [];
    let long: Buffer[] = [];
    for (let at = 0; at < table.length && table[at] !== 0; at += ENTRY_BYTES) {
      const entry = table.subarray(at, at + ENTRY_BYTES);
      const attributes = entry[11] ?? 0;
      if (attributes === LONG_NAME) {
        long.push(entry);
        continue;
      }
      const short = entry.toString('latin1', 0, 11);
      const name = long.length === 0 ? plain(short) : longName(long, checksum(entry));
      long = [];
      if ((attributes & VOLUME) !== 0 || short.startsWith('.')) continue;
      entries.push({
        name,
        short,
        isDirectory: (attributes & DIRECTORY) !== 0,
        firstCluster: entry.readUInt16LE(20) * 0x1_0000 + entry.readUInt16LE(26),
        sizeBytes: entry.readUInt32LE(28),
      });
    }
    return entries;
  }

  async file({ firstCluster, sizeBytes }: FatEntry): Promise<Buffer> {
    if (sizeBytes === 0) return Buffer.alloc(0);
    const bytes = Buffer.concat(await this.#clusters(firstCluster));
    const clusters = Math.ceil(sizeBytes / this.#clusterBytes);
    if (bytes.length !== clusters * this.#clusterBytes) throw new Error(`a chain of ${bytes.length} bytes`);
    return bytes.subarray(0, sizeBytes);
  }

  async #clusters(first: number): Promise<Buffer[]> {
    const seen = new Set<number>();
    const bytes: Buffer[] = [];
    for (let cluster = first; cluster < END_OF_CHAIN; ) {
      if (cluster < 2 || seen.has(cluster)) throw new Error(`a chain leads to cluster ${cluster}`);
      seen.add(cluster);
      bytes.push(await this.#read(this.#dataStart + (cluster - 2) * this.#clusterBytes, this.#clusterBytes));
      cluster = (await this.#read(this.#fatStart + cluster * 4, 4)).readUInt32LE(0);
    }
    return bytes;
  }
}

function longName(parts: readonly Buffer[], sum: number): string {
  let name = '';
  for (const [i, part] of parts.entries()) {
    const number = parts.length - i;
    if (part[0] !== (i === 0 ? 0x40 | number : number)) throw new Error(`a long name's part ${part[0]}`);
    if (part[13] !== sum) throw new Error('a long name is of another short one');
    name = LONG_PLACES.map((place) => String.fromCharCode(part.readUInt16LE(place))).join('') + name;
  }
  const end = name.indexOf('\0');
  if (end !== -1 && /[^\uffff]/.test(name.slice(end + 1)))
    throw new Error('a long name goes on after its end');
  const cut = end === -1 ? name : name.slice(0, end);
  if (cut.length > MOST_UNITS) throw new Error(`a long name of ${cut.length} units`);
  return cut;
}

function checksum(entry: Buffer): number {
  let sum = 0;
  for (const byte of entry.subarray(0, 11)) sum = (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff;
  return sum;
}

function plain(short: string): string {
  const [stem, extension] = [short.slice(0, 8).trimEnd(), short.slice(8).trimEnd()];
  return extension === '' ? stem : `${stem}.${extension}`;
}
