/** Rows that were due have left the history, whose beginning goes when it is too long: what is kept now begins later. */
export class RowsGoneError extends Error {
  /** @param row the row that was due. @param first the first that is kept. */
  constructor(row: number, first: number) {
    super(`row ${row} is not kept any more; the first that is has number ${first}`);
  }
}
