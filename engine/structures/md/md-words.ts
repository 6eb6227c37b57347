import type { COPY_LAYOUTS, PARITY_LAYOUTS } from '#shared/contract/arrays.ts';
import type { MdRole, MdSuperblock } from './md-member.ts';

type ParityLayout = (typeof PARITY_LAYOUTS)[number];
type CopyLayout = (typeof COPY_LAYOUTS)[number];

/** Layouts of levels 5 and 6 in md's numbers: ALGORITHM_* in drivers/md/raid5.h of Linux. */
const PARITY_LAYOUTS_BY_NUMBER: readonly ParityLayout[] = [
  'left-asymmetric',
  'right-asymmetric',
  'left-symmetric',
  'right-symmetric',
  'parity-first',
  'parity-last',
];

/** Null for those that only arrays of other makers, or of a shape in change, have. */
export function parityLayoutOf(layout: number): ParityLayout | null {
  return PARITY_LAYOUTS_BY_NUMBER[layout] ?? null;
}

/** How level 10 keeps copies: setup_geo in drivers/md/raid10.c of Linux. Null for what is near and far at once. */
export function copyLayoutOf(
  layout: number,
): { readonly layout: CopyLayout; readonly copies: number } | null {
  const near = layout & 0xff;
  const far = (layout >> 8) & 0xff;
  if (layout >> 18 !== 0 || near === 0 || far === 0) return null;
  if (far === 1) return (layout & (1 << 16)) === 0 ? { layout: 'near', copies: near } : null;
  // Copies that stay within sets of members have bit 17; no program makes them.
  if (near !== 1 || (layout & (1 << 17)) !== 0) return null;
  return { layout: (layout & (1 << 16)) === 0 ? 'far' : 'offset', copies: far };
}

/** `RAID 5`, `linear array`. */
export function levelInWords(level: number): string {
  if (level === -1) return 'linear array';
  return level < 0 ? `md array of level ${level}` : `RAID ${level}`;
}

/** As mdadm names it; null where there is nothing to choose. */
export function layoutInWords({ level, layout, version }: MdSuperblock): string | null {
  if (level === 5 || level === 6) return parityLayoutOf(layout) ?? `unknown (${layout})`;
  if (level === 10) {
    const copies = copyLayoutOf(layout);
    return copies === null ? `unknown (0x${layout.toString(16)})` : `${copies.layout}=${copies.copies}`;
  }
  if (level === 0 && version !== '0.90') return ['unknown', 'original', 'alternate'][layout] ?? 'unknown';
  return null;
}

export function roleInWords(role: MdRole): string {
  return role.kind === 'active' ? `active device ${role.index}` : role.kind;
}

/** `RAID 5 "host:0"`, as people tell arrays apart. */
export function arrayInWords({ level, name, uuid }: MdSuperblock): string {
  return `${levelInWords(level)} ${name === '' ? uuid : `“${name}”`}`;
}

/** A time that a superblock gives in seconds, UTC; what no clock shows as the number it is. */
export function timeInWords(seconds: bigint): string {
  if (seconds > 253_402_300_799n) return String(seconds);
  return new Date(Number(seconds) * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
}
