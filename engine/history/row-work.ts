import type { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';

/** Bytes that are as much work as a row. */
const WORK_BYTES = 256 * 1024;

/** How much it is to apply rows, in rows that touch few blocks. */
export function workOf(batch: EventBatch): number {
  let work = batch.count;
  for (let i = 0; i < batch.count; i += 1) {
    if (batch.kind[i] !== RowKind.Completion || batch.lengthHigh[i] !== 0) continue;
    work += Math.floor((batch.lengthLow[i] ?? 0) / WORK_BYTES);
  }
  return work;
}
