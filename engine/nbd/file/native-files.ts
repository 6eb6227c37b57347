/**
 * What Node has no call for: holes, locks and positions beyond 2^53, from the C library through koffi. Absent where that
 * does not load; disks then do without, and say so.
 */

/** An offset in a file, bytes: a bigint where a number would not be exact. */
export type Position = number | bigint;

/** `errno` 0 is success. */
export interface NativeFiles {
  /** Makes a hole (fallocate(2), FALLOC_FL_PUNCH_HOLE). Returns an errno. */
  punch(fd: number, offset: bigint, length: bigint): Promise<number>;
  /** Makes a range zeroes that take their place on the disk (FALLOC_FL_ZERO_RANGE). Returns an errno. */
  zeroRange(fd: number, offset: bigint, length: bigint): Promise<number>;
  /** Has holes take their place on the disk (fallocate(2) with FALLOC_FL_KEEP_SIZE alone). Returns an errno. */
  allocate(fd: number, offset: bigint, length: bigint): Promise<number>;
  /** Where data or a hole begins from `offset` on (lseek(2)); null when there is none. @throws NativeError otherwise. */
  seek(fd: number, offset: bigint, what: 'data' | 'hole'): Promise<bigint | null>;
  /** Locks the file for this open of it alone (flock(2)), or with other readers; false when others have it. */
  lock(fd: number, exclusive: boolean): boolean;
  /** Has the kernel read ahead (posix_fadvise(2), POSIX_FADV_WILLNEED). Returns an errno. */
  readAhead(fd: number, offset: bigint, length: bigint): Promise<number>;
  /** pwrite(2) at any position. Returns the bytes written. @throws NativeError. */
  write(fd: number, bytes: Buffer, position: bigint): Promise<number>;
  /**
   * Reads in this thread. With `noWait` only what is in memory (preadv2(2), RWF_NOWAIT). Returns the bytes read, or an
   * errno below 0: {@link TRY_LATER} when it would have to wait, {@link NOT_SUPPORTED} when that is not to be known.
   */
  readNow(fd: number, bytes: Buffer, at: number, length: number, position: Position, noWait: boolean): number;
  /** Writes in this thread, with `noWait` only what needs no waiting (pwritev2(2)). Returns as {@link readNow} does. */
  writeNow(
    fd: number,
    bytes: Buffer,
    at: number,
    length: number,
    position: Position,
    noWait: boolean,
  ): number;
}

/** A call of the C library that failed; `errno` is the platform's number. */
export class NativeError extends Error {
  readonly errno: number;

  constructor(call: string, errno: number) {
    super(`${call} failed with error ${errno}`);
    this.name = 'NativeError';
    this.errno = errno;
  }
}

/** Linux's numbers (asm-generic/errno.h, linux/falloc.h, unistd.h). */
const ENXIO = 6;
export const TRY_LATER = -11;
export const NOT_SUPPORTED = -95;
const KEEP_SIZE = 1;
const PUNCH_HOLE = 2;
const ZERO_RANGE = 16;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const LOCK = { shared: 1, exclusive: 2, withoutWaiting: 4 };
const WILL_NEED = 3;
/** linux/fs.h. */
const RWF_NOWAIT = 8;

/** Calls at a time: koffi has a thread of its own for each, and refuses more than it has. */
const MAX_CALLS = 32;

type Settle = (error: unknown, result: unknown) => void;
interface NativeFunction {
  (...values: unknown[]): unknown;
  async(...values: unknown[]): void;
}

let loading: Promise<NativeFiles | null> | null = null;

/** The calls; null where there are none, as on a platform other than 64-bit Linux. */
export function nativeFiles(): Promise<NativeFiles | null> {
  loading ??= load();
  return loading;
}

async function load(): Promise<NativeFiles | null> {
  if (
    process.platform !== 'linux' ||
    !['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'].includes(process.arch)
  ) {
    return null;
  }
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load(null);
    const bind = (prototype: string): NativeFunction => library.func(prototype);
    return new Calls(
      bind,
      () => koffi.errno(),
      (memory) => koffi.address(memory),
    );
  } catch {
    return null;
  }
}

class Calls implements NativeFiles {
  readonly #errno: () => number;
  readonly #fallocate: NativeFunction;
  readonly #lseek: NativeFunction;
  readonly #flock: NativeFunction;
  readonly #fadvise: NativeFunction;
  readonly #pwrite: NativeFunction;
  /** Null where the C library lacks them. */
  readonly #preadv2: NativeFunction | null;
  readonly #pwritev2: NativeFunction | null;
  readonly #addressOf: (memory: ArrayBufferView) => bigint;
  readonly #addresses = new WeakMap<Buffer, bigint>();
  /** A struct iovec: an address and a length. */
  readonly #vector = new BigUint64Array(2);
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    bind: (prototype: string) => NativeFunction,
    errno: () => number,
    addressOf: (memory: ArrayBufferView) => bigint,
  ) {
    this.#errno = errno;
    this.#addressOf = addressOf;
    this.#fallocate = bind('int fallocate(int fd, int mode, int64_t offset, int64_t length)');
    this.#lseek = bind('int64_t lseek(int fd, int64_t offset, int whence)');
    this.#flock = bind('int flock(int fd, int operation)');
    this.#fadvise = bind('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)');
    this.#pwrite = bind('int64_t pwrite(int fd, const void *bytes, size_t count, int64_t offset)');
    const vectored = '(int fd, const void *vector, int count, int64_t offset, int flags)';
    this.#preadv2 = bindWhereThere(bind, `int64_t preadv2${vectored}`);
    this.#pwritev2 = bindWhereThere(bind, `int64_t pwritev2${vectored}`);
  }

  async punch(fd: number, offset: bigint, length: bigint): Promise<number> {
    const { errno } = await this.#call(this.#fallocate, fd, PUNCH_HOLE | KEEP_SIZE, offset, length);
    return errno;
  }

  async zeroRange(fd: number, offset: bigint, length: bigint): Promise<number> {
    const { errno } = await this.#call(this.#fallocate, fd, ZERO_RANGE | KEEP_SIZE, offset, length);
    return errno;
  }

  async allocate(fd: number, offset: bigint, length: bigint): Promise<number> {
    const { errno } = await this.#call(this.#fallocate, fd, KEEP_SIZE, offset, length);
    return errno;
  }

  async seek(fd: number, offset: bigint, what: 'data' | 'hole'): Promise<bigint | null> {
    const { result, errno } = await this.#call(
      this.#lseek,
      fd,
      offset,
      what === 'data' ? SEEK_DATA : SEEK_HOLE,
    );
    if (errno === ENXIO) return null;
    if (errno !== 0) throw new NativeError('lseek', errno);
    return result;
  }

  lock(fd: number, exclusive: boolean): boolean {
    const kind = exclusive ? LOCK.exclusive : LOCK.shared;
    return this.#flock(fd, kind | LOCK.withoutWaiting) === 0;
  }

  /** Unlike the others this call returns its error. */
  async readAhead(fd: number, offset: bigint, length: bigint): Promise<number> {
    const { result } = await this.#call(this.#fadvise, fd, offset, length, WILL_NEED);
    return Number(result);
  }

  async write(fd: number, bytes: Buffer, position: bigint): Promise<number> {
    const { result, errno } = await this.#call(this.#pwrite, fd, bytes, bytes.length, position);
    if (errno !== 0) throw new NativeError('pwrite', errno);
    return Number(result);
  }

  readNow(
    fd: number,
    bytes: Buffer,
    at: number,
    length: number,
    position: Position,
    noWait: boolean,
  ): number {
    return this.#now(this.#preadv2, fd, bytes, at, length, position, noWait);
  }

  writeNow(
    fd: number,
    bytes: Buffer,
    at: number,
    length: number,
    position: Position,
    noWait: boolean,
  ): number {
    return this.#now(this.#pwritev2, fd, bytes, at, length, position, noWait);
  }

  #now(
    call: NativeFunction | null,
    fd: number,
    bytes: Buffer,
    at: number,
    length: number,
    position: Position,
    noWait: boolean,
  ): number {
    if (call === null) return NOT_SUPPORTED;
    let address = this.#addresses.get(bytes);
    if (address === undefined) {
      address = this.#addressOf(bytes);
      this.#addresses.set(bytes, address);
    }
    const vector = this.#vector;
    vector[0] = address + BigInt(at);
    vector[1] = BigInt(length);
    const count = Number(call(fd, vector, 1, position, noWait ? RWF_NOWAIT : 0));
    return count === -1 ? -this.#errno() : count;
  }

  async #call(call: NativeFunction, ...values: unknown[]): Promise<{ result: bigint; errno: number }> {
    if (this.#running >= MAX_CALLS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    return new Promise((resolve, reject) => {
      const settle: Settle = (error, result) => {
        // The call's own errno, as koffi keeps it until this function returns.
        const errno = Number(result) === -1 ? this.#errno() : 0;
        const next = this.#waiting.shift();
        if (next === undefined) this.#running -= 1;
        else next();
        if (error === null) resolve({ result: BigInt(Number(result) === -1 ? -1 : String(result)), errno });
        else reject(error);
      };
      call.async(...values, settle);
    });
  }
}

function bindWhereThere(
  bind: (prototype: string) => NativeFunction,
  prototype: string,
): NativeFunction | null {
  try {
    return bind(prototype);
  } catch {
    return null;
  }
}
