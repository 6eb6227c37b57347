import type { Readable } from 'node:stream';
import type { Source, SourceSink } from '#engine/session/source.ts';
import { LogFeed } from './log-feed.ts';
import { readStream, tellBroken } from './stream-reader.ts';

/** A source that decodes what comes on standard input, or on another stream, to its end. */
export function createStdinSource(stream: Readable = process.stdin): Source {
  return new StdinSource(stream);
}

class StdinSource implements Source {
  readonly kind = 'stdin';
  readonly name = 'standard input';
  readonly path = null;
  readonly canRestart = false;
  readonly #stream: Readable;
  #feed: LogFeed | null = null;
  #done: Promise<void> = Promise.resolve();

  constructor(stream: Readable) {
    this.#stream = stream;
  }

  start(sink: SourceSink): void {
    const feed = new LogFeed(sink, null);
    this.#feed = feed;
    feed.status('live', 'following standard input');
    this.#done = this.#read(feed);
  }

  async #read(feed: LogFeed): Promise<void> {
    try {
      await readStream(this.#stream, feed);
    } catch (error) {
      tellBroken(error, feed);
    }
    feed.end();
    feed.status('ended', 'standard input has ended');
  }

  async stop(): Promise<void> {
    this.#feed?.close();
    this.#stream.destroy();
    await this.#done;
  }
}
