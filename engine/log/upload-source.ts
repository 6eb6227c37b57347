import { startsCapture } from '#engine/capture/is-capture.ts';
import type { Source, SourceSink } from '#engine/session/source.ts';
import { LogFeed } from './log-feed.ts';
import { tellBroken } from './stream-reader.ts';
import { Unpacker } from './unpack.ts';

/** Bytes that may wait to be decoded; a window that listens for how far they are read sends half as much ahead. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/** A source whose bytes a window sends: a dropped file that has no path here. */
export interface UploadSource extends Source {
  /** The next bytes of the file. They are copied. Sent much faster than they can be decoded, they end the upload. */
  push(bytes: Uint8Array): void;
  /** The file was truncated or replaced: its bytes come again from the start. */
  restart(): void;
  /** All bytes have come. */
  end(): void;
  /** Takes no more bytes: it has ended, or its session has let it go. */
  readonly isOver: boolean;
}

/** @param options.live the window goes on following the file, so that its end is not the log's. */
export function createUploadSource(name: string, options: { readonly live?: boolean } = {}): UploadSource {
  return new Upload(name, options.live ?? false);
}

class Upload implements UploadSource {
  readonly kind = 'upload';
  readonly name: string;
  readonly path = null;
  readonly canRestart = false;
  readonly #live: boolean;
  #feed: LogFeed | null = null;
  #unpacker = new Unpacker(() => {});
  #bytesRead = 0;
  #waitingBytes = 0;
  #isFlooded = false;
  #ended = false;
  /** What is done one after another: pieces may come before the source has started, or faster than they decode. */
  #queue: Promise<void>;
  #started: () => void = () => {};
  #stopped = false;

  constructor(name: string, live: boolean) {
    this.name = name;
    this.#live = live;
    this.#queue = new Promise((resolve) => {
      this.#started = resolve;
    });
  }

  start(sink: SourceSink): void {
    const feed = new LogFeed(sink, null);
    this.#feed = feed;
    this.#open(feed);
    feed.status('reading', this.#live ? 'reading the dropped file' : 'reading a copy of the dropped file');
    this.#started();
  }

  #open(feed: LogFeed): void {
    this.#unpacker.destroy();
    this.#unpacker = new Unpacker((bytes) => feed.push(bytes));
  }

  get isOver(): boolean {
    return this.#ended || this.#stopped || this.#isFlooded;
  }

  push(bytes: Uint8Array): void {
    if (this.isOver) return;
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#isFlooded = true;
      this.#then(() =>
        Promise.reject(new Error('it was sent faster than it can be read; open it by its path')),
      );
      return;
    }
    const copy = Uint8Array.from(bytes);
    this.#waitingBytes += copy.length;
    this.#then(async (feed) => {
      this.#waitingBytes -= copy.length;
      if (this.#bytesRead === 0 && startsCapture(copy)) {
        throw new Error(
          'it is a capture, which is not read from its beginning to its end; open it by its path',
        );
      }
      await this.#unpacker.push(copy);
      await feed.pressure();
      this.#bytesRead += copy.length;
      feed.readTo(this.#bytesRead, null);
      if (this.#live) feed.status('live', 'following the dropped file through this window');
    });
  }

  restart(): void {
    this.#then(async (feed) => {
      feed.decoder.startRun();
      this.#open(feed);
      this.#bytesRead = 0;
      feed.notice({
        key: 'truncated',
        level: 'info',
        text: 'The dropped file was truncated or replaced; reading goes on from its start',
        detail: null,
      });
    });
  }

  end(): void {
    this.#then(async (feed) => {
      await this.#unpacker.end();
      this.#finish(feed);
    });
  }

  #finish(feed: LogFeed): void {
    if (this.#ended) return;
    this.#ended = true;
    feed.end();
    feed.status('ended', this.#live ? 'the window no longer follows the file' : 'a copy, not live');
  }

  #then(step: (feed: LogFeed) => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      const feed = this.#feed;
      if (feed === null || this.#stopped || this.#ended) return;
      try {
        await step(feed);
      } catch (error) {
        tellBroken(error, feed);
        this.#finish(feed);
      }
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#feed?.close();
    this.#unpacker.destroy();
    this.#started();
    await this.#queue;
  }
}
