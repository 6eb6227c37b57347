/**
 * Moments in a capture: signed 64-bit ns since the epoch, as two 32-bit halves in a little-endian column. A time of the
 * session is a double of µs, which in our days is exact to a quarter of one: ns hold it without loss. No number here goes
 * through a BigInt, of which a hot path would make one for each row.
 */

const TWO_32 = 0x1_0000_0000;

/** Times before the epoch or past the year 2262 have no place in the column. */
const MAX_US = 9_223_372_036_000_000;

/** Whether {@link putTimeUs} can hold a time at all: it is known, and in the column's range. */
export function isTimeUs(us: number): boolean {
  return us >= 0 && us <= MAX_US;
}

/** Puts a time at element `i` of a 64-bit column, rounded to a whole ns. */
export function putTimeUs(column: Uint32Array, i: number, us: number): void {
  const whole = Math.floor(us);
  const high = Math.floor(whole / TWO_32);
  const low = (whole - high * TWO_32) * 1000 + Math.round((us - whole) * 1000);
  const carry = Math.floor(low / TWO_32);
  column[2 * i] = low - carry * TWO_32;
  column[2 * i + 1] = high * 1000 + carry;
}

/** The time at element `i` of a 64-bit column, µs; negative ones read as times past 2262. */
export function timeUsAt(column: Uint32Array, i: number): number {
  const high = column[2 * i + 1] ?? 0;
  const thousands = Math.floor(high / 1000);
  const rest = (high - thousands * 1000) * TWO_32 + (column[2 * i] ?? 0);
  return thousands * TWO_32 + rest / 1000;
}

/** Puts a whole number up to 2^53 at element `i` of a 64-bit column. */
export function putWhole(column: Uint32Array, i: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  column[2 * i] = value - high * TWO_32;
  column[2 * i + 1] = high;
}

/** The whole number at element `i` of a 64-bit column; exact up to 2^53. */
export function wholeAt(column: Uint32Array, i: number): number {
  return (column[2 * i + 1] ?? 0) * TWO_32 + (column[2 * i] ?? 0);
}
