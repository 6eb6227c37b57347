import { type BigIntStats, close, fstat } from 'node:fs';
import { promisify } from 'node:util';
import { RowFlag } from '#shared/events/vocabulary.ts';
import type { Answer, Backend, Capabilities, ConnectionFacts, Request } from '../backend.ts';
import { lengthOf, offsetOf } from '../own-request.ts';
import { Errno, ExtentFlag } from '../protocol.ts';
import { FileBytes } from './file-bytes.ts';
import { errnoName, nbdErrno } from './file-errno.ts';
import { NativeError, type NativeFiles, type Position } from './native-files.ts';
import type { OpenFile } from './open-file.ts';
import { Syncer } from './syncer.ts';

const fstatAsync = promisify(fstat) as (fd: number, options: { bigint: true }) => Promise<BigIntStats>;

const CUT_OFF = 'It has become shorter since it was opened; what is missing cannot be read.';
const ZEROES = Buffer.alloc(1 << 20);
/** The most extents looked for at a time: each takes two calls. Clients ask on from where an answer ends. */
const MAX_EXTENTS_AT_ONCE = 512;
/** Errors of a call that the file system or the device does not have, or not for this range. */
const NOT_TO_BE_HAD: ReadonlySet<string> = new Set(['EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EINVAL', 'ENODEV']);
/** High halves of offsets that are exact as a number. */
const SAFE_HIGH = 1 << 21;

/** A way to change a range with one fallocate(2), and whether the file system or device has it. */
interface Fallocate {
  readonly call: 'punch' | 'zeroRange' | 'allocate';
  isThere: boolean;
  hasWorked: boolean;
}

/**
 * A raw image or block device (nbdkit's `file` plugin). Requests run at the same time, but for those answered at once;
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
  readonly #bytes: FileBytes;
  readonly #punching: Fallocate;
  readonly #zeroing: Fallocate;
  readonly #allocating: Fallocate;
  /** Connections that wait for nothing any more. */
  readonly #gone = new WeakSet<ConnectionFacts>();
  #running = 0;
  #closing = false;
  #onIdle: (() => void) | null = null;

  private constructor(
    file: OpenFile,
    native: NativeFiles | null,
    bytes: FileBytes,
    canPunch: boolean,
    canSeek: boolean,
  ) {
    this.sizeBytes = file.sizeBytes;
    this.readOnly = file.readOnly;
    this.#file = file;
    this.#native = native;
    this.#syncer = new Syncer(file.fd);
    this.#bytes = bytes;
    this.#punching = { call: 'punch', isThere: canPunch, hasWorked: canPunch };
    this.#zeroing = { call: 'zeroRange', isThere: native !== null, hasWorked: false };
    this.#allocating = { call: 'allocate', isThere: native !== null && !file.isDevice, hasWorked: false };
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
      wideLengths: native !== null,
    };
  }

  /** Takes a file over; finds out what can be done with it without changing it. */
  static async of(file: OpenFile, native: NativeFiles | null): Promise<FileBackend> {
    const bytes = await FileBytes.of(file, native);
    return new FileBackend(file, native, bytes, await canPunch(file, native), await canSeek(file, native));
  }

  /** What cannot be done with it, and what has happened to it; a sentence each. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  open(): void {}

  gone(connection: ConnectionFacts): void {
    this.#gone.add(connection);
  }

  close(): void {}

  read(request: Request): Answer {
    if (this.#closing) return Errno.ESHUTDOWN;
    const { length } = request;
    const bytes = request.space(length);
    const done = this.#bytes.readNow(bytes, length, positionOf(request));
    if (done === length) {
      request.data(bytes, 0, length);
      return Errno.Ok;
    }
    return done < 0 ? nbdErrno(new NativeError('preadv2', -done)) : this.#readOn(request, bytes, done);
  }

  write(request: Request): Answer {
    if (this.#closing) return Errno.ESHUTDOWN;
    const { length } = request;
    const done = this.#bytes.writeNow(request.payload, request.payloadStart, length, positionOf(request));
    if (done < 0) return nbdErrno(new NativeError('pwritev2', -done));
    if (done === length) return (request.flags & RowFlag.Fua) === 0 ? Errno.Ok : this.flush();
    request.borrowPayload();
    return this.#writeOn(request, done);
  }

  zero(request: Request): Promise<number> {
    return this.#run(async () => {
      const mayTrim = (request.flags & RowFlag.MayTrim) !== 0;
      const offset = offsetOf(request);
      const length = lengthOf(request);
      const done =
        (mayTrim && (await this.#attempt(this.#punching, offset, length))) ||
        (await this.#attempt(this.#zeroing, offset, length)) ||
        (await this.#punchAndAllocate(offset, length));
      if (!done) {
        if ((request.flags & RowFlag.Fast) !== 0) return Errno.ENOTSUP;
        await this.#writeZeroes(request, offset, length);
      }
      return this.#done(request);
    });
  }

  /** Advisory: what cannot be punched stays. */
  trim(request: Request): Promise<number> {
    return this.#run(async () => {
      await this.#attempt(this.#punching, offsetOf(request), lengthOf(request));
      return this.#done(request);
    });
  }

  flush(): Promise<number> {
    return this.#run(() => this.#sync());
  }

  cache(request: Request): Promise<number> {
    return this.#run(async () => {
      const errno = await this.#native?.readAhead(this.#file.fd, offsetOf(request), lengthOf(request));
      return errno === undefined || errno === 0 ? Errno.Ok : nbdErrno(new NativeError('fadvise', errno));
    });
  }

  extents(request: Request): Promise<number> {
    return this.#run(async () => {
      const native = this.#native;
      if (native === null) return Errno.EINVAL;
      const { fd } = this.#file;
      const end = offsetOf(request) + lengthOf(request);
      let at = offsetOf(request);
      for (let i = 0; i < MAX_EXTENTS_AT_ONCE && at < end; i += 1) {
        const found = await native.seek(fd, at, 'data');
        // What was cut off is no hole: a client would take it for zeroes, where a read fails.
        if (found === null && (await this.#isCutOff(end))) return Errno.EIO;
        const data = upTo(found, end);
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
      return await work();
    } catch (error) {
      return nbdErrno(error);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    }
  }

  /** Reads what {@link FileBytes.readNow} has left. */
  #readOn(request: Request, bytes: Buffer, done: number): Promise<number> {
    return this.#run(async () => {
      const { length } = request;
      if (!(await this.#bytes.read(bytes, done, length, offsetOf(request) + BigInt(done)))) {
        this.#warn(CUT_OFF);
        return Errno.EIO;
      }
      request.data(bytes, 0, length);
      return Errno.Ok;
    });
  }

  /** Whether the file ends before `end`. */
  async #isCutOff(end: bigint): Promise<boolean> {
    if (this.#file.isDevice || (await fstatAsync(this.#file.fd, { bigint: true })).size >= end) return false;
    this.#warn(CUT_OFF);
    return true;
  }

  /** Writes what {@link FileBytes.writeNow} has left. */
  #writeOn(request: Request, done: number): Promise<number> {
    return this.#run(async () => {
      const { payload, payloadStart, length } = request;
      const rest = payload.subarray(payloadStart + done, payloadStart + length);
      await this.#bytes.write(rest, offsetOf(request) + BigInt(done));
      return this.#done(request);
    });
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

  /** Writes zeroes out, as long as there is anybody to do it for. */
  async #writeZeroes(request: Request, offset: bigint, length: bigint): Promise<void> {
    const { connection } = request;
    const end = offset + length;
    for (let at = offset; at < end; at += BigInt(ZEROES.length)) {
      if (this.#closing || this.#gone.has(connection)) throw new Error('nobody waits for it any more');
      const left = end - at;
      await this.#bytes.write(left < ZEROES.length ? ZEROES.subarray(0, Number(left)) : ZEROES, at);
    }
  }

  /** Zeroes that take their place, where the file system has no call of its own for them, as tmpfs. */
  async #punchAndAllocate(offset: bigint, length: bigint): Promise<boolean> {
    // Allocating changes no bytes: where it is not to be had, the range is as it was.
    if (!this.#allocating.hasWorked && !(await this.#attempt(this.#allocating, offset, length))) return false;
    return (
      (await this.#attempt(this.#punching, offset, length)) &&
      (await this.#attempt(this.#allocating, offset, length))
    );
  }

  /** @returns false when it cannot be done, or not for this range. @throws NativeError when it failed. */
  async #attempt(way: Fallocate, offset: bigint, length: bigint): Promise<boolean> {
    if (!way.isThere || this.#native === null) return false;
    const errno = await this.#native[way.call](this.#file.fd, offset, length);
    if (errno === 0) {
      way.hasWorked = true;
      return true;
    }
    const name = errnoName(errno);
    if (!NOT_TO_BE_HAD.has(name)) throw new NativeError('fallocate', errno);
    // A device refuses ranges that are no whole sectors with EINVAL, and may take the next.
    way.isThere = name === 'EINVAL';
    return false;
  }

  #warn(warning: string): void {
    if (!this.#warnings.includes(warning)) this.#warnings.push(warning);
  }
}

/** Beyond the end of a file a punch changes nothing, and still tells whether the file system has it. */
async function canPunch(file: OpenFile, native: NativeFiles | null): Promise<boolean> {
  if (native === null || file.readOnly) return false;
  if (file.isDevice) return true;
  return (await native.punch(file.fd, file.sizeBytes, 4096n)) === 0;
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

function upTo(position: bigint | null, end: bigint): bigint {
  return position === null || position > end ? end : position;
}

function positionOf(request: Request): Position {
  return request.offsetHigh < SAFE_HIGH
    ? request.offsetHigh * 0x1_0000_0000 + request.offsetLow
    : offsetOf(request);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
