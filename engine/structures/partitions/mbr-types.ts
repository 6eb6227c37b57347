/** Partition types of the MBR by number. Sources: Linux block/partitions/msdos.c; the list that sfdisk -T of util-linux prints. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x01, 'FAT12'],
  [0x04, 'FAT16 below 32 MiB'],
  [0x05, 'extended'],
  [0x06, 'FAT16'],
  [0x07, 'HPFS, NTFS or exFAT'],
  [0x0b, 'FAT32'],
  [0x0c, 'FAT32 (LBA)'],
  [0x0e, 'FAT16 (LBA)'],
  [0x0f, 'extended (LBA)'],
  [0x11, 'hidden FAT12'],
  [0x14, 'hidden FAT16 below 32 MiB'],
  [0x16, 'hidden FAT16'],
  [0x17, 'hidden HPFS or NTFS'],
  [0x1b, 'hidden FAT32'],
  [0x1c, 'hidden FAT32 (LBA)'],
  [0x1e, 'hidden FAT16 (LBA)'],
  [0x27, 'hidden NTFS (Windows recovery)'],
  [0x39, 'Plan 9'],
  [0x42, 'Windows dynamic disk'],
  [0x4d, 'QNX 4'],
  [0x63, 'GNU Hurd or System V'],
  [0x81, 'Minix'],
  [0x82, 'Linux swap or Solaris'],
  [0x83, 'Linux'],
  [0x85, 'Linux extended'],
  [0x86, 'NTFS volume set'],
  [0x87, 'NTFS volume set'],
  [0x88, 'Linux plain text'],
  [0x8e, 'Linux LVM'],
  [0xa5, 'FreeBSD'],
  [0xa6, 'OpenBSD'],
  [0xa8, 'Darwin UFS'],
  [0xa9, 'NetBSD'],
  [0xab, 'Darwin boot'],
  [0xaf, 'HFS or HFS+'],
  [0xbe, 'Solaris boot'],
  [0xbf, 'Solaris'],
  [0xda, 'data of no file system'],
  [0xea, 'Linux extended boot'],
  [0xee, 'GPT'],
  [0xef, 'EFI system'],
  [0xfb, 'VMware VMFS'],
  [0xfc, 'VMware VMKCORE'],
  [0xfd, 'Linux RAID autodetect'],
]);

export function mbrTypeName(type: number): string {
  return NAMES.get(type) ?? 'unknown type';
}

/** Types that hold a chain of logical partitions. */
export function isExtendedType(type: number): boolean {
  return type === 0x05 || type === 0x0f || type === 0x85;
}
