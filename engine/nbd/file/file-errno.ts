import { constants } from 'node:os';
import { Errno } from '../protocol.ts';

/** What a failed call of the system is to an NBD client (proto.md, "Error values"). */
export function nbdErrno(error: unknown): number {
  const code = codeOf(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return Errno.ENOSPC;
    case 'EPERM':
    case 'EACCES':
    case 'EROFS':
      return Errno.EPERM;
    case 'ENOMEM':
      return Errno.ENOMEM;
    default:
      return Errno.EIO;
  }
}

/** The name of a system error's number: `ENOSPC`. */
export function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? `error ${errno}`;
}

/** The name of the error of a failed call: `ENOENT`; empty for another kind of error. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') {
    return errnoName(error.errno);
  }
  return '';
}
