import type { Disposable } from '#shared/channel/channel.ts';
import type { Command } from '#shared/contract/commands.ts';
import { uploadChunks, wasReplaced } from './upload-chunks.ts';

const POLL_MS = 250;
/** How long a followed file may be missing. */
const PATIENCE_MS = 5_000;
/** Bytes by which a replaced file is told from a grown one. */
const HEAD_BYTES = 256;
/** Bytes that may be on their way before the engine says how far it has read. */
const WINDOW_BYTES = 16 * 1024 * 1024;
const WINDOW_WAIT_MS = 50;

export interface UploadOptions {
  readonly upload: number;
  readonly name: string;
  /** The file as it is now: for a followed file the same handle is asked again. */
  readonly getFile: () => Promise<File>;
  /** Follow the file as it grows; false sends a copy of what it holds. */
  readonly live: boolean;
  readonly replace: boolean;
  readonly send: (command: Command) => void;
  readonly sendBytes: (upload: number, bytes: Uint8Array) => void;
  /** Bytes that the engine has read of this upload; null while it has not said. */
  readonly bytesRead: () => number | null;
  /** The file can no longer be read; why, in words. */
  readonly onFailed: (reason: string) => void;
}

/** Sends a dropped file to the engine, once or for as long as it grows. */
export class UploadFollower implements Disposable {
  readonly #options: UploadOptions;
  #sentBytes = 0;
  /** What the engine had read when the bytes began again from the start; it may count on or anew. */
  #restartedAtBytes = 0;
  #head = new Uint8Array(0);
  #stopped = false;
  /** When reading began to fail, on performance.now(); null while it works. */
  #failedSinceMs: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  start(): void {
    const { upload, name, live, replace, send } = this.#options;
    send({ command: 'beginUpload', upload, name, live, replace });
    void this.#step();
  }

  dispose(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #step(): Promise<void> {
    const { upload, live, send, getFile, onFailed } = this.#options;
    try {
      await this.#sendNew(await getFile());
      this.#failedSinceMs = null;
    } catch (error) {
      if (this.#stopped) return;
      if (live && this.#mayComeBack()) {
        this.#timer = setTimeout(() => void this.#step(), POLL_MS);
        return;
      }
      this.#stopped = true;
      send({ command: 'endUpload', upload });
      onFailed(error instanceof Error ? error.message : String(error));
      return;
    }
    if (this.#stopped) return;
    if (live) this.#timer = setTimeout(() => void this.#step(), POLL_MS);
    else send({ command: 'endUpload', upload });
  }

  /** A file that is being replaced is not there for a moment; one that stays away is given up. */
  #mayComeBack(): boolean {
    const nowMs = performance.now();
    this.#failedSinceMs ??= nowMs;
    return nowMs - this.#failedSinceMs < PATIENCE_MS;
  }

  async #sendNew(file: File): Promise<void> {
    const { upload, send, sendBytes } = this.#options;
    const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    if (wasReplaced(this.#sentBytes, file.size, this.#head, head)) {
      send({ command: 'restartUpload', upload });
      this.#restartedAtBytes = this.#options.bytesRead() ?? 0;
      this.#sentBytes = 0;
    }
    this.#head = head.subarray(0, Math.min(head.length, file.size));
    for (const span of uploadChunks(this.#sentBytes, file.size)) {
      const bytes = new Uint8Array(await file.slice(span.from, span.to).arrayBuffer());
      if (this.#stopped) return;
      sendBytes(upload, bytes);
      this.#sentBytes = span.from + bytes.length;
      await this.#untilRead();
    }
  }

  /** A large file must not pile up between here and the engine. */
  async #untilRead(): Promise<void> {
    const waiting = (): boolean => {
      // An engine that has not said yet has read nothing.
      const read = this.#options.bytesRead() ?? 0;
      if (read < this.#restartedAtBytes) this.#restartedAtBytes = 0;
      return this.#sentBytes - (read - this.#restartedAtBytes) > WINDOW_BYTES;
    };
    while (!this.#stopped && waiting()) {
      await new Promise((resolve) => {
        setTimeout(resolve, WINDOW_WAIT_MS);
      });
    }
  }
}
