import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { type FSWatcher, watch } from 'chokidar';
import type { SourceProgress } from '#engine/session/source.ts';
import { Fingerprint } from './fingerprint.ts';
import { packing } from './unpack.ts';

const READ_BYTES = 512 * 1024;
/** How soon a file that has just grown is looked at again, and for how long it counts as growing. */
const ACTIVE_MS = 8;
const ACTIVE_FOR_MS = 1000;
/** How soon an idle file is looked at without a wake-up: not every mount gives notifications. */
const IDLE_MS = 250;

/** What a tail tells. */
export interface TailSink {
  /** Bytes of the log; the buffer is used again once the promise has resolved. */
  bytes(bytes: Uint8Array): Promise<void> | undefined;
  /** The next bytes stand at the file's start again (truncated, emptied), or at another file's (replaced). */
  broken(how: 'truncated' | 'emptied' | 'replaced'): void;
  status(status: SourceProgress['status'], text: string): void;
  readTo(bytesRead: number, totalBytes: number): void;
}

/** What {@link LogTail.follow} came back for: it was stopped, or the file is one to be read in another way. */
export type TailEnd = 'stopped' | 'fifo' | 'packed';

/**
 * Follows one path as nbdkit writes to it, whatever happens to the file: it may appear later, be truncated, emptied under
 * nbdkit's hands, renamed, deleted, replaced. Reads what is there at once, then looks again every few ms while bytes
 * flow; an idle tail is woken by chokidar, and looks by itself a few times a second.
 */
export class LogTail {
  readonly #path: string;
  readonly #sink: TailSink;
  #handle: FileHandle | null = null;
  #inode: Stats | null = null;
  #position = 0;
  /** When the file was last seen to be written, ms since the epoch. */
  #writtenMs = 0;
  #print = new Fingerprint();
  /** The file has shrunk; its next bytes tell whether nbdkit goes on behind a hole or from the start. */
  #shrunk = false;
  #rewritten = false;
  /** A file has been followed before: another one is a replacement. */
  #hadFile = false;
  #stopped = false;
  #watcher: FSWatcher | null = null;
  #wake: () => void = () => {};
  #woken = false;
  #lastBytesMs = Number.NEGATIVE_INFINITY;
  readonly #buffers = [new Uint8Array(READ_BYTES), new Uint8Array(READ_BYTES)] as const;

  constructor(path: string, sink: TailSink) {
    this.#path = path;
    this.#sink = sink;
  }

  /** Follows until {@link stop}. Never rejects. */
  async follow(): Promise<TailEnd> {
    let end: TailEnd | null = null;
    try {
      while (!this.#stopped && end === null) {
        try {
          end = await this.#step();
        } catch (error) {
          this.#sink.status('failed', `${this.#path}: ${reason(error)}; still trying`);
          await this.#close();
        }
        if (end === null) await this.#rest();
      }
    } finally {
      await this.#close();
      await this.#watcher?.close();
      this.#watcher = null;
    }
    return this.#stopped ? 'stopped' : (end ?? 'stopped');
  }

  /** Makes {@link follow} end. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  async #step(): Promise<TailEnd | null> {
    if (this.#handle === null) {
      const other = await this.#open();
      if (other !== null || this.#handle === null) return other;
    }
    await this.#readAll(this.#handle);
    await this.#lookAtPath();
    return null;
  }

  /** Opens what stands at the path, or says why not. */
  async #open(): Promise<TailEnd | null> {
    let found: Stats;
    try {
      found = await stat(this.#path);
    } catch (error) {
      const missing = isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR');
      if (missing) this.#sink.status('waiting', `waiting for ${this.#path} to appear`);
      else this.#sink.status('failed', `${this.#path}: ${reason(error)}; still trying`);
      return null;
    }
    if (found.isFIFO()) return 'fifo';
    if (!found.isFile()) {
      const what = found.isDirectory() ? 'a directory' : 'no file';
      this.#sink.status('failed', `${this.#path} is ${what}; open the log file that nbdkit writes`);
      return null;
    }
    const handle = await open(this.#path, 'r');
    this.#handle = handle;
    this.#inode = await handle.stat();
    this.#position = 0;
    this.#shrunk = false;
    this.#print = new Fingerprint();
    const head = new Uint8Array(4);
    await handle.read(head, 0, head.length, 0);
    if (packing(head) !== null) return 'packed';
    if (this.#hadFile) this.#sink.broken('replaced');
    this.#hadFile = true;
    this.#watch();
    this.#sink.status('reading', 'reading the log');
    return null;
  }

  #watch(): void {
    if (this.#watcher !== null) return;
    this.#watcher = watch(this.#path, { ignoreInitial: true, persistent: true });
    const wake = (): void => {
      this.#woken = true;
      this.#wake();
    };
    // An error here (no watches left, say) only means that the tail wakes by itself.
    this.#watcher.on('all', wake).on('error', wake);
  }

  /** Reads what the file has beyond the position; while one piece is decoded the next is read. */
  async #readAll(handle: FileHandle): Promise<void> {
    const { size, mtimeMs } = await handle.stat();
    const isWritten = mtimeMs !== this.#writtenMs;
    this.#writtenMs = mtimeMs;
    if (size < this.#position) {
      this.#position = 0;
      this.#shrunk = true;
      this.#print = new Fingerprint();
    }
    this.#sink.readTo(this.#position, size);
    // The same work in another run of nbdkit may well give a log of the same size.
    if (size === this.#position && !isWritten) return;
    if (!this.#shrunk) await this.#checkPrint(handle);
    if (size === this.#position) return;

    let turn = 0;
    let reading = handle.read(this.#buffers[0], 0, READ_BYTES, this.#position);
    while (!this.#stopped) {
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) return;
      const bytes = buffer.subarray(0, bytesRead);
      if (this.#shrunk || this.#rewritten) {
        this.#sink.broken(bytes[0] === 0 ? 'emptied' : 'truncated');
        this.#shrunk = false;
        this.#rewritten = false;
      }
      this.#print.note(this.#position, bytes);
      this.#position += bytesRead;
      this.#lastBytesMs = performance.now();
      turn = 1 - turn;
      reading = handle.read(this.#buffers[turn] ?? this.#buffers[0], 0, READ_BYTES, this.#position);
      // When decoding throws, or the tail is stopped, nobody waits for the read that runs ahead.
      reading.catch(() => {});
      const wait = this.#sink.bytes(bytes);
      this.#sink.readTo(this.#position, Math.max(size, this.#position));
      if (wait !== undefined) await wait;
    }
    await reading.catch(() => {});
  }

  /** The file may have been truncated and written beyond our position since: then the bytes before it are others. */
  async #checkPrint(handle: FileHandle): Promise<void> {
    const match = await this.#print.check(handle, this.#position);
    if (match === 'same') return;
    if (match === 'hole') {
      this.#sink.broken('emptied');
      this.#print = new Fingerprint();
      return;
    }
    this.#position = 0;
    this.#rewritten = true;
    this.#print = new Fingerprint();
  }

  /** Moves on once another file with something in it stands at the path; until then the old one is still written to. */
  async #lookAtPath(): Promise<void> {
    let found: Stats | null = null;
    try {
      found = await stat(this.#path);
    } catch (error) {
      if (!isCode(error, 'ENOENT')) throw error;
    }
    if (found === null) {
      this.#sink.status(
        'live',
        `${this.#path} was renamed or deleted; following the old file until a new one appears`,
      );
      return;
    }
    const same = found.ino === this.#inode?.ino && found.dev === this.#inode?.dev;
    if (same) {
      this.#sink.status('live', this.#position === 0 ? 'the log is empty so far' : 'following the log');
    } else if (found.size > 0 || !found.isFile()) {
      await this.#close();
      this.#woken = true;
    } else {
      this.#sink.status('live', `a new ${this.#path} is still empty; following the old file`);
    }
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close().catch(() => {});
  }

  #rest(): Promise<void> {
    if (this.#woken || this.#stopped) {
      this.#woken = false;
      return Promise.resolve();
    }
    const active = performance.now() - this.#lastBytesMs < ACTIVE_FOR_MS;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake(), active ? ACTIVE_MS : IDLE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        this.#woken = false;
        this.#wake = () => {};
        resolve();
      };
    });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Why the system refused, in words. */
export function reason(error: unknown): string {
  if (isCode(error, 'EACCES') || isCode(error, 'EPERM')) {
    return 'no permission to read it; run nbdscope as a user who may';
  }
  if (isCode(error, 'EMFILE') || isCode(error, 'ENFILE')) return 'too many files are open on this machine';
  return error instanceof Error ? error.message : String(error);
}
