import type { Backend, Request } from './backend.ts';
import { PendingRequest } from './pending-request.ts';
import { Errno } from './protocol.ts';

/** A request that comes from no client: a filter's, or one that copies a disk. */
export class OwnRequest extends PendingRequest {
  /** @param flags bits of `RowFlag`. @param payload all of it, for a write; stays as it is until the answer. */
  constructor(offset: bigint, length: number, flags = 0, payload?: Buffer) {
    super(0, Errno.EIO);
    this.offsetHigh = Number(offset >> 32n);
    this.offsetLow = Number(offset & 0xffff_ffffn);
    this.length = length;
    this.flags = flags;
    if (payload !== undefined) {
      this.payload = payload;
      this.ownsPayload = true;
    }
  }

  /** Hands what a read has collected to the request that it was made for, in order. */
  passOn(to: Request): void {
    for (let i = 0; i < this.partCount; i += 1) {
      const bytes = this.partBytes[i] ?? null;
      const start = this.partStart[i] ?? 0;
      const length = this.partLength[i] ?? 0;
      if (bytes === null) to.hole(length);
      else to.data(bytes, start, start + length);
    }
  }

  /** Copies what a read has collected; holes are zeroes. `to` has room for all of it from `at` on. */
  copyTo(to: Buffer, at = 0): void {
    let position = at;
    for (let i = 0; i < this.partCount; i += 1) {
      const bytes = this.partBytes[i] ?? null;
      const start = this.partStart[i] ?? 0;
      const length = this.partLength[i] ?? 0;
      if (bytes === null) to.fill(0, position, position + length);
      else bytes.copy(to, position, start, start + length);
      position += length;
    }
  }
}

/** The offset of a request, bytes. */
export function offsetOf(request: Request): bigint {
  return (BigInt(request.offsetHigh) << 32n) | BigInt(request.offsetLow);
}

/** The length of a request, bytes, however long. */
export function lengthOf(request: Request): bigint {
  return (BigInt(request.lengthHigh) << 32n) | BigInt(request.length);
}

/** Reads a range that lies within the disk. Returns the errno, and the bytes when it is 0. */
export async function readRange(
  backend: Backend,
  offset: bigint,
  length: number,
): Promise<{ errno: number; bytes: Buffer }> {
  const request = new OwnRequest(offset, length);
  const errno = await backend.read(request);
  const bytes = Buffer.allocUnsafeSlow(length);
  if (errno !== 0) return { errno, bytes };
  if (request.collected !== length) return { errno: Errno.EIO, bytes };
  request.copyTo(bytes);
  return { errno, bytes };
}
