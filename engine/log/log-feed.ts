import type { SourceNotice, SourceProgress, SourceSink } from '#engine/session/source.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { decoderNotices } from './decoder-notices.ts';
import { LogDecoder } from './log-decoder.ts';

/** Least time between two reports of progress. */
const PROGRESS_MS = 100;

/**
 * What every log source has in common: the decoder, and what is told to the session besides rows, at a pace that a
 * person can follow.
 */
export class LogFeed {
  readonly decoder: LogDecoder;
  readonly #sink: SourceSink;
  #status: SourceProgress['status'] = 'waiting';
  #statusText = '';
  #bytesRead = 0;
  #totalBytes: number | null = null;
  #waits: Promise<void>[] = [];
  #release: () => void = () => {};
  #timer: NodeJS.Timeout | null = null;
  #toldMs = 0;
  #closed = false;
  readonly #told = new Map<string, string>();

  constructor(sink: SourceSink, run: number | null) {
    this.#sink = sink;
    this.decoder = new LogDecoder(
      {
        rows: (batch) => this.#rows(batch),
        disk: (disk) => {
          if (!this.#closed) sink.disk(disk);
        },
      },
      { run },
    );
  }

  #rows(batch: EventBatch): void {
    if (this.#closed) return;
    const wait = this.#sink.rows(batch);
    if (wait !== undefined) this.#waits.push(wait);
  }

  /** Decodes bytes of the log. Look at {@link pressure} before reading on. */
  push(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.decoder.push(bytes);
    this.#changed();
  }

  /** What the session asks to wait for before it is given more; undefined when it asks nothing. Ends with {@link close} too. */
  pressure(): Promise<void> | undefined {
    if (this.#waits.length === 0 || this.#closed) return undefined;
    const waits = this.#waits;
    this.#waits = [];
    return new Promise((resolve) => {
      this.#release = resolve;
      void Promise.allSettled(waits).then(() => resolve());
    });
  }

  /** No more bytes come. */
  end(): void {
    if (this.#closed) return;
    this.decoder.end();
    this.#changed();
  }

  /** How far reading has come, in bytes of the file or stream as it is stored. */
  readTo(bytesRead: number, totalBytes: number | null): void {
    if (bytesRead === this.#bytesRead && totalBytes === this.#totalBytes) return;
    this.#bytesRead = bytesRead;
    this.#totalBytes = totalBytes;
    this.#changed();
  }

  /** Told at once when it is another status. */
  status(status: SourceProgress['status'], statusText: string): void {
    if (status === this.#status && statusText === this.#statusText) return;
    this.#status = status;
    this.#statusText = statusText;
    this.#tell();
  }

  notice(notice: SourceNotice): void {
    if (!this.#closed) this.#sink.notice(notice);
  }

  /** Nothing reaches the session afterwards, and nothing waits for it. */
  close(): void {
    this.#closed = true;
    this.#release();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #changed(): void {
    if (this.#timer !== null || this.#closed) return;
    const dueMs = this.#toldMs + PROGRESS_MS - performance.now();
    if (dueMs <= 0) this.#tell();
    else this.#timer = setTimeout(() => this.#tell(), dueMs);
  }

  #tell(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#closed) return;
    this.#toldMs = performance.now();
    const { facts } = this.decoder;
    for (const notice of decoderNotices(facts)) {
      if (this.#told.get(notice.key) === notice.text) continue;
      this.#told.set(notice.key, notice.text);
      this.#sink.notice(notice);
    }
    this.#sink.progress({
      status: this.#status,
      statusText: this.#statusText,
      bytesRead: this.#bytesRead,
      totalBytes: this.#totalBytes,
      lines: facts.lines,
      notUnderstood: facts.notUnderstood + facts.tooLong,
      timesBackwards: facts.timesBackwards,
      runs: facts.sourceRuns(),
    });
  }
}
