import { type ArrayShape, placeInArray } from '../raid/geometry.ts';

/** A range that holds the data of an array's member, stripe by stripe. Plain data: it may travel and be kept. */
export interface StripedRange {
  /** Bytes of the volume that the structure was found on, of the disk in a disk's tree. Data begin at the first. */
  readonly startBytes: bigint;
  readonly endBytes: bigint;
  /** The member's place in the array. */
  readonly member: number;
  readonly shape: ArrayShape;
}

/** What a byte is to the array: `stripe 12, data chunk 1`, `stripe 12, parity`; null outside of it and where nothing is striped. */
export function stripeInWords(
  { startBytes, endBytes, member, shape }: StripedRange,
  byte: bigint,
): string | null {
  if (byte < startBytes || byte >= endBytes || shape.level === 1) return null;
  const place = placeInArray(shape, member, byte - startBytes);
  if (place === null) return null;
  const { role, stripe } = place;
  if (role.kind !== 'data') return `stripe ${stripe}, ${role.kind === 'q' ? 'Q parity' : 'parity'}`;
  const copy = role.copy === 0 ? '' : `, copy ${role.copy}`;
  return `stripe ${stripe}, data chunk ${role.index}${copy}`;
}

export function sameStripes(a: StripedRange | undefined, b: StripedRange | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.startBytes === b.startBytes &&
    a.endBytes === b.endBytes &&
    a.member === b.member &&
    a.shape.level === b.shape.level &&
    a.shape.chunkBytes === b.shape.chunkBytes &&
    a.shape.parityLayout === b.shape.parityLayout &&
    a.shape.copyLayout === b.shape.copyLayout &&
    a.shape.copies === b.shape.copies &&
    a.shape.dataOffsetBytes === b.shape.dataOffsetBytes &&
    a.shape.memberCount === b.shape.memberCount &&
    a.shape.memberBytes === b.shape.memberBytes
  );
}
