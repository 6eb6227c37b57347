import { type MarkChange, type MarkDraft, SessionMarks } from '#engine/session/session-marks.ts';
import type { Mark } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { CaptureHistory } from './capture-history.ts';
import { CaptureSource } from './capture-source.ts';

/**
 * A capture that is open to be looked at. Its file stays as it is: marks that are made or changed here are kept beside it, and go
 * into what is saved of it.
 */
export class OpenCapture {
  readonly history: CaptureHistory;
  readonly source: CaptureSource;
  readonly #marks = new SessionMarks();
  readonly #edits: EventBatch[] = [];
  #editRows = 0;

  private constructor(history: CaptureHistory) {
    this.history = history;
    this.source = new CaptureSource(history);
  }

  /** @throws RangeError when the file is no capture; Error when it cannot be read. */
  static async open(path: string, cacheDir: string): Promise<OpenCapture> {
    let capture: OpenCapture | null = null;
    const history = await CaptureHistory.open(path, {
      cacheDir,
      onChanged: () => capture?.source.tell(),
    });
    capture = new OpenCapture(history);
    for await (const rows of history.texts()) capture.#marks.apply(rows);
    return capture;
  }

  get marks(): readonly Mark[] {
    return this.#marks.list;
  }

  /** Rows that were made here and are not in the file, in order; their clocks and numbers are not set. */
  get edits(): readonly EventBatch[] {
    return this.#edits;
  }

  /** @throws RefusedError saying what will not do. */
  addMarks(drafts: readonly MarkDraft[]): void {
    this.#edit(this.#marks.add(drafts, this.history.lastSequence + this.#editRows + 1, this.#endUs));
  }

  /** @throws RefusedError for a mark that is not there, or a name that will not do. */
  editMark(id: number, change: MarkChange): void {
    this.#edit(this.#marks.edit(id, change, this.#endUs));
  }

  /** @throws RefusedError for a mark that is not there. */
  removeMark(id: number): void {
    this.#edit(this.#marks.remove(id, this.#endUs));
  }

  get #endUs(): number {
    return this.history.info().lastUs ?? Number.NaN;
  }

  #edit(rows: EventBatch): void {
    rows.clockUs.fill(this.#endUs, 0, rows.count);
    this.#marks.apply(rows);
    this.#edits.push(rows);
    this.#editRows += rows.count;
  }
}
