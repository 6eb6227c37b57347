import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Backend } from './backend.ts';
import {
  type Copied,
  type CopyProgress,
  type CopyTarget,
  copyDisk,
  isZero,
  writeZeroes,
} from './copy-disk.ts';
import { codeOf, nbdErrno } from './file/file-errno.ts';
import { nativeFiles } from './file/native-files.ts';
import { ParameterError } from './filters/parameters.ts';
import { Errno } from './protocol.ts';

/** Errors of link(2) on file systems that have no hard links. */
const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

export interface SaveOptions {
  /** With holes where the disk is zeroes. */
  readonly sparse: boolean;
  /** Whether a file that is there may go. */
  readonly replace: boolean;
  readonly onProgress: CopyProgress;
  readonly signal?: AbortSignal;
}

/**
 * Saves a disk as a raw image. Written beside its place and put there once it is whole and durable: a save that fails or
 * is broken off leaves nothing, and what was there stays.
 * @param path in full.
 * @throws Error when something is there that is not to be replaced, or is in use, as the image of a hosted disk is;
 * ParameterError for another path that will not do; Error when it is not to be written.
 */
export async function saveToImage(from: Backend, path: string, options: SaveOptions): Promise<Copied> {
  const { sparse, replace, onProgress, signal } = options;
  const there = await whatIsAt(path);
  if (there !== null && !replace) throw takenError(path);
  const place = there === null ? path : await realpath(path);
  const beside = `${place}.part-${randomBytes(4).toString('hex')}`;
  // Held to the end, so that nobody begins to serve what is about to go.
  const held = there === null ? null : await hold(place, there);
  try {
    const mode = there === null ? 0o644 : there.mode & 0o777;
    const file = await create(beside, path, mode);
    try {
      if (there !== null) await file.chmod(mode);
      await setSize(file, from.sizeBytes, path);
      const copied = await copyDisk(from, imageTarget(file, sparse), onProgress, signal);
      if (!copied.cancelled) await putInPlace(beside, place, replace);
      return copied;
    } finally {
      await file.close();
      await rm(beside, { force: true });
    }
  } finally {
    await held?.close();
  }
}

/** Follows links; null for nothing. */
async function whatIsAt(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    throw new Error(`${path} cannot be written: ${whyNotWritten(path, code)}`);
  }
}

function takenError(path: string): Error {
  return new Error(`${path} is there already; choose another name, or replace it`);
}

/**
 * Sees to it that a file may be replaced: whoever serves it would go on with one that has no name any more, and all that
 * clients write from then on would be lost.
 */
async function hold(path: string, status: Stats): Promise<FileHandle> {
  if (!status.isFile()) throw new ParameterError('path', path, 'it is no file; choose another name');
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new ParameterError('path', path, `it cannot be replaced (${codeOf(error)})`);
  }
  const native = await nativeFiles();
  if (native === null || native.lock(file.fd, false)) return file;
  await file.close();
  throw new ParameterError(
    'path',
    path,
    'it is in use, by a disk that is hosted from it or another program; choose another name',
  );
}

async function create(beside: string, path: string, mode: number): Promise<FileHandle> {
  try {
    return await open(beside, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, mode);
  } catch (error) {
    throw new Error(`${path} cannot be written: ${whyNotWritten(path, codeOf(error))}`);
  }
}

function whyNotWritten(path: string, code: string): string {
  switch (code) {
    case 'ENOENT':
      return `there is no directory ${dirname(path)}`;
    case 'ENOTDIR':
      return `${dirname(path)} is no directory`;
    case 'EACCES':
    case 'EPERM':
      return `nbdscope may not write in ${dirname(path)}`;
    case 'EROFS':
      return 'the file system there is read-only';
    case 'ENOSPC':
      return 'no room is left there';
    default:
      return code;
  }
}

async function setSize(file: FileHandle, sizeBytes: bigint, path: string): Promise<void> {
  try {
    if (sizeBytes > BigInt(Number.MAX_SAFE_INTEGER))
      throw Object.assign(new Error('too large'), { code: 'EFBIG' });
    await file.truncate(Number(sizeBytes));
  } catch (error) {
    const why = codeOf(error) === 'EFBIG' ? 'no file there can be as large as the disk' : codeOf(error);
    throw new ParameterError('path', path, `an image of ${sizeBytes} bytes cannot be made: ${why}`);
  }
}

/** Gives the image its name, and makes that durable. What came there meanwhile stays unless it is to be replaced. */
async function putInPlace(beside: string, path: string, replace: boolean): Promise<void> {
  if (replace) await rename(beside, path);
  else await linkOrRename(beside, path);
  try {
    await using directory = await open(dirname(path), constants.O_RDONLY);
    await directory.sync();
  } catch {
    // Not every platform can sync a directory, and the image itself is safe.
  }
}

async function linkOrRename(beside: string, path: string): Promise<void> {
  try {
    await link(beside, path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') throw takenError(path);
    if (!NO_LINKS.includes(code)) throw error;
    const taken = await lstat(path).then(
      () => true,
      () => false,
    );
    if (taken) throw takenError(path);
    await rename(beside, path);
  }
}

/** A new file, which is all holes. */
function imageTarget(file: FileHandle, sparse: boolean): CopyTarget {
  const write = async (offset: bigint, bytes: Buffer): Promise<number> => {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, Number(offset) + done);
        done += bytesWritten;
      }
      return Errno.Ok;
    } catch (error) {
      return nbdErrno(error);
    }
  };
  return {
    write: async (offset, bytes) => (sparse && isZero(bytes) ? Errno.Ok : write(offset, bytes)),
    zero: async (offset, length) => {
      if (sparse) return Errno.Ok;
      const native = await nativeFiles();
      if (native !== null && (await native.zeroRange(file.fd, offset, BigInt(length))) === 0) return Errno.Ok;
      return writeZeroes(length, (at, zeroes) => write(offset + BigInt(at), zeroes));
    },
    flush: async () => {
      await file.sync();
      return Errno.Ok;
    },
  };
}
