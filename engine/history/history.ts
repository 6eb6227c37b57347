import type { KeptInfo } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import type { ActivityBins } from './activity-bins.ts';

/** A stretch of the rows, as a history keeps them together. */
export interface HistoryChunk {
  readonly firstSequence: number;
  readonly lastSequence: number;
  /**
   * False when no row in it, request or reply, is of any of the blocks [firstBlock, endBlock) of that disk: it need not be
   * read then. True when there may be one, or nobody can tell.
   */
  mayTouch(disk: number, firstBlock: number, endBlock: number): boolean | Promise<boolean>;
}

/**
 * The past of a session: every row that was applied to its state, and states on the way from which any other is soon made.
 * A session writes one as it goes; an opened capture is one that lies in a file.
 *
 * Sequence numbers are the session's; `firstSequence` to `lastSequence` are kept, with no gap between them. Work is done in
 * slices of a few ms, so that whatever else the process does goes on.
 */
export interface History {
  /** 0 when nothing is kept. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** What was counted while the rows came, for timelines of long spans; null or absent where nothing was. */
  readonly activity?: ActivityBins | null;
  /** Settles when all there is to count is counted; absent where it is counted as it comes. @throws AbortError when called off. */
  counted?(signal: AbortSignal): Promise<void>;
  /** What windows are told of it. */
  info(): KeptInfo;
  /**
   * The rows from `from` to `to`, both included, as far as they are kept: batches in order, not to be written to, each of
   * some thousand rows at most. Rows that are appended meanwhile do not disturb.
   * @throws RowsGoneError when rows leave the history before they are due.
   */
  rows(from: number, to: number, signal?: AbortSignal): AsyncIterable<EventBatch>;
  /**
   * A state of the caller's own as after row `sequence`, which is brought into the range that is kept; the state from before the
   * first row when that is 0. @throws Error when what lies in a file cannot be read, AbortError when called off.
   */
  stateAt(sequence: number, signal?: AbortSignal): Promise<SessionState>;
  /** The last row whose clock is no later than `us`; the row before the first when all are later. */
  sequenceAt(us: number): Promise<number>;
  /** How the rows lie, in order and without a gap; for whoever need not read them all. Absent: nothing is known of that. */
  chunks?(): readonly HistoryChunk[];
}
