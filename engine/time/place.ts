import type { History } from '../history/history.ts';
import { findRequest } from './find-request.ts';

/** Where a window is on its way to. */
export interface Move {
  /** Null: from where the view stands. */
  readonly to: { readonly us: number } | { readonly sequence: number } | null;
  /** And from there so many requests on, or back. */
  steps: number;
  /** Of the seek that it answers. */
  tag: number | null;
}

/** A place in a history: the state after a row, at a time from that row's on. */
export interface Place {
  readonly sequence: number;
  /** NaN: that of the row. */
  readonly positionUs: number;
}

/** The first moment of a history, or of the span that is looked at. */
export function startOf(history: History, spanFromUs: number | null): NonNullable<Move['to']> {
  const { firstUs, firstSequence } = history.info();
  const us = spanFromUs ?? firstUs;
  return us === null ? { sequence: Math.max(0, firstSequence - 1) } : { us };
}

/**
 * Where a move leads to, within what is kept; null for a step that leads nowhere.
 * @param from the place before it; its position is infinite for the end where rows are added.
 * @param fromUs clock of the last row there.
 */
export async function placeOf(
  move: Move,
  history: History,
  from: Place,
  fromUs: number,
  signal: AbortSignal,
): Promise<Place | null> {
  const start = move.to === null ? from : await soughtPlace(move.to, history);
  if (move.steps === 0) return move.to === null ? null : start;
  // Standing later than a request's arrival, that arrival itself is one step back.
  const isLater = move.steps < 0 && move.to === null && from.positionUs > fromUs;
  const { sequence } = start;
  const found = await findRequest(history, isLater ? sequence + 1 : sequence, move.steps, signal);
  if (found !== null) return { sequence: found, positionUs: Number.NaN };
  return move.to === null ? null : start;
}

async function soughtPlace(to: NonNullable<Move['to']>, history: History): Promise<Place> {
  const { firstUs, lastUs } = history.info();
  if ('sequence' in to) {
    const sequence = Math.min(Math.max(to.sequence, history.firstSequence - 1), history.lastSequence);
    return { sequence, positionUs: Number.NaN };
  }
  if (firstUs === null || lastUs === null) return { sequence: history.lastSequence, positionUs: Number.NaN };
  const positionUs = Math.min(Math.max(to.us, firstUs), lastUs);
  return { sequence: await history.sequenceAt(positionUs), positionUs };
}
