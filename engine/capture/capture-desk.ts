import { resolve } from 'node:path';
import { RefusedError } from '#engine/refused-error.ts';
import type { CapturesInfo } from '#shared/contract/captures.ts';
import type { Span } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { CaptureRecorder, type Recorded } from './capture-recorder.ts';
import { saveHistory } from './save-history.ts';

export interface DeskListener {
  changed(): void;
  /** Something a person should know, who may have looked elsewhere meanwhile. */
  notice(key: string, level: 'info' | 'warning' | 'error', text: string): void;
}

/** What is open, as it would be written down. */
export interface Kept extends Recorded {
  /** Whether it may be recorded: it goes on. */
  readonly isLive: boolean;
  /** Rows that were made on an open capture and are not in its file. */
  readonly edits: readonly EventBatch[];
}

/** The captures that are being written: one that records what goes on, one that is saved of what is kept. */
export class CaptureDesk {
  readonly #kept: () => Kept;
  readonly #producer: string;
  readonly #listener: DeskListener;
  #recorder: CaptureRecorder | null = null;
  #isStarting = false;
  #saving: { readonly path: string; readonly stop: AbortController; done: number } | null = null;
  #saved = 0;

  /** @param producer the program's name and version. */
  constructor(kept: () => Kept, producer: string, listener: DeskListener) {
    this.#kept = kept;
    this.#producer = producer;
    this.#listener = listener;
  }

  get info(): CapturesInfo {
    const recorder = this.#recorder;
    const saving = this.#saving;
    return {
      recording: recorder === null ? null : { path: recorder.path, bytes: recorder.bytes },
      saving: saving === null ? null : { path: saving.path, done: saving.done },
      saved: this.#saved,
    };
  }

  /** Begins to record. @throws RefusedError while that cannot be; Error when the file cannot be made. */
  async start(path: string, fromBeginning: boolean, replace: boolean): Promise<void> {
    if (this.#recorder !== null || this.#isStarting) {
      throw new RefusedError('a recording goes on already; stop it before another begins');
    }
    if (!this.#kept().isLive) {
      throw new RefusedError(
        'what is open is a recording itself, and nothing is added to it; save it instead',
      );
    }
    this.#isStarting = true;
    try {
      const target = { path: resolve(path), replace, producer: this.#producer };
      this.#recorder = await CaptureRecorder.start(target, this.#kept, fromBeginning, {
        changed: () => this.#listener.changed(),
        failed: (why, lastUs) => {
          this.#recorder = null;
          this.#listener.notice(
            'recording',
            'error',
            `the recording to ${target.path} has stopped: ${why}. ${reachWords(lastUs)}, and can be opened`,
          );
        },
      });
    } finally {
      this.#isStarting = false;
      this.#listener.changed();
    }
  }

  /** Ends the recording; its file is then whole. Does nothing when there is none. */
  async stop(): Promise<void> {
    const recorder = this.#recorder;
    if (recorder === null) return;
    try {
      await recorder.stop();
      // A recorder that failed on its last rows has said so.
      if (this.#recorder === recorder) {
        this.#listener.notice('recording', 'info', `recorded to ${recorder.path}`);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const text = `the recording to ${recorder.path} was not finished: ${why}. What is in it can be opened`;
      this.#listener.notice('recording', 'error', text);
    }
    if (this.#recorder === recorder) this.#recorder = null;
    this.#listener.changed();
  }

  /** Brings the recording up to now: history is about to begin anew. */
  async flush(): Promise<void> {
    await this.#recorder?.flush();
  }

  /** Saves what is kept, as the name's end says. @throws Error when that cannot be. */
  async save(path: string, span: Span | null, replace: boolean): Promise<void> {
    if (this.#saving !== null)
      throw new RefusedError(`${this.#saving.path} is being saved; wait, or break that off`);
    const { history, session, structures, edits } = this.#kept();
    if (history === null || history.lastSequence === 0) throw new RefusedError('nothing was recorded yet');
    const saving = { path: resolve(path), stop: new AbortController(), done: 0 };
    this.#saving = saving;
    this.#listener.changed();
    try {
      await saveHistory(history, {
        target: { path: saving.path, replace, producer: this.#producer },
        session,
        structures,
        span,
        edits,
        onProgress: (done) => {
          saving.done = done;
          this.#listener.changed();
        },
        signal: saving.stop.signal,
      });
      this.#saved += 1;
    } catch (error) {
      if (!saving.stop.signal.aborted) throw error;
    } finally {
      this.#saving = null;
      this.#listener.changed();
    }
  }

  /** Breaks off what is being saved: nothing is left of it. */
  cancelSave(): void {
    this.#saving?.stop.abort();
  }

  async dispose(): Promise<void> {
    this.cancelSave();
    await this.stop();
  }
}

function reachWords(lastUs: number): string {
  if (Number.isNaN(lastUs)) return 'It has no request with a time yet';
  return `It reaches to ${new Date(lastUs / 1000).toISOString().slice(11, 23)} UTC`;
}
