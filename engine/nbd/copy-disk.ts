import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { Backend } from './backend.ts';
import type { NbdClient } from './client/nbd-client.ts';
import { codeOf, nbdErrno } from './file/file-errno.ts';
import { nativeFiles } from './file/native-files.ts';
import { ParameterError } from './filters/parameters.ts';
import { OwnRequest, readRange } from './own-request.ts';
import { Errno, ExtentFlag } from './protocol.ts';

/** Read and written at a time. */
const PIECE_BYTES = 1 << 20;
/** Pieces on their way at a time. */
const DEPTH = 4;
/** The longest range whose extents are asked for at a time. */
const MAP_BYTES = 1n << 31n;

/** How far a copy has come: bytes looked at, of how many; holes count as done when they are passed over. */
export type CopyProgress = (done: bigint, total: bigint) => void;

/** Where the bytes of a copy go. Every method returns an NBD error number, or throws what the system said. */
export interface CopyTarget {
  write(offset: bigint, bytes: Buffer): Promise<number>;
  /** Makes a range zeroes, where it may be something else already. */
  zero(offset: bigint, length: number): Promise<number>;
  flush(): Promise<number>;
}

/** How a copy ended; `copiedBytes` are those that were not holes. */
export interface Copied {
  readonly cancelled: boolean;
  readonly copiedBytes: bigint;
}

/**
 * Copies a disk, passing over what is zeroes on it. The disk may be in use: what clients write meanwhile is copied or not.
 * @throws Error naming the offset and the error when a read or write fails.
 */
export async function copyDisk(
  from: Backend,
  to: CopyTarget,
  onProgress: CopyProgress,
  signal?: AbortSignal,
): Promise<Copied> {
  const total = from.sizeBytes;
  let copiedBytes = 0n;
  const copyPiece = async (offset: bigint, length: number): Promise<void> => {
    const { errno, bytes } = await readRange(from, offset, length);
    if (errno !== 0) throw new Error(`reading ${length} bytes at ${offset} failed with NBD error ${errno}`);
    check(await to.write(offset, bytes), 'writing', offset, length);
    copiedBytes += BigInt(length);
  };
  for (let at = 0n; at < total && !isAborted(signal); ) {
    const want = total - at < MAP_BYTES ? total - at : MAP_BYTES;
    for (const { length, isZero } of await extentsAt(from, at, Number(want))) {
      if (isAborted(signal)) break;
      if (isZero) check(await to.zero(at, length), 'zeroing', at, length);
      else await inPieces(at, length, signal, copyPiece, (done) => onProgress(done, total));
      at += BigInt(length);
      onProgress(at, total);
    }
  }
  const cancelled = isAborted(signal);
  if (!cancelled) check(await to.flush(), 'flushing', 0n, 0);
  return { cancelled, copiedBytes };
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

async function inPieces(
  start: bigint,
  length: number,
  signal: AbortSignal | undefined,
  copyPiece: (offset: bigint, length: number) => Promise<void>,
  onDone: (at: bigint) => void,
): Promise<void> {
  for (let at = 0; at < length && !isAborted(signal); ) {
    const pieces: Promise<void>[] = [];
    for (; pieces.length < DEPTH && at < length; at += PIECE_BYTES) {
      pieces.push(copyPiece(start + BigInt(at), Math.min(PIECE_BYTES, length - at)));
    }
    const settled = await Promise.allSettled(pieces);
    for (const each of settled) if (each.status === 'rejected') throw each.reason;
    onDone(start + BigInt(Math.min(at, length)));
  }
}

async function extentsAt(
  from: Backend,
  offset: bigint,
  length: number,
): Promise<{ length: number; isZero: boolean }[]> {
  if (from.capabilities.extents) {
    const asked = new OwnRequest(offset, length);
    if ((await from.extents(asked)) === 0 && asked.extentCount > 0) {
      let left = length;
      return asked.extentLength.slice(0, asked.extentCount).map((bytes, i) => {
        const part = Math.min(bytes, left);
        left -= part;
        return { length: part, isZero: ((asked.extentFlags[i] ?? 0) & ExtentFlag.Zero) !== 0 };
      });
    }
  }
  return [{ length, isZero: false }];
}

function check(errno: number, what: string, offset: bigint, length: number): void {
  if (errno === 0) return;
  const why = errno === Errno.ENOSPC ? 'no room is left' : `NBD error ${errno}`;
  throw new Error(`${what} ${length} bytes at ${offset} failed: ${why}`);
}

/** A hosted disk as the target of a copy, through a client, so that the copy is seen as any other traffic is. */
export function clientTarget(client: NbdClient): CopyTarget {
  return {
    write: (offset, bytes) => client.write(offset, bytes),
    zero: (offset, length) => client.zero(offset, length),
    flush: () => client.flush(),
  };
}

/**
 * Saves a disk as a raw image, with holes where it is zeroes unless `sparse` is false. Written beside its place and put
 * there once it is whole and durable: a save that fails or is broken off leaves nothing, and what was there stays.
 * @throws ParameterError for a path that will not do; Error when it is not to be written.
 */
export async function saveToImage(
  from: Backend,
  path: string,
  options: { readonly sparse: boolean; readonly onProgress: CopyProgress; readonly signal?: AbortSignal },
): Promise<Copied> {
  const { sparse, onProgress, signal } = options;
  const beside = `${path}.part-${process.pid}`;
  let file: FileHandle;
  try {
    file = await open(beside, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o644);
  } catch (error) {
    throw new ParameterError('path', path, `it cannot be written (${codeOf(error)})`);
  }
  try {
    await setSize(file, from.sizeBytes, path);
    const copied = await copyDisk(from, imageTarget(file, sparse), onProgress, signal);
    if (!copied.cancelled) await rename(beside, path);
    return copied;
  } finally {
    await file.close();
    await rm(beside, { force: true });
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
      for (let at = 0; at < length; at += PIECE_BYTES) {
        const errno = await write(
          offset + BigInt(at),
          ZEROES.subarray(0, Math.min(PIECE_BYTES, length - at)),
        );
        if (errno !== 0) return errno;
      }
      return Errno.Ok;
    },
    flush: async () => {
      await file.sync();
      return Errno.Ok;
    },
  };
}

const ZEROES = Buffer.alloc(PIECE_BYTES);

function isZero(bytes: Buffer): boolean {
  return bytes.equals(bytes.length === PIECE_BYTES ? ZEROES : ZEROES.subarray(0, bytes.length));
}
