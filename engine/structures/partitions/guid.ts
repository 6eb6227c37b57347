import type { Fields } from '../fields.ts';

/** A GUID as UEFI stores it: the first three groups little-endian (UEFI specification 2.10, appendix A). Upper case. */
export function guidAt(fields: Fields, at: number): string {
  const group = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const parts = [
    group(fields.u32(at), 8),
    group(fields.u16(at + 4), 4),
    group(fields.u16(at + 6), 4),
    fields.hex(at + 8, 2),
    fields.hex(at + 10, 6),
  ];
  return parts.join('-').toUpperCase();
}

export const NO_GUID = '00000000-0000-0000-0000-000000000000';
