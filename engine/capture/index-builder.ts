import { workOf } from '#engine/history/row-work.ts';
import { Slices } from '#engine/slices.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import type { BatchTable } from './batch-table.ts';
import type { CaptureIndex } from './capture-index.ts';

/** Rows that are applied in one go. */
const STEP_ROWS = 2_048;
/** Batches between two tellings. */
const TOLD_BATCHES = 8;

export interface IndexedRows {
  readonly batches: BatchTable;
  /** The rows of a batch; null when the capture ends before it. */
  read(batch: number): Promise<EventBatch | null>;
}

/**
 * Goes through the rows that an index does not know yet, in slices. Called off, it leaves an index with which to go on
 * another time.
 * @param keyframeWork what is done again to seek at most, in rows that touch few blocks; more, where there is no room for as many keyframes.
 * @param onProgress more of the way is known.
 */
export async function buildIndex(
  index: CaptureIndex,
  rows: IndexedRows,
  keyframeWork: number,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const { batches } = rows;
  const never = new AbortController().signal;
  const slices = new Slices(never);
  const inSlices = async (steps: Generator<void, void>): Promise<void> => {
    for (const _ of steps) if (slices.isOver) await slices.rest();
  };
  const state = index.restore(index.reached);
  await inSlices(index.resume(state));
  let work = 0;
  let isKept = true;
  const keep = async (isLast: boolean): Promise<void> => {
    await inSlices(index.addKeyframe(state));
    await index.write(true, isLast);
    work = 0;
    isKept = true;
  };
  for (let b = batches.length === 0 ? 0 : firstBehind(batches, index.reached); b < batches.length; b += 1) {
    if (signal.aborted) break;
    const batch = await rows.read(b);
    if (batch === null) break;
    for (let from = 0; from < batch.count; from += STEP_ROWS) {
      state.apply(batch, from, Math.min(batch.count, from + STEP_ROWS));
      if (slices.isOver) await slices.rest();
    }
    index.note(batch);
    work += workOf(batch);
    isKept = false;
    if (work >= keyframeWork && index.hasRoom) await keep(false);
    if (b % TOLD_BATCHES === 0) onProgress();
    if (slices.isOver) await slices.rest();
  }
  if (signal.aborted && !isKept) await keep(true);
  else await index.write(false, true);
  if (!signal.aborted) index.finish();
}

/** The first batch behind a row. */
function firstBehind(batches: BatchTable, sequence: number): number {
  const holding = batches.holding(sequence + 1);
  return batches.first(holding) > sequence ? holding : holding + 1;
}
