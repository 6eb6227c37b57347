import { SEQUENTIAL_WINDOW } from '#shared/contract/questions.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { Op } from '#shared/events/vocabulary.ts';

/** Where the last requests of one disk and direction ended. */
interface Lane {
  readonly endLow: Uint32Array;
  readonly endHigh: Uint32Array;
  /** Requests so far; the ring's next place is this modulo its length. */
  total: number;
}

/** Counts the reads and writes that begin where one of the last few of their disk and direction ended. */
export class SequentialShare {
  readonly #lanes: Lane[] = [];
  #requests = 0;
  #sequential = 0;

  /** Notes the request in row `i`; does nothing unless it reads or writes. */
  add(batch: EventBatch, i: number): void {
    const op = batch.op[i];
    if (op !== Op.Read && op !== Op.Write) return;
    const lane = this.#laneOf((batch.disk[i] ?? 0) * 2 + (op === Op.Write ? 1 : 0));
    const low = batch.offsetLow[i] ?? 0;
    const high = batch.offsetHigh[i] ?? 0;
    const { endLow, endHigh, total } = lane;
    this.#requests += 1;
    const known = Math.min(total, SEQUENTIAL_WINDOW);
    // The latest first: where there is one stream alone that is it.
    for (let back = 1; back <= known; back += 1) {
      const at = (total - back) % SEQUENTIAL_WINDOW;
      if (endLow[at] === low && endHigh[at] === high) {
        this.#sequential += 1;
        break;
      }
    }
    const end = low + (batch.lengthLow[i] ?? 0);
    const at = total % SEQUENTIAL_WINDOW;
    endLow[at] = end;
    endHigh[at] = high + (batch.lengthHigh[i] ?? 0) + (end > 0xffff_ffff ? 1 : 0);
    lane.total = total + 1;
  }

  /** The share, 0 to 1; null when nothing was read or written. */
  get share(): number | null {
    return this.#requests === 0 ? null : this.#sequential / this.#requests;
  }

  #laneOf(index: number): Lane {
    const known = this.#lanes[index];
    if (known !== undefined) return known;
    const lane = {
      endLow: new Uint32Array(SEQUENTIAL_WINDOW),
      endHigh: new Uint32Array(SEQUENTIAL_WINDOW),
      total: 0,
    };
    this.#lanes[index] = lane;
    return lane;
  }
}
