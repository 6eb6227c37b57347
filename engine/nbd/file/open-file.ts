import { type BigIntStats, close, constants, fstat, open, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { ParameterError } from '../filters/parameters.ts';
import { codeOf } from './file-errno.ts';
import { outliveFileSizeLimit } from './file-size-limit.ts';
import type { NativeFiles } from './native-files.ts';

const openAsync = promisify(open);
const closeAsync = promisify(close);
const fstatAsync = promisify(fstat) as (fd: number, options: { bigint: true }) => Promise<BigIntStats>;

/** Positions up to here are exact as a number, and Node can write at no other. */
const MAX_NODE_POSITION = BigInt(Number.MAX_SAFE_INTEGER);

/** An image or block device, open and locked. */
export interface OpenFile {
  readonly fd: number;
  readonly path: string;
  readonly sizeBytes: bigint;
  readonly isDevice: boolean;
  readonly readOnly: boolean;
  /** What cannot be done with it and might be expected; a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Opens a raw image or block device, for writing too where that is allowed and asked for. It is locked against other
 * programs that lock it, as every nbdscope does: for this one alone, or among readers when it is open for reading only.
 * @throws ParameterError for `file` when it cannot be opened, is no image or device, is empty or in use.
 */
export async function openFile(
  path: string,
  readOnly: boolean,
  native: NativeFiles | null,
): Promise<OpenFile> {
  outliveFileSizeLimit();
  const warnings: string[] = [];
  const { fd, writable } = await openAs(path, readOnly, warnings);
  try {
    const status = await fstatAsync(fd, { bigint: true });
    if (status.isDirectory()) throw refused(path, 'a directory; the floppy plugin serves directories');
    if (!status.isFile() && !status.isBlockDevice()) {
      throw refused(path, 'neither a file nor a block device; give a raw image or a block device');
    }
    const isDevice = status.isBlockDevice();
    const sizeBytes = isDevice ? deviceSize(path, status.rdev) : status.size;
    if (sizeBytes === 0n) {
      throw refused(
        path,
        `empty; make it as large as the disk is to be, as with truncate -s 1G ${basename(path)}`,
      );
    }
    if (native !== null && !native.lock(fd, writable)) {
      throw refused(path, 'in use by another program, perhaps another nbdscope; stop that one first');
    }
    const tooLarge = writable && native === null && sizeBytes > MAX_NODE_POSITION;
    if (tooLarge) warnings.push('It is read-only, as Node cannot write beyond 8 PiB.');
    return { fd, path, sizeBytes, isDevice, readOnly: !writable || tooLarge, warnings };
  } catch (error) {
    await closeAsync(fd);
    throw error;
  }
}

async function openAs(
  path: string,
  readOnly: boolean,
  warnings: string[],
): Promise<{ fd: number; writable: boolean }> {
  try {
    // A FIFO must not have us wait for its other end.
    if (readOnly)
      return { fd: await openAsync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false };
    return { fd: await openAsync(path, constants.O_RDWR | constants.O_NONBLOCK), writable: true };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT')
      throw refused(path, `not there; make it, as with truncate -s 1G ${basename(path)}`);
    if (code === 'EISDIR') throw refused(path, 'a directory; the floppy plugin serves directories');
    if (readOnly || !['EACCES', 'EPERM', 'EROFS'].includes(code)) {
      throw refused(path, `not to be opened (${code === '' ? String(error) : code})`);
    }
    const opened = await openAs(path, true, warnings);
    warnings.push(`It is read-only, as it cannot be opened for writing (${code}).`);
    return opened;
  }
}

/**
 * The size of a block device as Linux tells it, in sectors of 512 bytes whatever its own are.
 * @throws ParameterError when it does not.
 */
export function deviceSize(path: string, device: bigint): bigint {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  try {
    return BigInt(readFileSync(`/sys/dev/block/${major}:${minor}/size`, 'utf8').trim()) * 512n;
  } catch {
    throw refused(path, 'a block device whose size is not to be had here');
  }
}

function refused(path: string, is: string): ParameterError {
  return new ParameterError('file', path, `it is ${is}`);
}
