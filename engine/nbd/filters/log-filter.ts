import { dirname, resolve } from 'node:path';
import { ERRNO_NAMES, RowFlag } from '#shared/events/vocabulary.ts';
import { type Answer, type ConnectionFacts, Filter, type Request } from '../backend.ts';
import { Errno, ExtentFlag, MAX_PAYLOAD_BYTES, MIN_BLOCK_BYTES, PREFERRED_BLOCK_BYTES } from '../protocol.ts';
import { LogFile } from './log-file.ts';
import { ParameterError, readBoolean, readFileName } from './parameters.ts';

/**
 * nbdkit's `log` filter, in the format of nbdkit 1.30 to 1.42: every request and reply that passes here, a line each, in
 * a file that other tools read. It logs once `logfile` is set.
 */
export class LogFilter extends Filter {
  /** Told when the file can no longer be written. */
  onError: ((error: Error) => void) | null = null;
  #path: string | null = null;
  #append = false;
  #file: LogFile | null = null;
  /** The number of the last request, by connection. */
  readonly #lastId = new Map<number, number>();

  /** Whether `key` is a parameter of this filter. */
  static takes(key: string): boolean {
    return key === 'logfile' || key === 'logappend';
  }

  /** Sets a parameter as on nbdkit's command line. @throws ParameterError when the value will not do. */
  configure(key: string, value: string): void {
    if (key === 'logfile') this.#path = readFileName(key, value);
    else this.#append = readBoolean(key, value);
  }

  /** Opens the file; called once all parameters are set. @throws ParameterError saying why that fails. */
  ready(): void {
    const path = this.#path;
    if (path === null) return;
    try {
      this.#file = new LogFile(path, this.#append, (error) => this.onError?.(error));
    } catch (error) {
      throw new ParameterError('logfile', path, whyNotOpened(error, path));
    }
    this.#file.line('Ready thread_model=3');
  }

  override open(connection: ConnectionFacts): void | Promise<void> {
    const opening = this.next.open(connection);
    if (opening === undefined) return this.#connected(connection);
    return opening.then(() => this.#connected(connection));
  }

  override close(connection: ConnectionFacts, graceful: boolean, transactions: number): void | Promise<void> {
    this.#file?.line(`connection=${connection.number} Disconnect transactions=${transactions}`);
    this.#lastId.delete(connection.number);
    return this.next.close(connection, graceful, transactions);
  }

  override read(request: Request): Answer {
    const file = this.#file;
    if (file === null) return this.next.read(request);
    const id = this.#request(file, 'Read', request, range(request));
    return this.#replied(file, 'Read', id, request, this.next.read(request));
  }

  override write(request: Request): Answer {
    const file = this.#file;
    if (file === null) return this.next.write(request);
    const id = this.#request(file, 'Write', request, `${range(request)} fua=${flag(request, RowFlag.Fua)}`);
    return this.#replied(file, 'Write', id, request, this.next.write(request));
  }

  override trim(request: Request): Answer {
    const file = this.#file;
    if (file === null) return this.next.trim(request);
    const id = this.#request(file, 'Trim', request, `${range(request)} fua=${flag(request, RowFlag.Fua)}`);
    return this.#replied(file, 'Trim', id, request, this.next.trim(request));
  }

  override zero(request: Request): Answer {
    const file = this.#file;
    if (file === null) return this.next.zero(request);
    const flags =
      `trim=${flag(request, RowFlag.MayTrim)} fua=${flag(request, RowFlag.Fua)}` +
      ` fast=${flag(request, RowFlag.Fast)}`;
    const id = this.#request(file, 'Zero', request, `${range(request)} ${flags}`);
    return this.#replied(file, 'Zero', id, request, this.next.zero(request));
  }

  override flush(request: Request): Answer {
    const file = this.#file;
    if (file === null) return this.next.flush(request);
    const id = this.#request(file, 'Flush', request, '');
    return this.#replied(file, 'Flush', id, request, this.next.flush(request));
  }

  override cache(request: Request): Answer {
    const file = this.#file;
    if (file === null) return this.next.cache(request);
    const id = this.#request(file, 'Cache', request, range(request));
    return this.#replied(file, 'Cache', id, request, this.next.cache(request));
  }

  override extents(request: Request): Answer {
    const file = this.#file;
    if (file === null) return this.next.extents(request);
    const one = `${range(request)} req_one=${flag(request, RowFlag.ReqOne)}`;
    const id = this.#request(file, 'Extents', request, one);
    return this.#replied(file, 'Extents', id, request, this.next.extents(request));
  }

  override dispose(): void | Promise<void> {
    this.#file?.dispose();
    this.#file = null;
    return this.next.dispose();
  }

  #connected(connection: ConnectionFacts): void {
    const can = this.capabilities;
    const writable = !this.readOnly;
    this.#lastId.set(connection.number, 0);
    this.#file?.line(
      `connection=${connection.number} Connect export=${shellQuote(connection.exportName)} tls=${bit(connection.tls === true)}` +
        ` size=0x${this.sizeBytes.toString(16)} minsize=0x${MIN_BLOCK_BYTES.toString(16)}` +
        ` prefsize=0x${PREFERRED_BLOCK_BYTES.toString(16)} maxsize=0x${MAX_PAYLOAD_BYTES.toString(16)}` +
        ` write=${bit(writable)} flush=${bit(can.flush)} rotational=${bit(can.rotational)}` +
        ` trim=${bit(writable && can.trim)} zero=${writable && can.zero ? 2 : 0} fua=${can.fua ? 2 : 0}` +
        ` extents=${bit(can.extents)} cache=${can.cache ? 2 : 0}` +
        ` fast_zero=${bit(writable && can.fastZero)}`,
    );
  }

  #request(file: LogFile, action: string, request: Request, args: string): number {
    const connection = request.connection.number;
    const id = (this.#lastId.get(connection) ?? 0) + 1;
    this.#lastId.set(connection, id);
    file.line(`connection=${connection} ${action} id=${id}${args} ...`);
    return id;
  }

  #replied(file: LogFile, action: string, id: number, request: Request, answer: Answer): Answer {
    const name = `connection=${request.connection.number} ...${action} id=${id}`;
    if (typeof answer === 'number') {
      file.line(`${name}${outcome(action, request, answer)}`);
      return answer;
    }
    return answer.then(
      (errno) => {
        file.line(`${name}${outcome(action, request, errno)}`);
        return errno;
      },
      () => {
        file.line(`${name} return=-1 error=EIO`);
        return Errno.EIO;
      },
    );
  }
}

function outcome(action: string, request: Request, errno: number): string {
  if (errno !== 0) return ` return=-1 error=${ERRNO_NAMES[errno] ?? 'EINVAL'}`;
  return action === 'Extents' ? ` extents=(${extentList(request)}) return=0` : ' return=0';
}

function extentList(request: Request): string {
  let at = (BigInt(request.offsetHigh) << 32n) | BigInt(request.offsetLow);
  const words: string[] = [];
  for (let i = 0; i < request.extentCount; i += 1) {
    const length = request.extentLength[i] ?? 0;
    const flags = request.extentFlags[i] ?? 0;
    const names = [];
    if ((flags & ExtentFlag.Hole) !== 0) names.push('hole');
    if ((flags & ExtentFlag.Zero) !== 0) names.push('zero');
    words.push(`0x${at.toString(16)} 0x${length.toString(16)} "${names.join(',')}"`);
    at += BigInt(length);
  }
  return words.join(' ');
}

function range(request: Request): string {
  const offset = hex(request.offsetHigh, request.offsetLow);
  return ` offset=0x${offset} count=0x${hex(request.lengthHigh, request.length)}`;
}

/** A number of two 32-bit halves. */
function hex(high: number, low: number): string {
  const digits = low.toString(16);
  return high === 0 ? digits : high.toString(16) + digits.padStart(8, '0');
}

function flag(request: Request, which: number): number {
  return bit((request.flags & which) !== 0);
}

function bit(value: boolean): number {
  return value ? 1 : 0;
}

/** A word as nbdkit writes export names: in double quotes where it needs them. Line ends would part a line: they go. */
function shellQuote(text: string): string {
  if (/^[A-Za-z0-9_./-]+$/.test(text)) return text;
  return `"${text.replace(/\p{Cc}/gu, '?').replace(/["$`\\]/g, '\\$&')}"`;
}

function whyNotOpened(error: unknown, path: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT')
    return `there is no directory ${dirname(resolve(path))}; make it, or name another file`;
  if (code === 'EISDIR') return 'it is a directory; name a file';
  if (code === 'EACCES' || code === 'EROFS') return 'it may not be written; name another file';
  return error instanceof Error ? error.message : String(error);
}
