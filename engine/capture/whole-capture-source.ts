import { basename } from 'node:path';
import type { Source, SourceProgress, SourceSink } from '#engine/session/source.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { ALL_DISKS, RowKind } from '#shared/events/vocabulary.ts';
import { CaptureHistory } from './capture-history.ts';
import { captureDisk, captureNotice } from './capture-source.ts';

/** A source that reads a capture from its beginning to its end, as a log is read: its rows become rows of the session. */
export function createWholeCaptureSource(path: string): Source {
  return new WholeCaptureSource(path);
}

/** Opens a capture to be read once, in order: no states on the way are made. @throws RangeError for a file that is none. */
export function openInOrder(path: string): Promise<CaptureHistory> {
  return CaptureHistory.open(path, { cacheDir: '', keyframeWork: Number.POSITIVE_INFINITY });
}

class WholeCaptureSource implements Source {
  readonly kind = 'capture';
  readonly name: string;
  readonly path: string;
  readonly canRestart = true;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
    this.name = basename(path);
  }

  start(sink: SourceSink): void {
    this.#done = this.#read(sink);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #read(sink: SourceSink): Promise<void> {
    const { signal } = this.#stop;
    sink.progress(progressOf('reading', 'reading the capture', 0));
    try {
      const history = await openInOrder(this.path);
      try {
        await this.#deliver(history, sink);
        if (signal.aborted) return;
        const notice = captureNotice(history, this.name);
        if (notice !== null) sink.notice(notice);
        const { bytes } = history.info();
        sink.progress(
          progressOf('ended', 'the whole capture has been read', history.damage?.offset ?? bytes),
        );
      } finally {
        await history.dispose();
      }
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      sink.progress(progressOf('failed', `${this.path} cannot be read: ${reason}`, 0));
    }
  }

  async #deliver(history: CaptureHistory, sink: SourceSink): Promise<void> {
    const { disks } = history.session;
    for (const [index, disk] of disks.entries()) sink.disk(captureDisk(disk, index));
    const ids = disks.map(({ id }) => id);
    for await (const rows of history.rows(history.firstSequence, history.lastSequence, this.#stop.signal)) {
      if (this.#stop.signal.aborted) return;
      await sink.rows(ownRows(rows, ids));
    }
  }
}

/**
 * Rows of a capture with the source's own numbers of their disks: a copy, as those that were read are kept to be read again. What
 * clears the picture clears that of the capture's disks and not those of others.
 *
 * @param ids the numbers that the disks have in the capture, in the source's order.
 */
function ownRows(rows: EventBatch, ids: readonly number[]): EventBatch {
  const isClearing = (i: number): boolean =>
    rows.kind[i] === RowKind.ClearPicture && rows.disk[i] === ALL_DISKS;
  let clearings = 0;
  for (let i = 0; i < rows.count; i += 1) if (isClearing(i)) clearings += 1;
  const own = new EventBatch(Math.max(1, rows.count + clearings * ids.length));
  let from = 0;
  for (let i = 0; i < rows.count && clearings > 0; i += 1) {
    if (!isClearing(i)) continue;
    if (i > from) own.appendRows(rows, from, i);
    for (const disk of ids)
      own.push({ kind: RowKind.ClearPicture, disk, timeUs: rows.timeUs[i] ?? Number.NaN });
    from = i + 1;
  }
  if (from < rows.count) own.appendRows(rows, from, rows.count);
  for (let i = 0; i < own.count; i += 1) {
    const disk = own.disk[i] ?? ALL_DISKS;
    if (disk === ALL_DISKS) continue;
    const index = ids.indexOf(disk);
    own.disk[i] = index < 0 ? ids.length : index;
  }
  return own;
}

function progressOf(status: SourceProgress['status'], statusText: string, bytesRead: number): SourceProgress {
  const totalBytes = status === 'ended' ? bytesRead : null;
  return {
    status,
    statusText,
    bytesRead,
    totalBytes,
    lines: 0,
    notUnderstood: 0,
    timesBackwards: 0,
    runs: [],
  };
}
