import { ascii, matchesAt, SPACE } from './ascii.ts';

/** Bytes of `YYYY-MM-DD HH:MM:SS`. */
export const SECOND_BYTES = 19;
/** Bytes of `YYYY-MM-DD HH:MM:SS.uuuuuu` and the space after it. */
export const STAMP_BYTES = 27;
const UNKNOWN = ascii('Time unknown ');
const NOT_A_STAMP = -1;

function number(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let i = 0; i < digits; i += 1) {
    const digit = (bytes[at + i] ?? 0) - 48;
    if (digit < 0 || digit > 9) return NOT_A_STAMP;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * The UTC second that stands at `at` as `YYYY-MM-DD HH:MM:SS`, in µs since the epoch; -1 when none does. Days past
 * the end of a month are refused, a 60th second is not.
 */
export function readSecondUs(bytes: Uint8Array, at: number): number {
  if (bytes[at + 4] !== 45 || bytes[at + 7] !== 45 || bytes[at + 10] !== SPACE) return NOT_A_STAMP;
  if (bytes[at + 13] !== 58 || bytes[at + 16] !== 58) return NOT_A_STAMP;
  const year = number(bytes, at, 4);
  const month = number(bytes, at + 5, 2);
  const day = number(bytes, at + 8, 2);
  const hour = number(bytes, at + 11, 2);
  const minute = number(bytes, at + 14, 2);
  const second = number(bytes, at + 17, 2);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return NOT_A_STAMP;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return NOT_A_STAMP;
  return Date.UTC(year, month - 1, day, hour, minute, second) * 1000;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The time a line begins with. */
export interface Stamp {
  /** µs since the epoch; NaN for `Time unknown`. */
  timeUs: number;
  /** Where the line goes on after it. */
  next: number;
}

/** Reads a line's time into `out`; false when the line begins with none. */
export function readStamp(bytes: Uint8Array, at: number, out: Stamp): boolean {
  if (matchesAt(bytes, at, UNKNOWN)) {
    out.timeUs = Number.NaN;
    out.next = at + UNKNOWN.length;
    return true;
  }
  const secondUs = readSecondUs(bytes, at);
  const micros = number(bytes, at + SECOND_BYTES + 1, 6);
  if (secondUs === NOT_A_STAMP || micros === NOT_A_STAMP) return false;
  if (bytes[at + SECOND_BYTES] !== 46 || bytes[at + STAMP_BYTES - 1] !== SPACE) return false;
  out.timeUs = secondUs + micros;
  out.next = at + STAMP_BYTES;
  return true;
}
