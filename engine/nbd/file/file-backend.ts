import { close, read, write } from 'node:fs';
import { RowFlag } from '#shared/events/vocabulary.ts';
import type { Backend, Capabilities, Request } from '../backend.ts';
import { offsetOf } from '../own-request.ts';
import { Errno, ExtentFlag } from '../protocol.ts';
import { errnoName, nbdErrno } from './file-errno.ts';
import { NativeError, type NativeFiles } from './native-files.ts';
import type { OpenFile } from './open-file.ts';
import { Syncer } from './syncer.ts';

const ZEROES = Buffer.alloc(1 << 20);
/** The most extents looked for at a time: each takes two calls. Clients ask on from where an answer ends. */
const MAX_EXTENTS_AT_ONCE = 512;
/** Errors of a call that the file system or the device does not have, or not for this range. */
const NOT_TO_BE_HAD: ReadonlySet<string> = new Set(['EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EINVAL', 'ENODEV']);

/**
 * A raw image or block device (nbdkit's `file` plugin). Requests run at the same time, each in the system's own threads;
 * one descriptor serves all connections, so a flush covers what any of them has written. Flush and FUA are answered once
 * fdatasync has returned.
 */
export class FileBackend implements Backend {
  readonly sizeBytes: bigint;
  readonly readOnly: boolean;
  readonly capabilities: Capabilities;
  readonly #file: OpenFile;
  readonly #native: NativeFiles | null;
  readonly #syncer: Syncer;
  readonly #warnings: string[];
  #canPunch: boolean;
  #canZeroRange: boolean;
  #running = 0;
  #closing = false;
  #onIdle: (() => void) | null = null;

  private constructor(file: OpenFile, native: NativeFiles | null, canPunch: boolean, canSeek: boolean) {
    this.sizeBytes = file.sizeBytes;
    this.readOnly = file.readOnly;
    this.#file = file;
    this.#native = native;
    this.#syncer = new Syncer(file.fd);
    this.#canPunch = canPunch;
    this.#canZeroRange = native !== null;
    this.#warnings = [...file.warnings, ...lacks(file, native, canPunch, canSeek)];
    this.capabilities = {
      trim: canPunch,
      zero: true,
      fastZero: native !== null,
      flush: true,
      fua: true,
      cache: native !== null,
      extents: canSeek,
      multiConn: true,
      rotational: false,
    };
  }

  /** Takes a file over; finds out what can be done with it without changing it. */
  static async of(file: OpenFile, native: NativeFiles | null): Promise<FileBackend> {
    return new FileBackend(file, native, await canPunch(file, native), await canSeek(file, native));
  }

  /** What cannot be done with it, and what has happened to it; a sentence each. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  open(): void {}

  gone(): void {}

  close(): void {}

  read(request: Request): Promise<number> {
    return this.#run(async () => {
      const bytes = Buffer.allocUnsafeSlow(request.length);
      const errno = await this.#readAll(bytes, offsetOf(request));
      if (errno === 0) request.data(bytes, 0, bytes.length);
      return errno;
    });
  }

  write(request: Request): Promise<number> {
    return this.#run(async () => {
      const start = request.payloadStart;
      const bytes = request.payload.subarray(start, start + request.length);
      await this.#writeAll(bytes, offsetOf(request));
      return this.#done(request);
    });
  }

  zero(request: Request): Promise<number> {
    return this.#run(async () => {
      const offset = offsetOf(request);
      const mayTrim = (request.flags & RowFlag.MayTrim) !== 0;
      if (!(mayTrim && (await this.#punch(offset, request.length)))) {
        if (!(await this.#zeroRange(offset, request.length))) {
          if ((request.flags & RowFlag.Fast) !== 0) return Errno.ENOTSUP;
          await this.#writeZeroes(offset, request.length);
        }
      }
      return this.#done(request);
    });
  }

  /** Advisory: what cannot be punched stays. */
  trim(request: Request): Promise<number> {
    return this.#run(async () => {
      await this.#punch(offsetOf(request), request.length);
      return this.#done(request);
    });
  }

  flush(): Promise<number> {
    return this.#run(() => this.#sync());
  }

  cache(request: Request): Promise<number> {
    return this.#run(async () => {
      const errno = await this.#native?.readAhead(this.#file.fd, offsetOf(request), request.length);
      return errno === undefined || errno === 0 ? Errno.Ok : nbdErrno(new NativeError('fadvise', errno));
    });
  }

  extents(request: Request): Promise<number> {
    return this.#run(async () => {
      const native = this.#native;
      if (native === null) return Errno.EINVAL;
      const { fd } = this.#file;
      const end = offsetOf(request) + BigInt(request.length);
      let at = offsetOf(request);
      for (let i = 0; i < MAX_EXTENTS_AT_ONCE && at < end; i += 1) {
        const data = upTo(await native.seek(fd, at, 'data'), end);
        if (data > at && !request.extent(Number(data - at), ExtentFlag.Hole | ExtentFlag.Zero)) break;
        if (data === end) break;
        const hole = upTo(await native.seek(fd, data, 'hole'), end);
        // Changed between the two calls: what was data a moment ago is told as data.
        const after = hole > data ? hole : upTo(data + 1n, end);
        if (!request.extent(Number(after - data), 0)) break;
        at = after;
      }
      return Errno.Ok;
    });
  }

  /** Closes the file once the requests that nobody waits for any more are done. */
  async dispose(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await new Promise<void>((resolve) => close(this.#file.fd, () => resolve()));
  }

  async #run(work: () => Promise<number>): Promise<number> {
    if (this.#closing) return Errno.ESHUTDOWN;
    this.#running += 1;
    try {
      // A payload is moved out of the way of the next bytes from the socket once the answer is known to be late.
      await null;
      return await work();
    } catch (error) {
      return nbdErrno(error);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    }
  }

  async #done(request: Request): Promise<number> {
    return (request.flags & RowFlag.Fua) === 0 ? Errno.Ok : this.#sync();
  }

  async #sync(): Promise<number> {
    try {
      await this.#syncer.sync();
      return Errno.Ok;
    } catch (error) {
      this.#warn(`The disk could not make writes durable, so every flush fails from now on: ${text(error)}.`);
      return Errno.EIO;
    }
  }

  async #readAll(bytes: Buffer, offset: bigint): Promise<number> {
    for (let done = 0; done < bytes.length; ) {
      const count = await readSome(this.#file.fd, bytes, done, offset + BigInt(done));
      if (count === 0) {
        this.#warn('It has become shorter since it was opened; what is missing cannot be read.');
        return Errno.EIO;
      }
      done += count;
    }
    return Errno.Ok;
  }

  async #writeAll(bytes: Buffer, offset: bigint): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const at = offset + BigInt(done);
      const part = bytes.subarray(done);
      // Node writes at the wrong place when it is given a bigint.
      if (at <= Number.MAX_SAFE_INTEGER) done += await writeSome(this.#file.fd, part, Number(at));
      else if (this.#native !== null) done += await this.#native.write(this.#file.fd, part, at);
      else throw new RangeError('beyond 2^53');
    }
  }

  async #writeZeroes(offset: bigint, length: number): Promise<void> {
    for (let done = 0; done < length; done += ZEROES.length) {
      await this.#writeAll(ZEROES.subarray(0, Math.min(ZEROES.length, length - done)), offset + BigInt(done));
    }
  }

  async #punch(offset: bigint, length: number): Promise<boolean> {
    if (!this.#canPunch || this.#native === null) return false;
    const errno = await this.#native.punch(this.#file.fd, offset, length);
    if (unsupported(errno)) {
      // A device refuses ranges that are no whole sectors with EINVAL, and may take the next.
      this.#canPunch = errnoName(errno) === 'EINVAL';
      return false;
    }
    if (errno !== 0) throw new NativeError('fallocate', errno);
    return true;
  }

  async #zeroRange(offset: bigint, length: number): Promise<boolean> {
    if (!this.#canZeroRange || this.#native === null) return false;
    const errno = await this.#native.zeroRange(this.#file.fd, offset, length);
    if (unsupported(errno)) {
      this.#canZeroRange = errnoName(errno) === 'EINVAL';
      return false;
    }
    if (errno !== 0) throw new NativeError('fallocate', errno);
    return true;
  }

  #warn(warning: string): void {
    if (!this.#warnings.includes(warning)) this.#warnings.push(warning);
  }
}

/** Beyond the end of a file a punch changes nothing, and still tells whether the file system has it. */
async function canPunch(file: OpenFile, native: NativeFiles | null): Promise<boolean> {
  if (native === null || file.readOnly) return false;
  if (file.isDevice) return true;
  return (await native.punch(file.fd, file.sizeBytes, 4096)) === 0;
}

async function canSeek(file: OpenFile, native: NativeFiles | null): Promise<boolean> {
  if (native === null) return false;
  try {
    await native.seek(file.fd, 0n, 'hole');
    return true;
  } catch {
    return false;
  }
}

function lacks(file: OpenFile, native: NativeFiles | null, punch: boolean, seek: boolean): string[] {
  const what = file.isDevice ? 'device' : 'file system';
  if (native === null) {
    const trim = file.readOnly ? '' : ', trim is not offered, zeroes are written out';
    return [
      `The native file calls did not load here: holes are not told${trim}, and the file is not locked.`,
    ];
  }
  const texts: string[] = [];
  if (!punch && !file.readOnly) texts.push(`The ${what} has no holes: trim is not offered.`);
  if (!seek) texts.push(`The ${what} does not tell where holes are.`);
  return texts;
}

function unsupported(errno: number): boolean {
  return errno !== 0 && NOT_TO_BE_HAD.has(errnoName(errno));
}

function upTo(position: bigint | null, end: bigint): bigint {
  return position === null || position > end ? end : position;
}

function readSome(fd: number, bytes: Buffer, at: number, position: bigint): Promise<number> {
  const where = position <= Number.MAX_SAFE_INTEGER ? Number(position) : position;
  return new Promise((resolve, reject) => {
    read(fd, bytes, at, bytes.length - at, where, (error, count) => {
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

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
