import { RowFlag } from '#shared/events/vocabulary.ts';
import { type Answer, type ConnectionFacts, Filter, type Request } from '../backend.ts';
import { Errno } from '../protocol.ts';
import { DelayQueue } from './delay-queue.ts';
import { readBoolean, readDelay } from './parameters.ts';

/** What can be delayed. */
export type Delayed = 'read' | 'write' | 'zero' | 'trim' | 'extents' | 'cache' | 'open' | 'close';

const PARAMETERS: Readonly<Record<string, readonly Delayed[]>> = {
  rdelay: ['read'],
  'delay-read': ['read'],
  wdelay: ['write', 'zero', 'trim'],
  'delay-write': ['write'],
  'delay-zero': ['zero'],
  'delay-trim': ['trim'],
  'delay-extents': ['extents'],
  'delay-cache': ['cache'],
  'delay-open': ['open'],
  'delay-close': ['close'],
};

/**
 * nbdkit's `delay` filter: makes operations slow. Flush is never delayed, as there. Settings may change at any time and
 * hold for the requests that come after.
 */
export class DelayFilter extends Filter {
  /** Delays in ms, 0 for none. */
  readonly delaysMs: Record<Delayed, number> = {
    read: 0,
    write: 0,
    zero: 0,
    trim: 0,
    extents: 0,
    cache: 0,
    open: 0,
    close: 0,
  };
  /** When false a fast zero is refused at once rather than delayed. */
  fastZero = true;
  readonly #queue = new DelayQueue();

  /** Whether `key` is a parameter of this filter. */
  static takes(key: string): boolean {
    return key === 'delay-fast-zero' || Object.hasOwn(PARAMETERS, key);
  }

  /** Sets a parameter as on nbdkit's command line. @throws ParameterError when the value will not do. */
  configure(key: string, value: string): void {
    if (key === 'delay-fast-zero') {
      this.fastZero = readBoolean(key, value);
      return;
    }
    const ms = readDelay(key, value);
    for (const delayed of PARAMETERS[key] ?? []) this.delaysMs[delayed] = ms;
  }

  /** Puts every parameter out of force. */
  reset(): void {
    for (const delayed of Object.values(PARAMETERS).flat()) this.delaysMs[delayed] = 0;
    this.fastZero = true;
  }

  override open(connection: ConnectionFacts): void | Promise<void> {
    const ms = this.delaysMs.open;
    if (ms === 0) return this.next.open(connection);
    return this.#queue.after(ms).then(() => this.next.open(connection));
  }

  override close(connection: ConnectionFacts, graceful: boolean, transactions: number): void | Promise<void> {
    const ms = this.delaysMs.close;
    if (ms === 0 || !graceful) return this.next.close(connection, graceful, transactions);
    return this.#queue.after(ms).then(() => this.next.close(connection, graceful, transactions));
  }

  override read(request: Request): Answer {
    const ms = this.delaysMs.read;
    return ms === 0 ? this.next.read(request) : this.#queue.after(ms).then(() => this.next.read(request));
  }

  override write(request: Request): Answer {
    const ms = this.delaysMs.write;
    return ms === 0 ? this.next.write(request) : this.#queue.after(ms).then(() => this.next.write(request));
  }

  override zero(request: Request): Answer {
    if (!this.fastZero && (request.flags & RowFlag.Fast) !== 0) return Errno.ENOTSUP;
    const ms = this.delaysMs.zero;
    return ms === 0 ? this.next.zero(request) : this.#queue.after(ms).then(() => this.next.zero(request));
  }

  override trim(request: Request): Answer {
    const ms = this.delaysMs.trim;
    return ms === 0 ? this.next.trim(request) : this.#queue.after(ms).then(() => this.next.trim(request));
  }

  override cache(request: Request): Answer {
    const ms = this.delaysMs.cache;
    return ms === 0 ? this.next.cache(request) : this.#queue.after(ms).then(() => this.next.cache(request));
  }

  override extents(request: Request): Answer {
    const ms = this.delaysMs.extents;
    if (ms === 0) return this.next.extents(request);
    return this.#queue.after(ms).then(() => this.next.extents(request));
  }

  override dispose(): void | Promise<void> {
    this.#queue.dispose();
    return this.next.dispose();
  }
}
