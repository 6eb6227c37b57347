import { readRecording } from '#engine/log/recording.ts';
import { OfflineSession } from '#engine/stats/offline-session.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { ALL_DISKS } from '#shared/events/vocabulary.ts';
import type { DiskFacts } from '#shared/model/activity/activity.ts';

const BATCH_ROWS = 256;

/** Several recorded logs as one session sees them: rows in the order of their times, one number for each disk. */
export interface MergedRecording {
  readonly batches: readonly EventBatch[];
  readonly disks: readonly DiskFacts[];
}

/**
 * Reads logs with the real decoder. Disks are numbered in the order of the logs and named `disk 1` and so on.
 * @param pieceUs rows of so long a time come log by log, as when logs that grow are read a piece at a time.
 */
export async function mergedRecording(logs: readonly string[], pieceUs = 1): Promise<MergedRecording> {
  const recordings = await Promise.all(
    logs.map((log) => readRecording({ logs: [log], steps: null, captions: null })),
  );
  const disks: DiskFacts[] = [];
  const inputs = recordings.map(({ rows, disks: found }) => {
    const firstDisk = disks.length;
    for (const { sizeBytes } of found) {
      disks.push({ id: disks.length, name: `disk ${disks.length + 1}`, sizeBytes });
    }
    return { rows, dueUs: clockOf(rows), firstDisk, next: 0 };
  });
  const batches: EventBatch[] = [];
  for (;;) {
    const waiting = inputs.filter(({ next, rows }) => next < rows.count);
    const due = waiting.map(({ dueUs, next }) =>
      Math.floor((dueUs[next] ?? Number.POSITIVE_INFINITY) / pieceUs),
    );
    const input = waiting[due.indexOf(Math.min(...due))];
    if (input === undefined) return { batches, disks };
    let batch = batches.at(-1);
    if (batch === undefined || batch.isFull) {
      batch = new EventBatch(BATCH_ROWS);
      batches.push(batch);
    }
    batch.appendRows(input.rows, input.next, input.next + 1);
    const disk = batch.disk[batch.count - 1] ?? 0;
    if (disk !== ALL_DISKS) batch.disk[batch.count - 1] = disk + input.firstDisk;
    input.next += 1;
  }
}

/** The running maximum of the times of rows, from the first that is known on. */
function clockOf(rows: EventBatch): Float64Array {
  const known = rows.timeUs.subarray(0, rows.count);
  let clockUs = known.find((timeUs) => !Number.isNaN(timeUs)) ?? Number.NaN;
  return known.map((timeUs) => {
    if (timeUs > clockUs) clockUs = timeUs;
    return clockUs;
  });
}

/** Applies a recording row by row; `at` is called with the session's clock once in `everyUs` of it, before each row that is later. */
export function playRecording(
  { batches }: MergedRecording,
  everyUs: number,
  at: (session: OfflineSession, nowUs: number) => void,
): OfflineSession {
  const session = new OfflineSession();
  let nextUs = Number.NaN;
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i += 1) {
      const timeUs = batch.timeUs[i] ?? Number.NaN;
      if (Number.isNaN(nextUs) && !Number.isNaN(timeUs)) nextUs = timeUs + everyUs;
      for (; nextUs < timeUs; nextUs += everyUs) at(session, nextUs);
      const row = new EventBatch(1);
      row.appendRows(batch, i, i + 1);
      row.text = batch.text;
      session.rows(row);
    }
  }
  at(session, session.state.clockUs);
  return session;
}
