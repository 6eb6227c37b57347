import { type ArrayShape, placeInArray } from '../raid/geometry.ts';

/** A range of a disk that holds the data of an array's member, stripe by stripe. Plain data: it may travel and be kept. */
export interface StripedRange {
  readonly disk: number;
  /** What people call the array. */
  readonly array: string;
  readonly startBytes: bigint;
  readonly endBytes: bigint;
  /** The member's place in the array. */
  readonly member: number;
  /** Data begin at byte 0 of the range. */
  readonly shape: ArrayShape;
}

/** What a byte of the disk is to the array: `stripe 12, data chunk 1`, `stripe 12, parity`; null outside of it. */
export function stripeInWords(range: StripedRange, byte: bigint): string | null {
  if (byte < range.startBytes || byte >= range.endBytes || range.shape.level === 1) return null;
  const place = placeInArray(range.shape, range.member, byte - range.startBytes);
  if (place === null) return null;
  const { role, stripe } = place;
  if (role.kind !== 'data') return `stripe ${stripe}, ${role.kind === 'q' ? 'Q parity' : 'parity'}`;
  const copy = role.copy === 0 ? '' : `, copy ${role.copy}`;
  return `stripe ${stripe}, data chunk ${role.index}${copy}`;
}
