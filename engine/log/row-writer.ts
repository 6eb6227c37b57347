import { EventBatch, type RowInit } from '#shared/events/event-batch.ts';
import { MAX_DISKS } from '#shared/model/session-state.ts';

const MIN_ROWS = 64;
/** Bytes of the shortest request or reply line; no push has more rows than this allows. */
const SHORTEST_LINE_BYTES = 48;

/** Fills batches and hands on those that are full. */
export class RowWriter {
  readonly #capacity: number;
  readonly #handOn: (batch: EventBatch) => void;
  batch: EventBatch;
  /** Rows of disks from this number on are not handed on: 0 while the run is not the one wanted. */
  diskLimit: number = MAX_DISKS;
  #wantedRows = MIN_ROWS;

  constructor(capacity: number, handOn: (batch: EventBatch) => void) {
    this.#capacity = capacity;
    this.#handOn = handOn;
    this.batch = new EventBatch(1);
  }

  /** Makes the next batches large enough for this many bytes of log, small for a few. */
  expect(bytes: number): void {
    this.#wantedRows = Math.ceil(bytes / SHORTEST_LINE_BYTES);
    if (this.batch.count === 0 && this.batch.capacity < this.#capacity) this.#renew();
  }

  #renew(): void {
    const rows = Math.min(this.#capacity, Math.max(MIN_ROWS, this.#wantedRows));
    if (this.batch.count !== 0 || this.batch.capacity < rows) this.batch = new EventBatch(rows);
  }

  /** Hands on what there is. */
  flush(): void {
    const batch = this.batch;
    if (batch.count === 0) return;
    this.#wantedRows -= batch.count;
    this.#renew();
    this.#handOn(batch);
  }

  /** Appends a row unless its disk is not shown. For rows that are few. */
  push(row: RowInit): void {
    if (!((row.disk ?? 0) < this.diskLimit)) return;
    if (this.batch.isFull) this.flush();
    this.batch.push(row);
  }
}
