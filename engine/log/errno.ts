import { ERRNO_NAMES } from '#shared/events/vocabulary.ts';
import { ascii, LF, matchesAt, SPACE } from './ascii.ts';

const NAMES = Object.entries(ERRNO_NAMES).map(([number, name]) => ({
  number: Number(number),
  name: ascii(name),
}));
/** What nbdkit's log filter writes for every errno that it has no name for. */
const EINVAL = 22;
const ERROR = ascii(' error=');
const ARROW = ascii('=>');

/**
 * The errno that a failed reply names at `at`, right after `return=-1`: ` error=EIO` since nbdkit 1.24, ` (EIO)` or
 * ` (EROFS=>EPERM)` before. EINVAL when there is none or it is unknown.
 */
export function readErrno(bytes: Uint8Array, at: number): number {
  let from = at;
  if (matchesAt(bytes, from, ERROR)) from += ERROR.length;
  else if (bytes[from] === SPACE && bytes[from + 1] === 40) {
    from += 2;
    for (let i = from; i < bytes.length && bytes[i] !== LF && bytes[i] !== 41; i += 1) {
      if (matchesAt(bytes, i, ARROW)) from = i + ARROW.length;
    }
  }
  for (const { number, name } of NAMES) {
    if (matchesAt(bytes, from, name) && !isNameByte(bytes[from + name.length] ?? 0)) return number;
  }
  return EINVAL;
}

function isNameByte(byte: number): boolean {
  return (byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 57);
}
