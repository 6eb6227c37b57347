import { read, write } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { type NativeFiles, NOT_SUPPORTED, type Position, TRY_LATER } from './native-files.ts';
import type { OpenFile } from './open-file.ts';

/** Bytes moved at most in the loop's own thread for one request: some 0.2 ms. */
const AT_ONCE_BYTES = 1 << 20;
/** File systems that keep everything in memory (statfs(2)): tmpfs and ramfs. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x0102_1994, 0x8584_58f6]);

/**
 * Which requests this thread carries out itself: all, as on a file system in memory; those of which the kernel says that
 * they need not wait; or none.
 */
type AtOnce = 'all' | 'no-wait' | 'none';

/**
 * Reads and writes the bytes of an open file. Handing a request to another thread and back costs more than reading some
 * KiB that the system has in memory; but this thread serves everything else too, and must never wait for a device. So
 * what is in memory is read here (preadv2's RWF_NOWAIT), and written here where the file system says that it can without
 * waiting; the rest is left to Node's threads. A plain write into the page cache is none of it: it may wait for a
 * journal, for a page to be read or written back, and for as long as a slow device takes once too much is dirty.
 */
export class FileBytes {
  readonly #fd: number;
  readonly #native: NativeFiles | null;
  #reads: AtOnce;
  #writes: AtOnce;

  private constructor(fd: number, native: NativeFiles | null, atOnce: AtOnce) {
    this.#fd = fd;
    this.#native = native;
    this.#reads = atOnce;
    this.#writes = atOnce;
  }

  static async of(file: OpenFile, native: NativeFiles | null): Promise<FileBytes> {
    if (native === null) return new FileBytes(file.fd, native, 'none');
    return new FileBytes(file.fd, native, (await isInMemory(file)) ? 'all' : 'no-wait');
  }

  /**
   * Reads what can be read at once. Returns how many bytes: fewer than `length`, perhaps none, when the rest is for
   * {@link read}; or an errno below 0.
   */
  readNow(bytes: Buffer, length: number, position: Position): number {
    if (this.#reads === 'none' || length > AT_ONCE_BYTES || this.#native === null) return 0;
    const count = this.#native.readNow(this.#fd, bytes, 0, length, position, this.#reads === 'no-wait');
    if (count === NOT_SUPPORTED) this.#reads = 'none';
    return isLater(count) ? 0 : count;
  }

  /** Writes what can be written at once. Returns as {@link readNow} does. */
  writeNow(bytes: Buffer, at: number, length: number, position: Position): number {
    if (this.#writes === 'none' || length > AT_ONCE_BYTES || this.#native === null) return 0;
    const count = this.#native.writeNow(this.#fd, bytes, at, length, position, this.#writes === 'no-wait');
    if (count === NOT_SUPPORTED) this.#writes = 'none';
    return isLater(count) ? 0 : count;
  }

  /**
   * Reads in another thread, into `bytes` from `from` to before `end`. Returns false when the file ends before.
   * @throws Error with the system's `code`.
   */
  async read(bytes: Buffer, from: number, end: number, offset: bigint): Promise<boolean> {
    for (let at = from; at < end; ) {
      const count = await readSome(this.#fd, bytes, at, end - at, offset + BigInt(at - from));
      if (count === 0) return false;
      at += count;
    }
    return true;
  }

  /** Writes in another thread. @throws Error with the system's `code` or `errno`. */
  async write(bytes: Buffer, offset: bigint): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const at = offset + BigInt(done);
      const part = bytes.subarray(done);
      // Node writes at the wrong place when it is given a bigint.
      if (at <= Number.MAX_SAFE_INTEGER) done += await writeSome(this.#fd, part, Number(at));
      else if (this.#native !== null) done += await this.#native.write(this.#fd, part, at);
      else throw new RangeError('beyond 2^53');
    }
  }
}

function isLater(count: number): boolean {
  return count === TRY_LATER || count === NOT_SUPPORTED;
}

async function isInMemory(file: OpenFile): Promise<boolean> {
  if (file.isDevice) return false;
  try {
    // By the open file: its name may be another's by now.
    return IN_MEMORY.has((await statfs(`/proc/self/fd/${file.fd}`)).type);
  } catch {
    return false;
  }
}

function readSome(fd: number, bytes: Buffer, at: number, length: number, position: bigint): Promise<number> {
  const where = position <= Number.MAX_SAFE_INTEGER ? Number(position) : position;
  return new Promise((resolve, reject) => {
    read(fd, bytes, at, length, where, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

function writeSome(fd: number, bytes: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
