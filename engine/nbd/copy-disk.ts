import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Backend } from './backend.ts';
import type { NbdClient } from './client/nbd-client.ts';
import { OwnRequest, readRange } from './own-request.ts';
import { Errno, ExtentFlag, TransmissionFlag } from './protocol.ts';

/** Read and written at a time. */
const PIECE_BYTES = 1 << 20;
/** Pieces on their way at a time. */
const DEPTH = 4;
/** The longest range whose extents are asked for at a time. */
const MAP_BYTES = 1n << 31n;
/** Extents passed over before others get their turn: a disk in memory answers at once, and may be all hole. */
const EXTENTS_A_TURN = 256;
const ZEROES = Buffer.alloc(PIECE_BYTES);

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
  let extents = 0;
  for (let at = 0n; at < total && !isAborted(signal); ) {
    const want = total - at < MAP_BYTES ? total - at : MAP_BYTES;
    for (const { length, isZero } of await extentsAt(from, at, Number(want))) {
      if (isAborted(signal)) break;
      if (isZero) check(await to.zero(at, length), 'zeroing', at, length);
      else await inPieces(at, length, signal, copyPiece, (done) => onProgress(done, total));
      at += BigInt(length);
      onProgress(at, total);
      extents += 1;
      if (extents % EXTENTS_A_TURN === 0) await nextTurn();
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
    await nextTurn();
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

/**
 * A hosted disk as the target of a copy, through a client, so that the copy is seen as any other traffic is. Where the disk
 * cannot zero, zeroes are written; where it cannot flush, there is nothing to wait for.
 */
export function clientTarget(client: NbdClient): CopyTarget {
  const can = (flag: number): boolean => (client.facts.flags & flag) !== 0;
  return {
    write: (offset, bytes) => client.write(offset, bytes),
    zero: can(TransmissionFlag.SendWriteZeroes)
      ? (offset, length) => client.zero(offset, length)
      : (offset, length) => writeZeroes(length, (at, zeroes) => client.write(offset + BigInt(at), zeroes)),
    flush: can(TransmissionFlag.SendFlush) ? () => client.flush() : async () => Errno.Ok,
  };
}

/** Writes zeroes where they are not to be had otherwise. @param write called for one piece after another. */
export async function writeZeroes(
  length: number,
  write: (at: number, zeroes: Buffer) => Promise<number>,
): Promise<number> {
  for (let at = 0; at < length; at += PIECE_BYTES) {
    const errno = await write(at, ZEROES.subarray(0, Math.min(PIECE_BYTES, length - at)));
    if (errno !== 0) return errno;
  }
  return Errno.Ok;
}

/** Whether a piece of a copy is nothing but zeroes. */
export function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROES.subarray(0, bytes.length));
}
