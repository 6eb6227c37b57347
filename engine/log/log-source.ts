import { constants, openSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source, SourceSink } from '#engine/session/source.ts';
import { LogFeed } from './log-feed.ts';
import { LogTail, reason } from './log-tail.ts';
import { readStream } from './stream-reader.ts';
import { Unpacker } from './unpack.ts';

export { createStdinSource } from './stdin-source.ts';
export { createUploadSource, type UploadSource } from './upload-source.ts';

const PACKED_READ_BYTES = 64 * 1024;
/** How soon a FIFO that may only be read is opened again after its writer has left. */
const WRITER_WAIT_MS = 250;

const BROKEN = {
  truncated: 'The log was truncated; reading goes on from its start',
  emptied: 'The log was emptied while nbdkit writes to it; reading goes on with what comes next',
  replaced: 'Another file stands at the path now; reading goes on from its start',
} as const;

export interface LogOptions {
  /** Hand on the rows of this run only, counted from 0; null for all. */
  readonly run?: number | null;
  /** What to call the log and its first disk; without it the log goes by its file and its disks by their exports. */
  readonly name?: string | null;
  /** Whose log it is: one that was opened, or that of an nbdkit started here. */
  readonly kind?: 'log' | 'nbdkit';
}

/**
 * A source that follows the log at `path`: a file, whatever happens to it (see {@link LogTail}), a FIFO, or a finished
 * log packed with gzip or zstd.
 */
export function createLogSource(path: string, options: LogOptions = {}): Source {
  return new LogSource(path, options);
}

class LogSource implements Source {
  readonly kind: 'log' | 'nbdkit';
  readonly name: string;
  readonly #diskName: string | null;
  readonly path: string;
  readonly #run: number | null;
  #feed: LogFeed | null = null;
  #tail: LogTail | null = null;
  #fifo: Socket | null = null;
  #stopped = false;
  #done: Promise<void> = Promise.resolve();

  constructor(path: string, options: LogOptions) {
    this.path = path;
    this.kind = options.kind ?? 'log';
    this.#diskName = options.name ?? null;
    this.name = this.#diskName ?? basename(path);
    this.#run = options.run ?? null;
  }

  get canRestart(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.isFIFO() !== true;
  }

  start(sink: SourceSink): void {
    const name = this.#diskName;
    const feed = new LogFeed(name === null ? sink : namingFirstDisk(sink, name), this.#run);
    this.#feed = feed;
    this.#done = this.#read(feed).catch((error: unknown) => {
      feed.status('failed', `${this.path}: ${reason(error)}`);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#feed?.close();
    this.#tail?.stop();
    this.#fifo?.destroy();
    await this.#done;
  }

  async #read(feed: LogFeed): Promise<void> {
    this.#tail = new LogTail(this.path, {
      bytes: (bytes) => {
        feed.push(bytes);
        return feed.pressure();
      },
      broken: (how) => {
        // What nbdkit writes after truncation tells by itself whether another run begins: nbdkit may as well go on.
        if (how === 'replaced') feed.decoder.startRun();
        else feed.decoder.interrupt();
        feed.notice({ key: how, level: 'info', text: BROKEN[how], detail: null });
      },
      status: (status, text) => feed.status(status, text),
      readTo: (bytesRead, totalBytes) => feed.readTo(bytesRead, totalBytes),
    });
    const end = await this.#tail.follow();
    if (end === 'packed') await this.#readPacked(feed);
    if (end === 'fifo') await this.#readFifo(feed);
  }

  async #readPacked(feed: LogFeed): Promise<void> {
    const file = await open(this.path, 'r');
    const unpacker = new Unpacker((bytes) => feed.push(bytes));
    feed.status('reading', 'unpacking the log');
    try {
      await this.#unpack(file, unpacker, feed);
      feed.end();
      feed.status('ended', 'the whole log has been read');
    } catch (error) {
      feed.end();
      feed.notice({
        key: 'damaged',
        level: 'error',
        text: 'The packed log is damaged or cut; what came before the damage is shown',
        detail: error instanceof Error ? error.message : null,
      });
      feed.status('ended', 'the packed log is damaged; read as far as it goes');
    } finally {
      unpacker.destroy();
      await file.close();
    }
  }

  async #unpack(file: FileHandle, unpacker: Unpacker, feed: LogFeed): Promise<void> {
    const { size } = await file.stat();
    const buffer = new Uint8Array(PACKED_READ_BYTES);
    let position = 0;
    while (!this.#stopped) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) break;
      await unpacker.push(buffer.subarray(0, bytesRead));
      await feed.pressure();
      position += bytesRead;
      feed.readTo(position, size);
    }
    if (!this.#stopped) await unpacker.end();
  }

  async #readFifo(feed: LogFeed): Promise<void> {
    while (!this.#stopped) {
      const socket = openFifo(this.path);
      this.#fifo = socket;
      feed.status('live', 'following the FIFO');
      try {
        await readStream(socket, feed);
      } finally {
        socket.destroy();
      }
      if (!this.#stopped) await sleep(WRITER_WAIT_MS);
    }
  }
}

function namingFirstDisk(sink: SourceSink, name: string): SourceSink {
  return {
    rows: (batch) => sink.rows(batch),
    disk: (disk) => sink.disk(disk.index === 0 ? { ...disk, name } : disk),
    progress: (progress) => sink.progress(progress),
    notice: (notice) => sink.notice(notice),
  };
}

/**
 * Opened for reading and writing, a FIFO does not come to its end when its writer leaves, and waits for the next in the
 * event loop instead of a thread (fifo(7)). Without the right to write to it, it ends with each writer.
 */
function openFifo(path: string): Socket {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  } catch {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }
  return new Socket({ fd, readable: true, writable: false });
}
