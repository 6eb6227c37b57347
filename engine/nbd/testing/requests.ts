import type { Backend } from '../backend.ts';
import { type PendingRequest, RequestPool } from '../pending-request.ts';
import { Errno } from '../protocol.ts';

const OWNER = { connection: { number: 1, exportName: '' }, answered: (): void => undefined };
const POOL = new RequestPool(Errno.EIO);

/** A request as a backend gets it, outside any connection. */
export function request(offset: bigint, length: number, flags = 0, payload?: Buffer): PendingRequest {
  const made = POOL.take(OWNER);
  made.offsetHigh = Number(offset >> 32n);
  made.offsetLow = Number(offset & 0xffff_ffffn);
  made.length = length;
  made.flags = flags;
  if (payload !== undefined) made.payload = payload;
  return made;
}

/** What a read of a backend gives, put together. Throws the errno when it fails. */
export async function readBackend(backend: Backend, offset: bigint, length: number): Promise<Buffer> {
  const read = request(offset, length);
  const errno = await backend.read(read);
  if (errno !== 0) throw new Error(`errno ${errno}`);
  const parts: Buffer[] = [];
  for (let i = 0; i < read.partCount; i += 1) {
    const bytes = read.partBytes[i];
    const start = read.partStart[i] ?? 0;
    const partLength = read.partLength[i] ?? 0;
    parts.push(
      bytes == null ? Buffer.alloc(partLength) : Buffer.from(bytes.subarray(start, start + partLength)),
    );
  }
  return Buffer.concat(parts);
}

export async function writeBackend(backend: Backend, offset: bigint, bytes: Buffer): Promise<number> {
  return backend.write(request(offset, bytes.length, 0, bytes));
}

/** The extents of a range as [length, flags]. */
export async function extentsOf(
  backend: Backend,
  offset: bigint,
  length: number,
): Promise<[number, number][]> {
  const asked = request(offset, length);
  const errno = await backend.extents(asked);
  if (errno !== 0) throw new Error(`errno ${errno}`);
  return asked.extentLength.slice(0, asked.extentCount).map((bytes, i) => [bytes, asked.extentFlags[i] ?? 0]);
}
