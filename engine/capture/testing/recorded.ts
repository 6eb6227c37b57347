import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SessionHistory } from '#engine/history/session-history.ts';
import { LogDecoder } from '#engine/log/log-decoder.ts';
import { OfflineSession } from '#engine/stats/offline-session.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { hasText } from '#shared/events/vocabulary.ts';
import { type CaptureSession, NO_SESSION } from '../capture-session.ts';
import { CaptureWriter } from '../capture-writer.ts';

export const RECORDINGS = resolve(import.meta.dirname, '../../../assets/recordings');
const PIECE_BYTES = 64 * 1024;

/** Every log among the recordings, by its name there. */
export function recordedLogs(folder = ''): string[] {
  return readdirSync(join(RECORDINGS, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return recordedLogs(path);
    return /^log|[.]log/.test(entry.name) ? [path] : [];
  });
}

/** A session with a history, to which batches are given whose clocks are not yet set. */
export class Recorded {
  readonly session = new OfflineSession();
  readonly history: SessionHistory;

  /** @param sequence the row behind which it begins. */
  constructor(sequence = 0) {
    this.session.state.sequence = sequence;
    this.history = new SessionHistory(this.session.state);
  }

  rows(batch: EventBatch): undefined {
    this.session.rows(batch);
    this.history.append(batch, this.session.state);
  }
}

/** The session of a recorded log. */
export function recordedLog(name: string): Recorded {
  const recorded = new Recorded();
  const decoder = new LogDecoder({ rows: (batch) => recorded.rows(batch), disk: () => {} });
  const bytes = readFileSync(join(RECORDINGS, name));
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) decoder.push(bytes.subarray(at, at + PIECE_BYTES));
  decoder.end();
  return recorded;
}

/** Writes all of a history to a finished capture. @param pieceRows rows that are written at a time. */
export async function writeCapture(
  path: string,
  { history }: Recorded,
  from = 1,
  pieceRows = Number.POSITIVE_INFINITY,
  session: CaptureSession = NO_SESSION,
): Promise<void> {
  const target = { path, replace: false, producer: 'nbdscope test' };
  const writer = await CaptureWriter.ofHistory(target, session, history, from);
  while (writer.lastSequence < history.lastSequence) {
    await writer.follow(history, Math.min(history.lastSequence, writer.lastSequence + pieceRows));
  }
  await writer.finish();
}

/** A row in plain values, with its words in place of where they lie. */
export function plainRow(batch: EventBatch, i: number): unknown[] {
  const text = hasText(batch.kind[i]);
  const place = [batch.offsetLow[i], batch.offsetHigh[i], batch.lengthLow[i], batch.lengthHigh[i]];
  return [
    batch.firstSequence + i,
    ...[batch.timeUs[i], batch.clockUs[i], batch.latencyUs[i], batch.connection[i], batch.slot[i]],
    ...[batch.cookieLow[i], batch.cookieHigh[i], batch.disk[i], batch.flags[i], batch.errno[i]],
    ...[batch.kind[i], batch.op[i]],
    text ? batch.textOf(i) : place,
  ];
}

/** The rows of batches in plain values. */
export async function plainRows(
  batches: AsyncIterable<EventBatch> | Iterable<EventBatch>,
): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for await (const batch of batches) for (let i = 0; i < batch.count; i += 1) rows.push(plainRow(batch, i));
  return rows;
}
