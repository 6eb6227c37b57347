import { joinHalves } from '#shared/bytes/size.ts';
import type { LongWait } from '#shared/contract/questions.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';

/** The requests that took longest, as many as are wanted. */
export class LongestWaits {
  readonly #most: number;
  /** Longest first; of equal ones the earlier. */
  readonly #waits: LongWait[] = [];

  /** @param most how many to keep. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Notes a request that took `latencyUs`: row `i` is the request itself or its completion, which repeats what it was.
   * One whose time is unknown (NaN) is left out.
   */
  add(
    batch: EventBatch,
    i: number,
    sequence: number,
    arrivalUs: number,
    latencyUs: number,
    errno: number,
  ): void {
    if (!(latencyUs >= 0)) return;
    const waits = this.#waits;
    const least = waits[this.#most - 1];
    if (least !== undefined && isBefore(least, latencyUs, sequence)) return;
    let at = waits.length;
    while (at > 0 && !isBefore(waits[at - 1], latencyUs, sequence)) at -= 1;
    waits.splice(at, 0, {
      disk: batch.disk[i] ?? 0,
      op: batch.op[i] ?? 0,
      sequence,
      arrivalUs,
      latencyUs,
      offsetBytes: String(joinHalves(batch.offsetHigh[i] ?? 0, batch.offsetLow[i] ?? 0)),
      lengthBytes: String(joinHalves(batch.lengthHigh[i] ?? 0, batch.lengthLow[i] ?? 0)),
      errno,
    });
    if (waits.length > this.#most) waits.pop();
  }

  get waits(): readonly LongWait[] {
    return this.#waits;
  }
}

function isBefore(wait: LongWait | undefined, latencyUs: number, sequence: number): boolean {
  if (wait === undefined) return true;
  return wait.latencyUs === latencyUs ? wait.sequence < sequence : wait.latencyUs > latencyUs;
}
