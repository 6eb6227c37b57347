import { rowsBetween } from '#engine/history/rows-between.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { type RequestPart, RequestTable } from './request-table.ts';
import type { TableFile } from './table-file.ts';

/** A stretch of the session's clock, both ends included; infinite ends for all of it. */
export interface ClockSpan {
  readonly fromUs: number;
  readonly toUs: number;
}

export const WHOLE: ClockSpan = { fromUs: Number.NEGATIVE_INFINITY, toUs: Number.POSITIVE_INFINITY };

/** Replies to requests of a span are looked for so many rows behind its end. */
const REPLY_ROWS = 1 << 20;

/**
 * Writes the requests that arrived in a span to a table, each with its answer, also where that came after the span.
 * @param rows of a session, from the span's first on. @returns how many requests were written.
 */
export async function exportRequests(
  rows: AsyncIterable<EventBatch>,
  span: ClockSpan,
  file: TableFile,
): Promise<number> {
  const table = new RequestTable();
  let written = 0;
  let rowsBehind = 0;
  const write = async (parts: readonly RequestPart[]): Promise<void> => {
    for (const part of parts) {
      await file.write(part);
      written += part.count;
    }
  };
  for await (const batch of rows) {
    const from = firstRow(batch, 0, (us) => us >= span.fromUs || Number.isNaN(us));
    const to = firstRow(batch, from, (us) => us > span.toUs);
    if (to > from) await write(table.rows(rowsBetween(batch, from, to)));
    if (to === batch.count) continue;
    await write(table.replies(rowsBetween(batch, to, batch.count)));
    rowsBehind += batch.count - to;
    if (table.pending === 0 || rowsBehind > REPLY_ROWS) break;
  }
  await write(table.end());
  return written;
}

function firstRow(batch: EventBatch, start: number, is: (clockUs: number) => boolean): number {
  let i = start;
  while (i < batch.count && !is(batch.clockUs[i] ?? Number.NaN)) i += 1;
  return i;
}
