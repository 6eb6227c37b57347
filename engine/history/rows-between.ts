import { EventBatch } from '#shared/events/event-batch.ts';

/** Rows `from` to `to` (exclusive) of a batch with their sequence numbers: the batch itself where that is all of it. */
export function rowsBetween(batch: EventBatch, from: number, to: number): EventBatch {
  if (from === 0 && to === batch.count) return batch;
  const part = new EventBatch(Math.max(1, to - from));
  part.appendRows(batch, from, to);
  part.firstSequence = batch.firstSequence + from;
  return part;
}
