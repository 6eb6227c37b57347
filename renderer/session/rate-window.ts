import type { EventBatch } from '#shared/events/event-batch.ts';
import { OP_COUNT, RowKind } from '#shared/events/vocabulary.ts';
import { RECENT_CAPACITY, type RecentRequests } from '#shared/model/recent-requests.ts';

const BIN_US = 250_000;
const BINS_PER_SECOND = 1_000_000 / BIN_US;
/** Seconds of session time that a sparkline shows. */
export const SPARK_SECONDS = 60;
const BINS = 256;
/** Seconds over which a rate is the mean. */
const RATE_SECONDS = 2;

/** Requests of one disk by operation and quarter second of session time, over the last minute. */
export class RateWindow {
  readonly #counts = new Float64Array(OP_COUNT * BINS);
  #newestBin = Number.NaN;

  /** Counts one request of operation `op` at `clockUs`. Hot path. */
  note(op: number, clockUs: number): void {
    if (op >= OP_COUNT || Number.isNaN(clockUs)) return;
    const bin = Math.floor(clockUs / BIN_US);
    this.#advance(bin);
    if (bin <= this.#newestBin - BINS) return;
    const at = op * BINS + (bin % BINS);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  /** Mean requests per second of `op` over the two seconds before `clockUs`. */
  ratePerSecond(op: number, clockUs: number): number {
    const end = Math.floor(clockUs / BIN_US);
    return this.#sum(op, end - RATE_SECONDS * BINS_PER_SECOND + 1, end + 1) / RATE_SECONDS;
  }

  /** Requests of `op` in each of the last {@link SPARK_SECONDS} seconds before `clockUs`, oldest first. */
  perSecond(op: number, clockUs: number): number[] {
    const endSecond = Math.floor(clockUs / 1_000_000) + 1;
    return Array.from({ length: SPARK_SECONDS }, (_, i) => {
      const first = (endSecond - SPARK_SECONDS + i) * BINS_PER_SECOND;
      return this.#sum(op, first, first + BINS_PER_SECOND);
    });
  }

  #sum(op: number, from: number, to: number): number {
    if (Number.isNaN(this.#newestBin)) return 0;
    const first = Math.max(from, this.#newestBin - BINS + 1);
    const end = Math.min(to, this.#newestBin + 1);
    let sum = 0;
    for (let bin = first; bin < end; bin += 1) sum += this.#counts[op * BINS + (bin % BINS)] ?? 0;
    return sum;
  }

  #advance(bin: number): void {
    if (bin <= this.#newestBin) return;
    if (Number.isNaN(this.#newestBin) || bin - this.#newestBin >= BINS) {
      this.#counts.fill(0);
    } else {
      for (let b = this.#newestBin + 1; b <= bin; b += 1) {
        for (let op = 0; op < OP_COUNT; op += 1) this.#counts[op * BINS + (b % BINS)] = 0;
      }
    }
    this.#newestBin = bin;
  }
}

/** The rate windows of all disks of a session. */
export class SessionRates {
  #disks: (RateWindow | undefined)[] = [];

  disk(disk: number): RateWindow {
    let rates = this.#disks[disk];
    if (rates === undefined) {
      rates = new RateWindow();
      this.#disks[disk] = rates;
    }
    return rates;
  }

  /** Counts every request of a batch whose clock is set. */
  apply(batch: EventBatch): void {
    for (let i = 0; i < batch.count; i += 1) {
      if (batch.kind[i] !== RowKind.Request) continue;
      this.disk(batch.disk[i] ?? 0).note(batch.op[i] ?? 0, batch.clockUs[i] ?? Number.NaN);
    }
  }

  /** Begins anew with what a snapshot's list of latest requests tells: the best there is of the past. */
  restart(recent: RecentRequests): void {
    this.#disks = [];
    for (let age = Math.min(recent.length, RECENT_CAPACITY) - 1; age >= 0; age -= 1) {
      const at = recent.indexOf(age);
      this.disk(recent.disk[at] ?? 0).note(recent.op[at] ?? 0, recent.clockUs[at] ?? Number.NaN);
    }
  }
}
