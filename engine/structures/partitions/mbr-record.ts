import { Fields } from '../fields.ts';

/**
 * A boot record with its four entries: the MBR itself, and the records that chain logical partitions (UEFI specification
 * 2.10, section 5.2; Linux include/linux/msdos_partition.h).
 */

export const MBR_BYTES = 512;
const ENTRIES_AT = 446;
const ENTRY_BYTES = 16;

export interface MbrEntry {
  /** 0 to 3. */
  readonly index: number;
  readonly isActive: boolean;
  readonly type: number;
  /** Relative to the disk in the MBR, in a chain to the record or the extended partition. */
  readonly firstSector: number;
  readonly sectorCount: number;
}

export interface MbrRecord {
  /** Disk signature, as it stands at byte 440. */
  readonly signature: number;
  /** Those in use. */
  readonly entries: readonly MbrEntry[];
}

/** Null when the sector is no such record: without its signature, or with entries that no record has. */
export function mbrRecordOf(sector: Uint8Array): MbrRecord | null {
  const fields = new Fields(sector);
  if (fields.u16(510) !== 0xaa55) return null;
  const entries: MbrEntry[] = [];
  for (let index = 0; index < 4; index += 1) {
    const at = ENTRIES_AT + index * ENTRY_BYTES;
    const status = fields.u8(at);
    // Boot sectors of file systems carry the signature too, and code here.
    if (status !== 0 && status !== 0x80) return null;
    const entry: MbrEntry = {
      index,
      isActive: status === 0x80,
      type: fields.u8(at + 4),
      firstSector: fields.u32(at + 8),
      sectorCount: fields.u32(at + 12),
    };
    if (entry.type !== 0 && entry.sectorCount > 0) entries.push(entry);
  }
  return { signature: fields.u32(440), entries };
}

/** Whether a sector with an MBR's signature begins a FAT or NTFS file system ("BIOS parameter block"). */
export function isBootSector(sector: Uint8Array): boolean {
  const fields = new Fields(sector);
  const jumps = (fields.u8(0) === 0xeb && fields.u8(2) === 0x90) || fields.u8(0) === 0xe9;
  const names = [fields.text(3, 8), fields.text(54, 5), fields.text(82, 5)];
  return (
    jumps &&
    (names[0] === 'NTFS    ' || names[0] === 'EXFAT   ' || names.some((name) => name.startsWith('FAT')))
  );
}
