import { existsSync } from 'node:fs';
import { type Answer, type Backend, Filter, type Request } from '../backend.ts';
import { Errno } from '../protocol.ts';
import { ParameterError, readFileName, readRate } from './parameters.ts';

/** What can be made to fail, in the filter's own words. Flush never fails, as in nbdkit. */
export type Failing = 'pread' | 'pwrite' | 'trim' | 'zero' | 'extents' | 'cache';

const OPERATIONS: readonly Failing[] = ['pread', 'pwrite', 'trim', 'zero', 'extents', 'cache'];

/** The errors nbdkit's filter can inject. */
const ERRORS: Readonly<Record<string, number>> = {
  EPERM: Errno.EPERM,
  EIO: Errno.EIO,
  ENOMEM: Errno.ENOMEM,
  EINVAL: Errno.EINVAL,
  ENOSPC: Errno.ENOSPC,
  ESHUTDOWN: Errno.ESHUTDOWN,
};

/** How one operation fails. */
export interface ErrorSetting {
  errno: number;
  /** Probability, 0 to 1. */
  rate: number;
  /** Errors are injected only while this file exists. */
  file: string | null;
}

const KEY = /^error(?:-(pread|pwrite|trim|zero|extents|cache))?(?:-(rate|file))?$/;

/**
 * nbdkit's `error` filter: makes operations fail. Nothing happens until a rate is set. Settings may change at any time
 * and hold for the requests that come after; the file is looked for at each request.
 */
export class ErrorFilter extends Filter {
  readonly settings: Record<Failing, ErrorSetting> = {
    pread: { errno: Errno.EIO, rate: 0, file: null },
    pwrite: { errno: Errno.EIO, rate: 0, file: null },
    trim: { errno: Errno.EIO, rate: 0, file: null },
    zero: { errno: Errno.EIO, rate: 0, file: null },
    extents: { errno: Errno.EIO, rate: 0, file: null },
    cache: { errno: Errno.EIO, rate: 0, file: null },
  };
  readonly #random: () => number;

  /** @param random draws from [0, 1). */
  constructor(next: Backend, random: () => number = Math.random) {
    super(next);
    this.#random = random;
  }

  /** Whether `key` is a parameter of this filter. */
  static takes(key: string): boolean {
    return KEY.test(key);
  }

  /** Sets a parameter as on nbdkit's command line. @throws ParameterError when the value will not do. */
  configure(key: string, value: string): void {
    const [, operation, what] = KEY.exec(key) ?? [];
    const changes = readSetting(key, what, value);
    for (const failing of OPERATIONS) {
      if (operation === undefined || operation === failing) Object.assign(this.settings[failing], changes);
    }
  }

  /** Puts every parameter out of force. */
  reset(): void {
    for (const failing of OPERATIONS) {
      Object.assign(this.settings[failing], { errno: Errno.EIO, rate: 0, file: null });
    }
  }

  override read(request: Request): Answer {
    return this.#inject(this.settings.pread) || this.next.read(request);
  }

  override write(request: Request): Answer {
    return this.#inject(this.settings.pwrite) || this.next.write(request);
  }

  override trim(request: Request): Answer {
    return this.#inject(this.settings.trim) || this.next.trim(request);
  }

  override zero(request: Request): Answer {
    return this.#inject(this.settings.zero) || this.next.zero(request);
  }

  override extents(request: Request): Answer {
    return this.#inject(this.settings.extents) || this.next.extents(request);
  }

  override cache(request: Request): Answer {
    return this.#inject(this.settings.cache) || this.next.cache(request);
  }

  /** The error to fail with, or 0. */
  #inject(setting: ErrorSetting): number {
    if (setting.rate === 0) return 0;
    if (setting.file !== null && !existsSync(setting.file)) return 0;
    return this.#random() < setting.rate ? setting.errno : 0;
  }
}

function readSetting(key: string, what: string | undefined, value: string): Partial<ErrorSetting> {
  if (what === 'rate') return { rate: readRate(key, value) };
  if (what === 'file') return { file: readFileName(key, value) };
  const errno = Object.hasOwn(ERRORS, value) ? ERRORS[value] : undefined;
  if (errno === undefined) {
    throw new ParameterError(key, value, `use one of ${Object.keys(ERRORS).join(', ')}`);
  }
  return { errno };
}
