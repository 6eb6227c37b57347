import { RowKind } from '#shared/events/vocabulary.ts';
import type { History } from '../history/history.ts';

/** Rows that are looked through at once on the way back. */
const STRIDE_ROWS = 2_048;

/**
 * The row of the request that comes `by` requests after row `sequence`, or, below 0, before it; the last on the way where there
 * are fewer; null when there is none.
 */
export async function findRequest(
  history: History,
  sequence: number,
  by: number,
  signal: AbortSignal,
): Promise<number | null> {
  return by > 0 ? findNext(history, sequence, by, signal) : findPrevious(history, sequence, -by, signal);
}

async function findNext(
  history: History,
  sequence: number,
  count: number,
  signal: AbortSignal,
): Promise<number | null> {
  let found: number | null = null;
  let left = count;
  for await (const batch of history.rows(sequence + 1, history.lastSequence, signal)) {
    for (let i = 0; i < batch.count; i += 1) {
      if (batch.kind[i] !== RowKind.Request) continue;
      found = batch.firstSequence + i;
      left -= 1;
      if (left === 0) return found;
    }
  }
  return found;
}

async function findPrevious(
  history: History,
  sequence: number,
  count: number,
  signal: AbortSignal,
): Promise<number | null> {
  let found: number | null = null;
  let left = count;
  for (let end = sequence; end > history.firstSequence; end -= STRIDE_ROWS) {
    const requests: number[] = [];
    for await (const batch of history.rows(
      Math.max(history.firstSequence, end - STRIDE_ROWS),
      end - 1,
      signal,
    )) {
      for (let i = 0; i < batch.count; i += 1) {
        if (batch.kind[i] === RowKind.Request) requests.push(batch.firstSequence + i);
      }
    }
    if (requests.length >= left) return requests[requests.length - left] ?? null;
    left -= requests.length;
    found = requests[0] ?? found;
  }
  return found;
}
