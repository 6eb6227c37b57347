import type { EventBatch } from '#shared/events/event-batch.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import type { History } from '../history/history.ts';
import { rowsBetween } from '../history/rows-between.ts';
import { RowsGoneError } from '../history/rows-gone-error.ts';

/**
 * A state of its own that goes through a history, row by row. Gives the rows that it applies to whoever follows it. Nothing
 * here knows of wall time.
 */
export class Playback {
  readonly state: SessionState;
  readonly #history: () => History | null;
  /** Rows that were read; those before `#at` are applied. */
  #batch: EventBatch | null = null;
  #at = 0;
  #rows: AsyncIterator<EventBatch> | null = null;

  /**
   * @param history where the rows come from; null while nothing is kept yet.
   * @param state one that nobody else has, as after a row of the history or before its first.
   */
  constructor(history: () => History | null, state: SessionState) {
    this.#history = history;
    this.state = state;
  }

  /**
   * Clock of the next row, NaN where no time is known; null when there is none yet. 'gone' when the next row is not kept any
   * more: a playback from what is kept has to take the place of this one.
   */
  async next(signal: AbortSignal): Promise<number | 'gone' | null> {
    while (this.#batch === null || this.#at >= this.#batch.count) {
      this.#batch = null;
      this.#rows ??= this.#rowsFrom(signal);
      const read = await this.#nextBatch();
      if (read === 'gone') return 'gone';
      if (read === undefined) return null;
      if (read.done === true) {
        this.#rows = null;
        if ((this.#history()?.lastSequence ?? 0) <= this.state.sequence) return null;
        continue;
      }
      this.#batch = read.value;
      this.#at = this.state.sequence + 1 - read.value.firstSequence;
      if (this.#at < 0) return 'gone';
    }
    return this.#batch.clockUs[this.#at] ?? Number.NaN;
  }

  async #nextBatch(): Promise<IteratorResult<EventBatch> | 'gone' | undefined> {
    try {
      return await this.#rows?.next();
    } catch (error) {
      this.#rows = null;
      if (error instanceof RowsGoneError) return 'gone';
      throw error;
    }
  }

  #rowsFrom(signal: AbortSignal): AsyncIterator<EventBatch> | null {
    const history = this.#history();
    const from = this.state.sequence + 1;
    if (history === null || history.lastSequence < from) return null;
    return history.rows(from, history.lastSequence, signal)[Symbol.asyncIterator]();
  }

  /**
   * Applies what {@link next} has found, as far as it is due, and returns it; null when nothing is.
   * @param dueUs rows with a later clock are left.
   * @param toSequence rows after that one are left.
   */
  take(dueUs: number, maxRows: number, toSequence = Number.POSITIVE_INFINITY): EventBatch | null {
    const batch = this.#batch;
    if (batch === null) return null;
    const from = this.#at;
    const end = Math.min(batch.count, from + maxRows, toSequence - batch.firstSequence + 1);
    let to = from;
    while (to < end && !((batch.clockUs[to] ?? 0) > dueUs)) to += 1;
    if (to === from) return null;
    this.#at = to;
    const rows = rowsBetween(batch, from, to);
    this.state.apply(rows);
    return rows;
  }

  /** Shows only what comes next, in this playback alone: what is kept stays as it is. */
  clearPicture(): void {
    const { state } = this;
    // No row has such a number: the copy in a window can tell this model from what it was before and from any other.
    for (const disk of state.disks) disk?.model.clear(state.sequence + 0.5);
    state.clears += 1;
    state.clearedUs = state.clockUs;
  }
}
