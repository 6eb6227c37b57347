import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { EncodingKind } from './encodings.ts';

/** What is sent to the thread. */
export interface EncodingJob {
  readonly number: number;
  readonly kind: EncodingKind;
  readonly raw: Uint8Array<ArrayBuffer>;
}

/** What it answers. */
export interface EncodingResult {
  readonly number: number;
  readonly bytes: Uint8Array;
}

interface Waiting {
  readonly rawBytes: number;
  readonly done: (bytes: Uint8Array | null) => void;
}

/** Bytes that wait for the thread at most: some 250,000 rows. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;

/** The worker beside this file; where the product is built, beside the entry that this file has become part of. */
const WORKER_FILES = ['encoding-worker.ts', 'encoding-worker.js', '../encoding-worker.js'];

/**
 * A thread beside the engine's that writes rows and pages in few bytes, so that whoever has a disk served need not wait while
 * that is done. It starts with the first job and takes them in order. Memory is bounded: when too much waits there is no room
 * for more, and whoever has something to encode does it itself, as it does when there is no thread to be had.
 */
export class EncodingThread {
  /** Jobs done so far. */
  done = 0;
  readonly #mostWaitingBytes: number;
  readonly #waiting = new Map<number, Waiting>();
  #waitingBytes = 0;
  #next = 0;
  #worker: Worker | null = null;
  #isOver = false;

  constructor(mostWaitingBytes = MOST_WAITING_BYTES) {
    this.#mostWaitingBytes = mostWaitingBytes;
  }

  /** Whether it takes more. */
  get hasRoom(): boolean {
    return !this.#isOver && this.#waitingBytes < this.#mostWaitingBytes;
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  /**
   * Encodes something later. The caller has seen that there is room.
   * @param raw given away: nobody reads it here any more.
   * @param done is called once, with what it came to; with null when the thread has ended before it was done.
   */
  encode(kind: EncodingKind, raw: Uint8Array<ArrayBuffer>, done: (bytes: Uint8Array | null) => void): void {
    const worker = this.#worker ?? this.#start();
    if (worker === null) {
      done(null);
      return;
    }
    const number = this.#next;
    this.#next += 1;
    this.#waiting.set(number, { rawBytes: raw.length, done });
    this.#waitingBytes += raw.length;
    const job: EncodingJob = { number, kind, raw };
    worker.postMessage(job, [raw.buffer]);
  }

  #start(): Worker | null {
    const path = WORKER_FILES.map((name) => join(import.meta.dirname, name)).find((file) => existsSync(file));
    if (path === undefined || this.#isOver) {
      this.#isOver = true;
      return null;
    }
    const worker = new Worker(path, { name: 'history' });
    worker.on('message', ({ number, bytes }: EncodingResult) => this.#finish(number, bytes));
    worker.on('error', () => this.dispose());
    worker.on('exit', () => this.dispose());
    // Nothing is lost when the process ends meanwhile: a history ends with it.
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #finish(number: number, bytes: Uint8Array | null): void {
    const job = this.#waiting.get(number);
    if (job === undefined) return;
    this.#waiting.delete(number);
    this.#waitingBytes -= job.rawBytes;
    if (bytes !== null) this.done += 1;
    job.done(bytes);
  }

  /** Ends the thread. What still waits is given back, and nothing more taken. */
  dispose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#worker?.terminate();
    this.#worker = null;
    for (const number of [...this.#waiting.keys()]) this.#finish(number, null);
  }
}
