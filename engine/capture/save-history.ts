import { rm } from 'node:fs/promises';
import { exportRequests, WHOLE } from '#engine/convert/export-requests.ts';
import { FORMATS_WORDS, formatOf, writeTable } from '#engine/convert/output-file.ts';
import type { History } from '#engine/history/history.ts';
import { RefusedError } from '#engine/refused-error.ts';
import type { Span } from '#shared/contract/time.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import type { CaptureSession } from './capture-session.ts';
import { type CaptureTarget, CaptureWriter } from './capture-writer.ts';
import type { KnownDisk } from './known-versions.ts';

export interface SaveOptions {
  readonly target: CaptureTarget;
  readonly session: CaptureSession;
  /** What is known of the structures on disks. */
  readonly structures: readonly KnownDisk[];
  /** Null for all that is kept. */
  readonly span: Span | null;
  /** Rows that belong behind the last: marks that were made on an open capture. */
  readonly edits: readonly EventBatch[];
  /** Told now and then how much is done, 0 to 1. */
  readonly onProgress: (done: number) => void;
  readonly signal: AbortSignal;
}

/** Rows that are written between two tellings. */
const STEP_ROWS = 65_536;
/** A moment that is a quarter of a µs before another is before it by the session's clock too. */
const TICK_US = 0.25;

/**
 * Saves what a history holds of a span, as the name's end says: a capture, Parquet or CSV. Called off or failed, it leaves no file.
 * @throws RefusedError for another name; Error when it cannot be written; AbortError when called off.
 */
export async function saveHistory(history: History, options: SaveOptions): Promise<void> {
  const { target, span } = options;
  const format = formatOf(target.path);
  if (format === null) throw new RefusedError(`${target.path}: unknown format; use ${FORMATS_WORDS}`);
  const from = span === null ? history.firstSequence : (await history.sequenceAt(span.fromUs - TICK_US)) + 1;
  const to = span === null ? history.lastSequence : await history.sequenceAt(span.toUs);
  if (format === 'capture') {
    await saveCapture(history, Math.max(1, from), to, options);
    return;
  }
  const facts = {
    producer: target.producer,
    diskName: (disk: number) => options.session.disks.find(({ id }) => id === disk)?.name ?? `disk ${disk}`,
  };
  await writeTable(target.path, format, target.replace, facts, async (file) => {
    // Replies may come after the span.
    const rows = told(history.rows(from, history.lastSequence, options.signal), from, to, options);
    await exportRequests(rows, span ?? WHOLE, file);
  });
}

async function saveCapture(history: History, from: number, to: number, options: SaveOptions): Promise<void> {
  const { target, session, structures, edits, onProgress, signal } = options;
  const writer = await CaptureWriter.ofHistory(target, session, history, from);
  try {
    await writer.tellStructures(structures);
    while (writer.lastSequence < to) {
      signal.throwIfAborted();
      const before = writer.lastSequence;
      await writer.follow(history, Math.min(to, before + STEP_ROWS), signal);
      if (writer.lastSequence === before) break;
      onProgress((writer.lastSequence - from + 1) / (to - from + 1));
    }
    if (to === history.lastSequence) await addEdits(writer, edits);
    await writer.finish();
  } catch (error) {
    await writer.abandon().catch(() => {});
    await rm(target.path, { force: true });
    throw error;
  }
}

async function addEdits(writer: CaptureWriter, edits: readonly EventBatch[]): Promise<void> {
  let next = writer.lastSequence + 1;
  for (const edit of edits) {
    const rows = new EventBatch(Math.max(1, edit.count));
    rows.appendRows(edit, 0, edit.count);
    rows.firstSequence = next;
    next += rows.count;
    await writer.put(rows);
  }
  await writer.flush();
}

async function* told(
  rows: AsyncIterable<EventBatch>,
  from: number,
  to: number,
  { onProgress }: SaveOptions,
): AsyncGenerator<EventBatch> {
  for await (const batch of rows) {
    yield batch;
    onProgress(Math.min(1, (batch.firstSequence + batch.count - from) / Math.max(1, to - from + 1)));
  }
}
