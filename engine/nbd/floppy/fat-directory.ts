import type { FatName } from './fat-names.ts';

export const ENTRY_BYTES = 32;
const ATTRIBUTE = { volume: 0x08, directory: 0x10, file: 0x20, longName: 0x0f };
const LAST_LONG = 0x40;
/** UTF-16 units in one entry of a long name, and where they stand in it. */
const LONG_UNITS = 13;
const LONG_PLACES = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30] as const;

/** What a directory tells of one of its files or directories. */
export interface DirectoryEntry {
  readonly name: FatName;
  readonly isDirectory: boolean;
  readonly firstCluster: number;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** Entries that a name takes: itself, and those of its long name. */
export function entriesFor(name: FatName): number {
  return name.shortOnly ? 1 : 1 + Math.ceil(name.long.length / LONG_UNITS);
}

/** The bytes of an entry with its long name before it. */
export function entryBytes(entry: DirectoryEntry): Buffer {
  const { name } = entry;
  const own = shortEntry(name.short, entry.isDirectory ? ATTRIBUTE.directory : ATTRIBUTE.file, entry);
  if (name.shortOnly) return own;
  const parts: Buffer[] = [];
  const count = Math.ceil(name.long.length / LONG_UNITS);
  for (let number = count; number >= 1; number -= 1) {
    const part = Buffer.alloc(ENTRY_BYTES);
    part[0] = number | (number === count ? LAST_LONG : 0);
    part[11] = ATTRIBUTE.longName;
    part[13] = checksum(name.short);
    for (const [i, place] of LONG_PLACES.entries()) {
      const at = (number - 1) * LONG_UNITS + i;
      // The end is told by a zero, and what is left is filled up.
      const unit = at < name.long.length ? name.long.charCodeAt(at) : at === name.long.length ? 0 : 0xffff;
      part.writeUInt16LE(unit, place);
    }
    parts.push(part);
  }
  return Buffer.concat([...parts, own]);
}

/** The entries `.` and `..`; a parent that is the root is told as cluster 0. */
export function dotEntries(own: number, parent: number, modifiedMs: number): Buffer {
  const entry = (firstCluster: number): Omit<DirectoryEntry, 'name'> => ({
    isDirectory: true,
    firstCluster,
    sizeBytes: 0,
    modifiedMs,
  });
  return Buffer.concat([
    shortEntry('.'.padEnd(11), ATTRIBUTE.directory, entry(own)),
    shortEntry('..'.padEnd(11), ATTRIBUTE.directory, entry(parent)),
  ]);
}

/** The entry of the volume's label. @param label eleven ASCII characters. */
export function labelEntry(label: string, modifiedMs: number): Buffer {
  return shortEntry(label, ATTRIBUTE.volume, {
    isDirectory: false,
    firstCluster: 0,
    sizeBytes: 0,
    modifiedMs,
  });
}

function shortEntry(name: string, attributes: number, entry: Omit<DirectoryEntry, 'name'>): Buffer {
  const bytes = Buffer.alloc(ENTRY_BYTES);
  bytes.write(name, 0, 11, 'latin1');
  bytes[11] = attributes;
  const { date, time } = dosTime(entry.modifiedMs);
  bytes.writeUInt16LE(time, 14);
  bytes.writeUInt16LE(date, 16);
  bytes.writeUInt16LE(date, 18);
  bytes.writeUInt16LE(entry.firstCluster >>> 16, 20);
  bytes.writeUInt16LE(time, 22);
  bytes.writeUInt16LE(date, 24);
  bytes.writeUInt16LE(entry.firstCluster & 0xffff, 26);
  bytes.writeUInt32LE(entry.sizeBytes, 28);
  return bytes;
}

function checksum(short: string): number {
  let sum = 0;
  for (let i = 0; i < 11; i += 1) sum = (((sum & 1) << 7) + (sum >> 1) + short.charCodeAt(i)) & 0xff;
  return sum;
}

/** FAT's time is local, by two seconds, from 1980 to 2107. */
function dosTime(ms: number): { date: number; time: number } {
  const at = new Date(ms);
  const year = at.getFullYear();
  if (!(year >= 1980)) return { date: (1 << 5) | 1, time: 0 };
  if (year > 2107) return { date: (127 << 9) | (12 << 5) | 31, time: 0 };
  return {
    date: ((year - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate(),
    time: (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1),
  };
}
