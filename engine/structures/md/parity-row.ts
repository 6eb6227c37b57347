/**
 * What a stripe's members hold, and how what is missing follows from the rest: P is the sum of all data, Q the sum of each data chunk times a
 * power of 2, in the field of 256 elements with the polynomial 0x11d (H. Peter Anvin, "The mathematics of RAID-6"; lib/raid6 of Linux).
 */
export type RowRole =
  | {
      readonly kind: 'data' /** The power of 2 that it has in Q; 0 where there is no Q. */;
      readonly power: number;
    }
  | { readonly kind: 'parity' }
  | { readonly kind: 'q' };

/** A chunk, or the same part of each, that could be read. */
export interface RowPart {
  readonly role: RowRole;
  readonly bytes: Uint8Array;
}

const POLYNOMIAL = 0x11d;
const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let power = 0, value = 1; power < 255; power += 1) {
  EXP[power] = value;
  EXP[power + 255] = value;
  LOG[value] = power;
  value = (value << 1) ^ (value & 0x80 ? POLYNOMIAL : 0);
}

/** The sum of parts, which is what is missing of data and P when one is. */
export function sumOf(parts: readonly Uint8Array[], lengthBytes: number): Uint8Array {
  const sum = new Uint8Array(lengthBytes);
  for (const bytes of parts) addTimes(sum, bytes, 1);
  return sum;
}

/**
 * The data chunk with a power in Q when it and one other of the stripe are missing.
 * @param parts all others. @param other power of the other one, if that is data; null when it is P.
 */
export function recoverByQ(
  parts: readonly RowPart[],
  wanted: number,
  other: number | null,
  lengthBytes: number,
): Uint8Array {
  // Both sums without the missing: of P over data and P, of Q over data and Q.
  const sum = new Uint8Array(lengthBytes);
  const weighted = new Uint8Array(lengthBytes);
  for (const { role, bytes } of parts) {
    if (role.kind !== 'q') addTimes(sum, bytes, 1);
    if (role.kind === 'q') addTimes(weighted, bytes, 1);
    if (role.kind === 'data') addTimes(weighted, bytes, powerOf2(role.power));
  }
  const found = new Uint8Array(lengthBytes);
  if (other === null) {
    addTimes(found, weighted, inverse(powerOf2(wanted)));
    return found;
  }
  const scale = inverse(powerOf2(wanted) ^ powerOf2(other));
  addTimes(found, weighted, scale);
  addTimes(found, sum, times(powerOf2(other), scale));
  return found;
}

function powerOf2(power: number): number {
  return EXP[power % 255] ?? 0;
}

function inverse(value: number): number {
  return EXP[255 - (LOG[value] ?? 0)] ?? 0;
}

function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : (EXP[(LOG[a] ?? 0) + (LOG[b] ?? 0)] ?? 0);
}

/** Adds `bytes` times `factor`, byte by byte. */
function addTimes(to: Uint8Array, bytes: Uint8Array, factor: number): void {
  if (factor === 1) {
    for (let i = 0; i < to.length; i += 1) to[i] = (to[i] ?? 0) ^ (bytes[i] ?? 0);
    return;
  }
  const products = Uint8Array.from({ length: 256 }, (_, value) => times(value, factor));
  for (let i = 0; i < to.length; i += 1) to[i] = (to[i] ?? 0) ^ (products[bytes[i] ?? 0] ?? 0);
}
