/**
 * Sizes as nbdkit writes and reads them: an integer and at most one suffix (nbdkit(1), "SIZES").
 * Kept as bigint: a disk may be up to 2^63-1 bytes, more than a double holds exactly.
 */

/** The largest disk NBD can export: 2^63-1 bytes. */
export const MAX_SIZE_BYTES = (1n << 63n) - 1n;

const SUFFIX_BYTES: Readonly<Record<string, bigint>> = {
  b: 1n,
  s: 512n,
  k: 1n << 10n,
  m: 1n << 20n,
  g: 1n << 30n,
  t: 1n << 40n,
  p: 1n << 50n,
  e: 1n << 60n,
};

/** A size the caller can act on, or the sentence that says what was wrong with it. */
export type ParsedSize = { readonly bytes: bigint } | { readonly error: string };

/**
 * Reads a size such as `64M`, `7E`, `131072s` or `67108864`; suffixes in either case.
 * Never throws: bad input comes back as `error`, naming what was refused and what would be accepted.
 */
export function parseSize(text: string): ParsedSize {
  const match = /^(\d+)([a-z]*)$/i.exec(text);
  if (!match)
    return { error: `"${text}": not a size; use a whole number with an optional suffix, as in 64M` };
  const [, digits = '', suffix = ''] = match;
  const unit = suffix === '' ? 1n : SUFFIX_BYTES[suffix.toLowerCase()];
  if (unit === undefined) {
    return { error: `"${text}": unknown size suffix "${suffix}"; use b, k, m, g, t, p, e or s, as in 64M` };
  }
  if (digits.length > 20) return { error: tooLarge(text) };
  const bytes = BigInt(digits) * unit;
  if (bytes > MAX_SIZE_BYTES) return { error: tooLarge(text) };
  if (bytes === 0n) return { error: `"${text}": a disk has at least 1 byte, as in 64M` };
  return { bytes };
}

function tooLarge(text: string): string {
  return `"${text}": too large; a disk has at most 2^63-1 bytes, as in 7E`;
}

const UNITS: readonly (readonly [bigint, string])[] = [
  [1n << 60n, 'EiB'],
  [1n << 50n, 'PiB'],
  [1n << 40n, 'TiB'],
  [1n << 30n, 'GiB'],
  [1n << 20n, 'MiB'],
  [1n << 10n, 'KiB'],
];

/** A size for people, in binary units with at most `digits` decimals: `64 MiB`, `1.5 GiB`, `512 B`. */
export function formatBytes(bytes: bigint | number, digits = 1): string {
  const whole = typeof bytes === 'bigint' ? bytes : BigInt(Math.round(bytes));
  for (const [unit, name] of UNITS) {
    if (whole >= unit) {
      const scaled = Number((whole * 1000n) / unit) / 1000;
      return `${trimZeros(scaled.toFixed(digits))} ${name}`;
    }
  }
  return `${whole} B`;
}

function trimZeros(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}

/** A size in nbdkit's short form where that is exact, else in bytes: `64M`, `7E`, `1000`. */
export function shortSize(bytes: bigint): string {
  for (const suffix of ['e', 'p', 't', 'g', 'm', 'k']) {
    const unit = SUFFIX_BYTES[suffix] ?? 1n;
    if (bytes >= unit && bytes % unit === 0n) return `${bytes / unit}${suffix.toUpperCase()}`;
  }
  return `${bytes}`;
}

/** Joins two unsigned 32-bit halves; exact, as the result is a bigint. */
export function joinHalves(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

/** A whole number with thousands separated by commas, whatever the locale. */
export function thousands(value: number | bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
