import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Answer, Backend, Capabilities, Request } from '../backend.ts';
import { Errno, ExtentFlag } from '../protocol.ts';
import { visible } from '../visible.ts';
import type { FatDisk, Region } from './fat-layout.ts';
import type { ScannedFile } from './scan-directory.ts';

/** Files of the directory that are read at a time, and as many again may stay open for the reads that come next. */
const MAX_OPEN = 16;

const CAPABILITIES: Capabilities = {
  trim: false,
  zero: false,
  fastZero: false,
  flush: false,
  fua: false,
  cache: false,
  extents: true,
  multiConn: true,
  rotational: false,
};

/** A file that was opened for a read, or is being opened. */
interface Opened {
  readonly handle: Promise<FileHandle>;
  users: number;
}

/**
 * A read-only disk whose files are those of a directory (nbdkit's `floppy` plugin). The files are read when a client
 * reads them, so they must stay as they were: one that is gone, has become shorter or is another file fails with EIO.
 */
export class FloppyBackend implements Backend {
  readonly sizeBytes: bigint;
  readonly readOnly = true;
  readonly capabilities = CAPABILITIES;
  readonly #disk: FatDisk;
  readonly #warnings: string[];
  /** The one used last stands last. */
  readonly #open = new Map<ScannedFile, Opened>();
  /** One read may be of thousands of small files, which would be more than a process may have open. */
  #reading = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(disk: FatDisk, warnings: readonly string[]) {
    this.#disk = disk;
    this.#warnings = [...warnings];
    this.sizeBytes = BigInt(disk.sizeBytes);
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  open(): void {}

  gone(): void {}

  close(): void {}

  async read(request: Request): Promise<number> {
    const parts = await Promise.all(
      [...this.#partsOf(request)].map(({ from, length, region }) =>
        region === null ? length : this.#bytesOf(region, from - region.start, length),
      ),
    );
    if (parts.includes(null)) return Errno.EIO;
    for (const part of parts) {
      if (typeof part === 'number') request.hole(part);
      else if (part !== null) request.data(part, 0, part.length);
    }
    return Errno.Ok;
  }

  write(): Answer {
    return Errno.EPERM;
  }

  zero(): Answer {
    return Errno.EPERM;
  }

  trim(): Answer {
    return Errno.EPERM;
  }

  flush(): Answer {
    return Errno.Ok;
  }

  cache(): Answer {
    return Errno.Ok;
  }

  extents(request: Request): Answer {
    for (const { length, region } of this.#partsOf(request)) {
      if (!request.extent(length, region === null ? ExtentFlag.Hole | ExtentFlag.Zero : 0)) break;
    }
    return Errno.Ok;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((file) => this.#drop(file)));
  }

  /** The regions that a request meets, and the gaps between them. */
  *#partsOf(request: Request): Generator<{ from: number; length: number; region: Region | null }> {
    const { regions } = this.#disk;
    let at = request.offsetHigh * 2 ** 32 + request.offsetLow;
    const end = at + request.length;
    for (let i = firstEndingAfter(regions, at); at < end; i += 1) {
      const region = regions[i];
      const start = region === undefined ? end : Math.min(region.start, end);
      if (start > at) yield { from: at, length: start - at, region: null };
      at = Math.max(at, start);
      if (region === undefined || at >= end) continue;
      const stop = Math.min(region.end, end);
      yield { from: at, length: stop - at, region };
      at = stop;
    }
  }

  /** Null when a file cannot be read. */
  async #bytesOf({ content }: Region, at: number, length: number): Promise<Buffer | null> {
    if (content === 'fat') return this.#disk.fat(at, length);
    if (Buffer.isBuffer(content)) return content.subarray(at, at + length);
    try {
      return await this.#inTurn(() => this.#readFile(content, at, length));
    } catch (error) {
      const why = visible(error instanceof Error ? error.message : String(error), 200);
      const warning = `${visible(content.path, 200)} cannot be read as it was: ${why}.`;
      if (!this.#warnings.includes(warning) && this.#warnings.length < 20) this.#warnings.push(warning);
      return null;
    }
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#reading >= MAX_OPEN) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#reading += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#reading -= 1;
      else next();
    }
  }

  async #readFile(file: ScannedFile, at: number, length: number): Promise<Buffer> {
    const opened = this.#open.get(file) ?? { handle: openSame(file), users: 0 };
    this.#open.delete(file);
    this.#open.set(file, opened);
    opened.users += 1;
    try {
      const handle = await opened.handle;
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
        if (bytesRead === 0) throw new Error('it has become shorter');
        done += bytesRead;
      }
      return bytes;
    } catch (error) {
      // Another read may have opened it anew.
      if (this.#open.get(file) === opened) this.#open.delete(file);
      void opened.handle.then((handle) => handle.close()).catch(() => undefined);
      throw error;
    } finally {
      opened.users -= 1;
      this.#closeSome();
    }
  }

  #closeSome(): void {
    for (const [file, { users }] of this.#open) {
      if (this.#open.size <= MAX_OPEN) return;
      if (users === 0) void this.#drop(file);
    }
  }

  async #drop(file: ScannedFile): Promise<void> {
    const opened = this.#open.get(file);
    this.#open.delete(file);
    // Closing waits for reads under way.
    await opened?.handle.then((handle) => handle.close()).catch(() => undefined);
  }
}

/** Opens the very file that was found; nothing that has come in its place, be it a link out of the directory. */
async function openSame(file: ScannedFile): Promise<FileHandle> {
  const handle = await open(file.path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  const status = await handle.stat({ bigint: true });
  if (status.dev === file.device && status.ino === file.inode) return handle;
  await handle.close();
  throw new Error('it is another file now');
}

function firstEndingAfter(regions: readonly Region[], at: number): number {
  let low = 0;
  let high = regions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((regions[middle]?.end ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
