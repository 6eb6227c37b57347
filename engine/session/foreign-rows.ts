import { EventBatch } from '#shared/events/event-batch.ts';
import { ALL_DISKS, RowKind } from '#shared/events/vocabulary.ts';

/** The rows that belong to a disk of the session; those of disks left out are dropped. */
export function withoutForeign(rows: EventBatch): EventBatch {
  const kept = new EventBatch(Math.max(rows.count, 1));
  for (let i = 0; i < rows.count; i += 1) {
    const kind = rows.kind[i];
    if (rows.disk[i] !== ALL_DISKS || kind === RowKind.Caption || kind === RowKind.Mark) {
      kept.appendRows(rows, i, i + 1);
    }
  }
  return kept;
}
