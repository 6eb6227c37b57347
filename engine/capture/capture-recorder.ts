import { setTimeout as sleep } from 'node:timers/promises';
import type { History } from '#engine/history/history.ts';
import type { CaptureSession } from './capture-session.ts';
import { type CaptureTarget, CaptureWriter } from './capture-writer.ts';
import type { KnownDisk } from './known-versions.ts';

/** How often what has come is written: a crash of this process loses no more. */
const WRITE_MS = 250;
/** How often what was written is made to outlast a power cut. */
const SYNC_MS = 1_000;

/** What is recorded. */
export interface Recorded {
  readonly history: History | null;
  readonly session: CaptureSession;
  /** What is known of the structures on disks. */
  readonly structures: readonly KnownDisk[];
  /** The last row there is, also while nothing is kept. */
  readonly sequence: number;
}

export interface RecorderListener {
  /** More was written. */
  changed(): void;
  /** It cannot go on; what was written stays. It reaches to a moment, µs since the epoch; NaN where no row with a time is in it. */
  failed(text: string, lastUs: number): void;
}

/**
 * Records a session while it goes: four times a second what its history has got since is written to a capture. The session never
 * waits for it.
 */
export class CaptureRecorder {
  readonly #writer: CaptureWriter;
  readonly #recorded: () => Recorded;
  readonly #listener: RecorderListener;
  readonly #stopping = new AbortController();
  /** Writes follow one another. */
  #queue: Promise<void> = Promise.resolve();
  #syncedMs = performance.now();
  #isOver = false;

  private constructor(writer: CaptureWriter, recorded: () => Recorded, listener: RecorderListener) {
    this.#writer = writer;
    this.#recorded = recorded;
    this.#listener = listener;
  }

  /**
   * Begins with all that is kept (`fromBeginning`), or with the next row.
   * @throws Error when the file cannot be made.
   */
  static async start(
    target: CaptureTarget,
    recorded: () => Recorded,
    fromBeginning: boolean,
    listener: RecorderListener,
  ): Promise<CaptureRecorder> {
    const { history, session, sequence } = recorded();
    const from = fromBeginning ? (history?.firstSequence ?? 0) || sequence + 1 : sequence + 1;
    const writer =
      history === null
        ? await CaptureWriter.create(target, session, null, from)
        : await CaptureWriter.ofHistory(target, session, history, from);
    const recorder = new CaptureRecorder(writer, recorded, listener);
    void recorder.#run();
    return recorder;
  }

  get path(): string {
    return this.#writer.path;
  }

  get bytes(): number {
    return this.#writer.bytes;
  }

  /** Writes all rows there are by now. Never rejects. */
  flush(): Promise<void> {
    this.#queue = this.#queue.then(() => this.#write());
    return this.#queue;
  }

  /** Writes what there is and finishes the file. @throws Error when it cannot be finished. */
  async stop(): Promise<void> {
    await this.flush();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopping.abort();
    await this.#writer.finish();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.flush();
      await sleep(WRITE_MS, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  async #write(): Promise<void> {
    if (this.#isOver) return;
    try {
      const { history, session, structures } = this.#recorded();
      const before = this.#writer.bytes;
      if (history !== null) {
        const { lastSequence } = history;
        await this.#writer.tell(session);
        await this.#writer.tellStructures(structures);
        await this.#writer.follow(history, lastSequence);
      }
      if (performance.now() - this.#syncedMs >= SYNC_MS) {
        await this.#writer.sync();
        this.#syncedMs = performance.now();
      }
      if (this.#writer.bytes !== before) this.#listener.changed();
    } catch (error) {
      this.#isOver = true;
      this.#stopping.abort();
      await this.#writer.abandon().catch(() => {});
      const why = error instanceof Error ? error.message : String(error);
      this.#listener.failed(why, this.#writer.lastUs);
    }
  }
}
