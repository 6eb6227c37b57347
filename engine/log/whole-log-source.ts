import { createReadStream, type ReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { Source, SourceSink } from '#engine/session/source.ts';
import { LogDecoder } from './log-decoder.ts';
import { LogFeed } from './log-feed.ts';
import { reason } from './log-tail.ts';
import { readStream, tellBroken } from './stream-reader.ts';
import { Unpacker } from './unpack.ts';

const READ_BYTES = 512 * 1024;
/** A log that tells no time in so many bytes tells none. */
const LOOK_BYTES = 4 * 1024 * 1024;

/** A source that reads a finished log, packed or not, to its end and follows it no further. */
export function createWholeLogSource(path: string): Source {
  return new WholeLogSource(path);
}

class WholeLogSource implements Source {
  readonly kind = 'log';
  readonly name: string;
  readonly path: string;
  readonly canRestart = true;
  #feed: LogFeed | null = null;
  #stream: ReadStream | null = null;
  #done: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
    this.name = basename(path);
  }

  start(sink: SourceSink): void {
    const feed = new LogFeed(sink, null);
    this.#feed = feed;
    this.#done = this.#read(feed);
  }

  async stop(): Promise<void> {
    this.#feed?.close();
    this.#stream?.destroy();
    await this.#done;
  }

  async #read(feed: LogFeed): Promise<void> {
    feed.status('reading', 'reading the log');
    const stream = createReadStream(this.path, { highWaterMark: READ_BYTES });
    this.#stream = stream;
    try {
      await readStream(stream, feed);
    } catch (error) {
      if (stream.bytesRead === 0) {
        feed.status('failed', `${this.path}: ${reason(error)}`);
        return;
      }
      tellBroken(error, feed);
    }
    feed.end();
    feed.status('ended', 'the whole log has been read');
  }
}

/**
 * The time of the first row of a log, µs since the epoch; null when no row in its beginning has one.
 * @throws Error when the file cannot be read.
 */
export async function firstTimeOf(path: string): Promise<number | null> {
  let firstUs: number | null = null;
  const decoder = new LogDecoder({
    rows: ({ timeUs, count }) => {
      firstUs ??= timeUs.subarray(0, count).find((us) => !Number.isNaN(us)) ?? null;
      return undefined;
    },
    disk: () => {},
  });
  const unpacker = new Unpacker((bytes) => decoder.push(bytes));
  try {
    for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES, end: LOOK_BYTES - 1 })) {
      if (piece instanceof Uint8Array) await unpacker.push(piece);
      if (firstUs !== null) return firstUs;
    }
    // A short log may end without its last line's end.
    decoder.end();
    return firstUs;
  } finally {
    unpacker.destroy();
  }
}
