/**
 * What Node has no call for: holes, locks and positions beyond 2^53, from the C library through koffi. Absent where that
 * does not load; disks then do without, and say so.
 */

/** `errno` 0 is success. */
export interface NativeFiles {
  /** Makes a hole (fallocate(2), FALLOC_FL_PUNCH_HOLE). Returns an errno. */
  punch(fd: number, offset: bigint, length: number): Promise<number>;
  /** Makes a range zeroes that take their place on the disk (FALLOC_FL_ZERO_RANGE). Returns an errno. */
  zeroRange(fd: number, offset: bigint, length: number): Promise<number>;
  /** Where data or a hole begins from `offset` on (lseek(2)); null when there is none. @throws NativeError otherwise. */
  seek(fd: number, offset: bigint, what: 'data' | 'hole'): Promise<bigint | null>;
  /** Locks the file for this open of it alone (flock(2)), or with other readers; false when others have it. */
  lock(fd: number, exclusive: boolean): boolean;
  /** Has the kernel read ahead (posix_fadvise(2), POSIX_FADV_WILLNEED). Returns an errno. */
  readAhead(fd: number, offset: bigint, length: number): Promise<number>;
  /** pwrite(2) at any position. Returns the bytes written. @throws NativeError. */
  write(fd: number, bytes: Buffer, position: bigint): Promise<number>;
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
const KEEP_SIZE = 1;
const PUNCH_HOLE = 2;
const ZERO_RANGE = 16;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const LOCK = { shared: 1, exclusive: 2, withoutWaiting: 4 };
const WILL_NEED = 3;

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
    return new Calls(bind, () => koffi.errno());
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
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(bind: (prototype: string) => NativeFunction, errno: () => number) {
    this.#errno = errno;
    this.#fallocate = bind('int fallocate(int fd, int mode, int64_t offset, int64_t length)');
    this.#lseek = bind('int64_t lseek(int fd, int64_t offset, int whence)');
    this.#flock = bind('int flock(int fd, int operation)');
    this.#fadvise = bind('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)');
    this.#pwrite = bind('int64_t pwrite(int fd, const void *bytes, size_t count, int64_t offset)');
  }

  async punch(fd: number, offset: bigint, length: number): Promise<number> {
    const { errno } = await this.#call(this.#fallocate, fd, PUNCH_HOLE | KEEP_SIZE, offset, length);
    return errno;
  }

  async zeroRange(fd: number, offset: bigint, length: number): Promise<number> {
    const { errno } = await this.#call(this.#fallocate, fd, ZERO_RANGE | KEEP_SIZE, offset, length);
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
  async readAhead(fd: number, offset: bigint, length: number): Promise<number> {
    const { result } = await this.#call(this.#fadvise, fd, offset, length, WILL_NEED);
    return Number(result);
  }

  async write(fd: number, bytes: Buffer, position: bigint): Promise<number> {
    const { result, errno } = await this.#call(this.#pwrite, fd, bytes, bytes.length, position);
    if (errno !== 0) throw new NativeError('pwrite', errno);
    return Number(result);
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
