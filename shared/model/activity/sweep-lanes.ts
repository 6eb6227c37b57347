import type { ByteReader, ByteWriter } from '../../bytes/binary.ts';

/** Sequential runs that are followed at once, of one disk and one direction. */
const LANES = 8;
/** Ended sweeps that are remembered: the longest. */
const KEPT = 8;

const MIB = 2048;
/** How far from the furthest sector reached a request may lie and still belong, in sectors. */
const LEAST_REACH = 128;
const MOST_REACH = 16 * MIB;
/** The same in requests of the largest size seen: clients with several requests in flight send them out of order. */
const REACH_REQUESTS = 4;
/** A run is a sweep from this many requests and sectors on. */
const SWEEP_REQUESTS = 8;
const SWEEP_SECTORS = 512;
/** A run that pauses longer has ended; the further it has come, the longer a pause it is granted. */
const LEAST_PATIENCE_US = 1_000_000;
const MOST_PATIENCE_US = 5_000_000;
const PATIENCE_US_PER_SECTOR = 250_000 / MIB;
/** Rates are over the last one to two of these. */
const RATE_US = 1_500_000;

// Columns of a lane.
const START = 0;
const HEAD = 1;
const LAST_END = 2;
const MISSING = 3;
const REQUESTS = 4;
const JUMPS = 5;
const LARGEST = 6;
const START_US = 7;
const LAST_US = 8;
const MARK_US = 9;
const MARK_HEAD = 10;
const EARLIER_US = 11;
const EARLIER_HEAD = 12;
const CONFIRMED = 13;
const FIELDS = 14;

// Columns of a sweep that has ended.
const KEPT_FIELDS = 4;

/** A long sequential pass over a disk, in requests of any size and with some disorder. */
export interface Sweep {
  readonly disk: number;
  readonly direction: 'read' | 'write';
  /** Session clock of its first and its last request, µs since the epoch. */
  readonly startUs: number;
  readonly lastUs: number;
  /** Where it began and one past the furthest it reached. */
  readonly startSector: number;
  readonly headSector: number;
  /** The latest stretch, for its rate; null once it has ended. */
  readonly recent: { readonly fromUs: number; readonly fromSector: number } | null;
}

/**
 * Finds sequential passes among the requests of one direction of one disk. A request belongs to a run when it lies near
 * the furthest sector that the run has reached; a run is a sweep when it is long, leaves little out and moves about
 * little for its length. What goes on between, elsewhere on the disk, does not disturb it. Random requests leave nearly
 * everything out, and those that fill a small region jump about in all of it.
 */
export class SweepLanes {
  readonly #lanes = new Float64Array(LANES * FIELDS);
  readonly #kept = new Float64Array(KEPT * KEPT_FIELDS);
  /** Where the lane starts that took the last request: the next is likely to continue it. */
  #latest = 0;

  /** Notes a request for sectors [first, end) that arrived at `clockUs`. Hot path: no allocation. */
  note(first: number, end: number, clockUs: number): void {
    const lanes = this.#lanes;
    const latest = this.#latest;
    if (
      first === lanes[latest + HEAD] &&
      lanes[latest + REQUESTS] !== 0 &&
      clockUs - (lanes[latest + LAST_US] ?? 0) <= LEAST_PATIENCE_US
    ) {
      this.#extend(latest, first, end, clockUs);
      return;
    }
    const lane = this.#laneFor(first, clockUs);
    if (lane >= 0) {
      this.#latest = lane;
      this.#extend(lane, first, end, clockUs);
      return;
    }
    const free = this.#leastLane();
    this.#close(free);
    this.#begin(free, first, end, clockUs);
    this.#latest = free;
  }

  /** The run that a request at `first` continues, or -1. Runs that have paused too long end here. */
  #laneFor(first: number, clockUs: number): number {
    const lanes = this.#lanes;
    let best = -1;
    let bestDistance = Number.POSITIVE_INFINITY;
    for (let lane = 0; lane < LANES * FIELDS; lane += FIELDS) {
      if (lanes[lane + REQUESTS] === 0) continue;
      const head = lanes[lane + HEAD] ?? 0;
      const distance = Math.abs(first - head);
      if (distance >= bestDistance || distance > MOST_REACH || distance > this.#reach(lane)) continue;
      const patienceUs = Math.min(
        MOST_PATIENCE_US,
        LEAST_PATIENCE_US + (head - (lanes[lane + START] ?? 0)) * PATIENCE_US_PER_SECTOR,
      );
      if (clockUs - (lanes[lane + LAST_US] ?? 0) > patienceUs) {
        this.#close(lane);
        continue;
      }
      best = lane;
      bestDistance = distance;
    }
    return best;
  }

  #reach(lane: number): number {
    return Math.min(
      MOST_REACH,
      Math.max(LEAST_REACH, REACH_REQUESTS * (this.#lanes[lane + LARGEST] ?? 0)),
    );
  }

  /** A free lane, or the one whose run is the shortest; of equals, the one longest without a request. */
  #leastLane(): number {
    const lanes = this.#lanes;
    let least = 0;
    let leastSpan = Number.POSITIVE_INFINITY;
    for (let lane = 0; lane < LANES * FIELDS; lane += FIELDS) {
      if (lanes[lane + REQUESTS] === 0) return lane;
      const span = (lanes[lane + HEAD] ?? 0) - (lanes[lane + START] ?? 0);
      if (span > leastSpan) continue;
      if (span === leastSpan && (lanes[lane + LAST_US] ?? 0) >= (lanes[least + LAST_US] ?? 0)) continue;
      least = lane;
      leastSpan = span;
    }
    return least;
  }

  #begin(lane: number, first: number, end: number, clockUs: number): void {
    const lanes = this.#lanes;
    lanes[lane + START] = first;
    lanes[lane + HEAD] = end;
    lanes[lane + LAST_END] = end;
    lanes[lane + MISSING] = 0;
    lanes[lane + REQUESTS] = 1;
    lanes[lane + JUMPS] = 0;
    lanes[lane + LARGEST] = end - first;
    lanes[lane + START_US] = clockUs;
    lanes[lane + LAST_US] = clockUs;
    lanes[lane + MARK_US] = clockUs;
    lanes[lane + MARK_HEAD] = first;
    lanes[lane + EARLIER_US] = clockUs;
    lanes[lane + EARLIER_HEAD] = first;
    lanes[lane + CONFIRMED] = 0;
  }

  #extend(lane: number, first: number, end: number, clockUs: number): void {
    const lanes = this.#lanes;
    let start = lanes[lane + START] ?? 0;
    let head = lanes[lane + HEAD] ?? 0;
    let missing = lanes[lane + MISSING] ?? 0;
    if (first > head) missing += first - head;
    else missing -= Math.min(missing, Math.max(0, Math.min(end, head) - Math.max(first, start)));
    if (first < start) {
      if (end < start) missing += start - end;
      start = first;
      lanes[lane + START] = start;
    }
    if (end > head) head = end;
    const span = head - start;
    if (missing > span / 4 + this.#reach(lane)) {
      this.#close(lane);
      this.#begin(lane, first, end, clockUs);
      return;
    }
    const requests = (lanes[lane + REQUESTS] ?? 0) + 1;
    const jumps = (lanes[lane + JUMPS] ?? 0) + Math.abs(first - (lanes[lane + LAST_END] ?? 0));
    lanes[lane + HEAD] = head;
    lanes[lane + LAST_END] = end;
    lanes[lane + MISSING] = missing;
    lanes[lane + REQUESTS] = requests;
    lanes[lane + JUMPS] = jumps;
    if (end - first > (lanes[lane + LARGEST] ?? 0)) lanes[lane + LARGEST] = end - first;
    lanes[lane + LAST_US] = clockUs;
    if (clockUs - (lanes[lane + MARK_US] ?? 0) >= RATE_US) {
      lanes[lane + EARLIER_US] = lanes[lane + MARK_US] ?? 0;
      lanes[lane + EARLIER_HEAD] = lanes[lane + MARK_HEAD] ?? 0;
      lanes[lane + MARK_US] = clockUs;
      lanes[lane + MARK_HEAD] = head;
    }
    if (
      requests >= SWEEP_REQUESTS &&
      span >= SWEEP_SECTORS &&
      missing <= span / 8 &&
      jumps <= (requests * span) / 8
    ) {
      lanes[lane + CONFIRMED] = 1;
    }
  }

  /** Ends a lane's run; a sweep is remembered in place of the shortest, or of equals the oldest. */
  #close(lane: number): void {
    const lanes = this.#lanes;
    const wasSweep = lanes[lane + CONFIRMED] === 1 && lanes[lane + REQUESTS] !== 0;
    lanes[lane + REQUESTS] = 0;
    if (!wasSweep) return;
    const kept = this.#kept;
    const span = (lanes[lane + HEAD] ?? 0) - (lanes[lane + START] ?? 0);
    let least = -1;
    let leastSpan = span;
    for (let k = 0; k < KEPT * KEPT_FIELDS; k += KEPT_FIELDS) {
      const keptSpan = (kept[k + 3] ?? 0) - (kept[k + 2] ?? 0);
      if (keptSpan > leastSpan) continue;
      if (least >= 0 && keptSpan === leastSpan && (kept[k] ?? 0) >= (kept[least] ?? 0)) continue;
      least = k;
      leastSpan = keptSpan;
    }
    if (least < 0) return;
    kept[least] = lanes[lane + START_US] ?? 0;
    kept[least + 1] = lanes[lane + LAST_US] ?? 0;
    kept[least + 2] = lanes[lane + START] ?? 0;
    kept[least + 3] = lanes[lane + HEAD] ?? 0;
  }

  /** Every sweep known, those that have ended among them, in no order. Not for a hot path. */
  sweeps(disk: number, direction: 'read' | 'write'): Sweep[] {
    const found: Sweep[] = [];
    const lanes = this.#lanes;
    for (let lane = 0; lane < LANES * FIELDS; lane += FIELDS) {
      if (lanes[lane + CONFIRMED] !== 1 || lanes[lane + REQUESTS] === 0) continue;
      found.push({
        disk,
        direction,
        startUs: lanes[lane + START_US] ?? 0,
        lastUs: lanes[lane + LAST_US] ?? 0,
        startSector: lanes[lane + START] ?? 0,
        headSector: lanes[lane + HEAD] ?? 0,
        recent: { fromUs: lanes[lane + EARLIER_US] ?? 0, fromSector: lanes[lane + EARLIER_HEAD] ?? 0 },
      });
    }
    const kept = this.#kept;
    for (let k = 0; k < KEPT * KEPT_FIELDS; k += KEPT_FIELDS) {
      const startSector = kept[k + 2] ?? 0;
      const headSector = kept[k + 3] ?? 0;
      if (headSector === startSector) continue;
      const [startUs, lastUs] = [kept[k] ?? 0, kept[k + 1] ?? 0];
      found.push({ disk, direction, startUs, lastUs, startSector, headSector, recent: null });
    }
    return found;
  }

  write(to: ByteWriter): void {
    to.u32(this.#latest);
    to.array(this.#lanes);
    to.array(this.#kept);
  }

  read(from: ByteReader): void {
    this.#latest = Math.min(from.u32(), (LANES - 1) * FIELDS);
    from.into(this.#lanes);
    from.into(this.#kept);
  }
}
