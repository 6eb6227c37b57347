import type { History } from '#engine/history/history.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import { BATCH_ROWS, CaptureEncoder } from './capture-encoder.ts';
import { CaptureFile } from './capture-file.ts';
import type { CaptureSession } from './capture-session.ts';
import { type KnownDisk, KnownVersions } from './known-versions.ts';
import { requestsInFlight } from './requests-in-flight.ts';

export interface CaptureTarget {
  readonly path: string;
  /** Whether a file that stands there may go. */
  readonly replace: boolean;
  /** The program's name and version. */
  readonly producer: string;
}

/**
 * Writes what a history holds to a capture, from some row on and as far as one likes. It takes the rows from the history and
 * holds none itself beyond one batch: a slow disk makes the capture lag and nothing else.
 */
export class CaptureWriter {
  readonly #file: CaptureFile;
  readonly #encoder: CaptureEncoder;
  readonly #rows = new EventBatch(BATCH_ROWS);
  /** The next row to write. */
  #next: number;
  #lastUs = Number.NaN;
  #sessionText: string;
  readonly #known = new KnownVersions();

  private constructor(file: CaptureFile, encoder: CaptureEncoder, next: number, sessionText: string) {
    this.#file = file;
    this.#encoder = encoder;
    this.#next = next;
    this.#sessionText = sessionText;
  }

  /**
   * Makes a capture of the rows from `first` on.
   * @param before the state before them; null when it is empty. Of it the requests are written that are in flight there.
   * @throws Error when the file cannot be made.
   */
  static async create(
    target: CaptureTarget,
    session: CaptureSession,
    before: SessionState | null,
    first: number,
  ): Promise<CaptureWriter> {
    const encoder = new CaptureEncoder();
    const head = [...encoder.head(target.producer, session)];
    if (before !== null) {
      const { requests, sequences } = requestsInFlight(before);
      for (let at = 0; at < requests.count; at += BATCH_ROWS) {
        const end = Math.min(at + BATCH_ROWS, requests.count);
        const part = new EventBatch(end - at);
        part.appendRows(requests, at, end);
        head.push(encoder.before(part, sequences.subarray(at, end), first - 1));
      }
    }
    const file = await CaptureFile.create(target.path, head, target.replace);
    return new CaptureWriter(file, encoder, first, JSON.stringify(session));
  }

  /** Makes a capture that begins with row `from` of a history, or with its first row where that is later. */
  static async ofHistory(
    target: CaptureTarget,
    session: CaptureSession,
    history: History,
    from: number,
  ): Promise<CaptureWriter> {
    const first = Math.max(from, history.firstSequence, 1);
    const before = first > 1 ? await history.stateAt(first - 1) : null;
    return CaptureWriter.create(target, session, before, first);
  }

  /** What was said last of the disks and arrays, as JSON. */
  get sessionText(): string {
    return this.#sessionText;
  }

  get path(): string {
    return this.#file.path;
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  /** Clock of the last row that was written, µs since the epoch; NaN before any, or while no time is known. */
  get lastUs(): number {
    return this.#lastUs;
  }

  /** The last row that was written. */
  get lastSequence(): number {
    return this.#next - 1;
  }

  /** Says what the disks and arrays are from here on, when that is not what was said last. */
  async tell(session: CaptureSession): Promise<void> {
    const text = JSON.stringify(session);
    if (text === this.#sessionText) return;
    await this.#file.append(this.#encoder.session(session, this.#next - 1));
    this.#sessionText = text;
  }

  /** Writes what has become known of the structures on disks since it was told before. */
  async tellStructures(disks: readonly KnownDisk[]): Promise<void> {
    for (const text of this.#known.texts(disks)) {
      await this.#file.append(this.#encoder.structures(text, this.#next - 1));
    }
  }

  /**
   * Writes the rows up to `to`, or what is kept of them.
   * @throws Error when rows have left the history before they could be written, or the file cannot be written.
   */
  async follow(history: History, to: number, signal?: AbortSignal): Promise<void> {
    if (to < this.#next || history.lastSequence < this.#next) return;
    if (history.firstSequence > this.#next) {
      throw new Error(
        `${history.firstSequence - this.#next} rows left the history before they could be written to ${this.path}`,
      );
    }
    for await (const batch of history.rows(this.#next, to, signal)) await this.put(batch);
    await this.flush();
  }

  /** Takes rows that follow those before. They are in the file after {@link flush}, or when there are many. */
  async put(batch: EventBatch): Promise<void> {
    let from = 0;
    while (from < batch.count) {
      const until = Math.min(batch.count, from + BATCH_ROWS - this.#rows.count);
      if (this.#rows.count === 0) this.#rows.firstSequence = batch.firstSequence + from;
      this.#rows.appendRows(batch, from, until);
      from = until;
      if (this.#rows.isFull) await this.flush();
    }
  }

  /** Writes what {@link put} has taken. */
  async flush(): Promise<void> {
    const rows = this.#rows;
    if (rows.count === 0) return;
    const message = this.#encoder.rows(rows);
    const next = rows.firstSequence + rows.count;
    const lastUs = rows.clockUs[rows.count - 1] ?? Number.NaN;
    rows.count = 0;
    rows.text = new Uint8Array(0);
    await this.#file.append(message);
    this.#next = next;
    this.#lastUs = lastUs;
  }

  /** Returns once what was written outlasts a power cut. */
  sync(): Promise<void> {
    return this.#file.sync();
  }

  /** Marks the capture as finished and closes it. */
  finish(): Promise<void> {
    return this.#file.finish();
  }

  /** Closes it as it is: what is in it can be opened. */
  abandon(): Promise<void> {
    return this.#file.abandon();
  }
}
