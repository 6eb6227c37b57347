import type { ByteReader, ByteWriter } from '../../bytes/binary.ts';

/** Sequential runs that are followed at once, of one disk and one direction. */
const LANES = 8;
/** Gaps behind the head of a run that may yet be filled. */
const GAPS = 8;
/** Ended sweeps that are remembered: the longest. */
const KEPT = 8;

const MIB = 2048;
/** How far from the furthest sector reached a request may lie and still belong, in sectors. */
const LEAST_REACH = 128;
const MOST_REACH = 16 * MIB;
/** The same in requests of the largest size seen: clients with several requests in flight send them out of order. */
const REACH_REQUESTS = 4;
/** Half as far ahead: a request of something else there makes the run seem to be where it is not. */
const AHEAD_WEIGHT = 2;
/** A run is a sweep from this many requests and sectors on. */
const SWEEP_REQUESTS = 8;
const SWEEP_SECTORS = 512;
/** A pass asks for each sector once; a little may be asked for again. Random requests come back before all is covered. */
const MOST_ASKED = 1.25;
/** A pass in which anything came out of order is judged from this many requests on. */
const ORDERLY_REQUESTS = 24;
/** A run that pauses longer has ended; the further it has come, the longer a pause it is granted. */
const LEAST_PATIENCE_US = 1_500_000;
const MOST_PATIENCE_US = 5_000_000;
const PATIENCE_US_PER_SECTOR = 250_000 / MIB;
/** Rates are over the last one to two of these. */
const RATE_US = 1_500_000;

// Columns of a lane, besides the furthest sector reached.
const START = 0;
const LAST_END = 1;
const MISSING = 2;
const REQUESTS = 3;
const JUMPS = 4;
const LARGEST = 5;
const START_US = 6;
const LAST_US = 7;
const MARK_US = 8;
const MARK_HEAD = 9;
const EARLIER_US = 10;
const EARLIER_HEAD = 11;
const ASKED = 12;
const GAP_COUNT = 13;
const IS_SWEEP = 14;
const FIELDS = 15;

/** The furthest sector of a lane that is free: no request is near it. */
const FREE = Number.NEGATIVE_INFINITY;

// Columns of a sweep that has ended.
const KEPT_FIELDS = 5;

/** A long sequential pass over a disk, in requests of any size and with some disorder. */
export interface Sweep {
  readonly disk: number;
  readonly direction: 'read' | 'write';
  /** Session clock of its first request and of the last that took it further, µs since the epoch. */
  readonly startUs: number;
  readonly lastUs: number;
  /** Where it began and one past the furthest it reached. */
  readonly startSector: number;
  readonly headSector: number;
  /** So orderly that it cannot be by chance. Others are sweeps only if other disks go in step. */
  readonly isOrderly: boolean;
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
  /** One past the furthest sector of each run, and how near a request must lie. Each request is compared with all. */
  readonly #heads = new Float64Array(LANES).fill(FREE);
  readonly #reaches = new Float64Array(LANES);
  readonly #gaps = new Float64Array(LANES * GAPS * 2);
  readonly #kept = new Float64Array(KEPT * KEPT_FIELDS);
  /** The lane that took the last request: the next is likely to continue it. */
  #latest = 0;

  /** Notes a request for sectors [first, end) that arrived at `clockUs`. Hot path: no allocation. */
  note(first: number, end: number, clockUs: number): void {
    const heads = this.#heads;
    let lane = this.#latest;
    if (first !== heads[lane]) {
      lane = -1;
      let nearest = MOST_REACH + 1;
      for (let n = 0; n < LANES; n += 1) {
        const ahead = first - (heads[n] ?? FREE);
        const distance = ahead > 0 ? ahead * AHEAD_WEIGHT : -ahead;
        if (distance < nearest && distance <= (this.#reaches[n] ?? 0)) {
          lane = n;
          nearest = distance;
        }
      }
      if (lane < 0) lane = this.#leastLane();
      else if (clockUs - (this.#lanes[lane * FIELDS + LAST_US] ?? 0) <= this.#patienceUs(lane)) {
        this.#latest = lane;
        this.#extend(lane, first, end, clockUs);
        return;
      }
    } else if (clockUs - (this.#lanes[lane * FIELDS + LAST_US] ?? 0) <= this.#patienceUs(lane)) {
      this.#extend(lane, first, end, clockUs);
      return;
    }
    this.#close(lane);
    this.#begin(lane, first, end, clockUs);
    this.#latest = lane;
  }

  #patienceUs(lane: number): number {
    const span = (this.#heads[lane] ?? 0) - (this.#lanes[lane * FIELDS + START] ?? 0);
    return Math.min(MOST_PATIENCE_US, LEAST_PATIENCE_US + span * PATIENCE_US_PER_SECTOR);
  }

  /** A free lane, or the one whose run is the shortest; of equals, the one longest without a request. */
  #leastLane(): number {
    const lanes = this.#lanes;
    let least = 0;
    let leastSpan = Number.POSITIVE_INFINITY;
    for (let n = 0; n < LANES; n += 1) {
      const head = this.#heads[n] ?? FREE;
      if (head === FREE) return n;
      const span = head - (lanes[n * FIELDS + START] ?? 0);
      if (span > leastSpan) continue;
      const isNewer = (lanes[n * FIELDS + LAST_US] ?? 0) >= (lanes[least * FIELDS + LAST_US] ?? 0);
      if (span === leastSpan && isNewer) continue;
      least = n;
      leastSpan = span;
    }
    return least;
  }

  #begin(lane: number, first: number, end: number, clockUs: number): void {
    const lanes = this.#lanes;
    const at = lane * FIELDS;
    this.#heads[lane] = end;
    lanes[at + START] = first;
    lanes[at + LAST_END] = end;
    lanes[at + MISSING] = 0;
    lanes[at + REQUESTS] = 1;
    lanes[at + JUMPS] = 0;
    lanes[at + LARGEST] = 0;
    lanes[at + START_US] = clockUs;
    lanes[at + LAST_US] = clockUs;
    lanes[at + MARK_US] = clockUs;
    lanes[at + MARK_HEAD] = first;
    lanes[at + EARLIER_US] = clockUs;
    lanes[at + EARLIER_HEAD] = first;
    lanes[at + ASKED] = end - first;
    lanes[at + GAP_COUNT] = 0;
    lanes[at + IS_SWEEP] = 0;
    this.#noteLength(lane, end - first);
  }

  /** The larger a run's requests, the further apart those sent together may lie. */
  #noteLength(lane: number, sectors: number): void {
    this.#lanes[lane * FIELDS + LARGEST] = sectors;
    this.#reaches[lane] = Math.min(MOST_REACH, Math.max(LEAST_REACH, REACH_REQUESTS * sectors));
  }

  #extend(lane: number, first: number, end: number, clockUs: number): void {
    const lanes = this.#lanes;
    const at = lane * FIELDS;
    let start = lanes[at + START] ?? 0;
    let head = this.#heads[lane] ?? 0;
    let missing = lanes[at + MISSING] ?? 0;
    if (first > head) {
      missing += first - head;
      this.#addGap(lane, head, first);
    } else if (missing > 0 && first < head) {
      missing -= this.#fillGaps(lane, first, end);
    }
    if (first < start) {
      if (end < start) {
        missing += start - end;
        this.#addGap(lane, end, start);
      }
      start = first;
      lanes[at + START] = start;
    }
    if (end > head) head = end;
    const span = head - start;
    if (missing > span / 4 + (this.#reaches[lane] ?? 0)) {
      this.#close(lane);
      this.#begin(lane, first, end, clockUs);
      return;
    }
    // What was gone over before does not carry a run on, however near to its head.
    const isNews = head > (this.#heads[lane] ?? 0) || missing < (lanes[at + MISSING] ?? 0);
    const requests = (lanes[at + REQUESTS] ?? 0) + 1;
    const jumps = (lanes[at + JUMPS] ?? 0) + Math.abs(first - (lanes[at + LAST_END] ?? 0));
    const asked = (lanes[at + ASKED] ?? 0) + end - first;
    this.#heads[lane] = head;
    lanes[at + LAST_END] = end;
    lanes[at + ASKED] = asked;
    lanes[at + MISSING] = missing;
    lanes[at + REQUESTS] = requests;
    lanes[at + JUMPS] = jumps;
    if (isNews) lanes[at + LAST_US] = clockUs;
    if (end - first > (lanes[at + LARGEST] ?? 0)) this.#noteLength(lane, end - first);
    if (clockUs - (lanes[at + MARK_US] ?? 0) >= RATE_US) {
      lanes[at + EARLIER_US] = lanes[at + MARK_US] ?? 0;
      lanes[at + EARLIER_HEAD] = lanes[at + MARK_HEAD] ?? 0;
      lanes[at + MARK_US] = clockUs;
      lanes[at + MARK_HEAD] = head;
    }
    const isLong = requests >= SWEEP_REQUESTS && span >= SWEEP_SECTORS;
    if (isLong && missing <= span / 8 && asked <= span * MOST_ASKED && jumps <= (requests * span) / 8) {
      lanes[at + IS_SWEEP] = 1;
    }
  }

  /** Remembers that [from, to) was left out; with too many gaps the narrowest is given up. */
  #addGap(lane: number, from: number, to: number): void {
    const gaps = this.#gaps;
    const count = this.#lanes[lane * FIELDS + GAP_COUNT] ?? 0;
    let at = lane * GAPS * 2 + count * 2;
    if (count < GAPS) {
      this.#lanes[lane * FIELDS + GAP_COUNT] = count + 1;
    } else {
      let least = to - from;
      at = -1;
      for (let g = lane * GAPS * 2; g < (lane + 1) * GAPS * 2; g += 2) {
        const width = (gaps[g + 1] ?? 0) - (gaps[g] ?? 0);
        if (width >= least) continue;
        at = g;
        least = width;
      }
      if (at < 0) return;
    }
    gaps[at] = from;
    gaps[at + 1] = to;
  }

  /** How many sectors of [first, end) had been left out; of a gap that is cut in two only the wider part is kept. */
  #fillGaps(lane: number, first: number, end: number): number {
    const gaps = this.#gaps;
    const base = lane * GAPS * 2;
    let count = this.#lanes[lane * FIELDS + GAP_COUNT] ?? 0;
    let filled = 0;
    for (let g = base + count * 2 - 2; g >= base; g -= 2) {
      const from = gaps[g] ?? 0;
      const to = gaps[g + 1] ?? 0;
      if (end <= from || first >= to) continue;
      filled += Math.min(end, to) - Math.max(first, from);
      if (first - from > to - end) {
        gaps[g + 1] = first;
      } else if (end < to) {
        gaps[g] = end;
      } else {
        count -= 1;
        gaps[g] = gaps[base + count * 2] ?? 0;
        gaps[g + 1] = gaps[base + count * 2 + 1] ?? 0;
      }
    }
    this.#lanes[lane * FIELDS + GAP_COUNT] = count;
    return filled;
  }

  /** Ends a lane's run; a sweep is remembered in place of the shortest, or of equals the oldest. */
  #close(lane: number): void {
    const at = lane * FIELDS;
    const head = this.#heads[lane] ?? FREE;
    this.#heads[lane] = FREE;
    if (head === FREE || this.#lanes[at + IS_SWEEP] !== 1) return;
    const kept = this.#kept;
    const start = this.#lanes[at + START] ?? 0;
    let least = -1;
    let leastSpan = head - start;
    for (let k = 0; k < KEPT * KEPT_FIELDS; k += KEPT_FIELDS) {
      const keptSpan = (kept[k + 3] ?? 0) - (kept[k + 2] ?? 0);
      if (keptSpan > leastSpan) continue;
      if (least >= 0 && keptSpan === leastSpan && (kept[k] ?? 0) >= (kept[least] ?? 0)) continue;
      least = k;
      leastSpan = keptSpan;
    }
    if (least < 0) return;
    kept[least] = this.#lanes[at + START_US] ?? 0;
    kept[least + 1] = this.#lanes[at + LAST_US] ?? 0;
    kept[least + 2] = start;
    kept[least + 3] = head;
    kept[least + 4] = this.#isOrderly(lane, head - start) ? 1 : 0;
  }

  /** A few random requests on a small disk may look like a pass, but not for long. */
  #isOrderly(lane: number, span: number): boolean {
    const requests = this.#lanes[lane * FIELDS + REQUESTS] ?? 0;
    const jumps = this.#lanes[lane * FIELDS + JUMPS] ?? 0;
    if ((this.#lanes[lane * FIELDS + ASKED] ?? 0) > span * MOST_ASKED) return false;
    if ((this.#lanes[lane * FIELDS + MISSING] ?? 0) > span / 32) return false;
    return jumps === 0 || (requests >= ORDERLY_REQUESTS && jumps <= (requests * span) / 24);
  }

  /** Every sweep known, those that have ended among them, in no order. Not for a hot path. */
  sweeps(disk: number, direction: 'read' | 'write'): Sweep[] {
    const found: Sweep[] = [];
    for (let lane = 0; lane < LANES; lane += 1) {
      const at = lane * FIELDS;
      const headSector = this.#heads[lane] ?? FREE;
      if (headSector === FREE || this.#lanes[at + IS_SWEEP] !== 1) continue;
      const of = (column: number): number => this.#lanes[at + column] ?? 0;
      const isOrderly = this.#isOrderly(lane, headSector - of(START));
      const recent = { fromUs: of(EARLIER_US), fromSector: of(EARLIER_HEAD) };
      found.push({
        disk,
        direction,
        startUs: of(START_US),
        lastUs: of(LAST_US),
        startSector: of(START),
        headSector,
        isOrderly,
        recent,
      });
    }
    const kept = this.#kept;
    for (let k = 0; k < KEPT * KEPT_FIELDS; k += KEPT_FIELDS) {
      const startSector = kept[k + 2] ?? 0;
      const headSector = kept[k + 3] ?? 0;
      if (headSector === startSector) continue;
      const [startUs, lastUs] = [kept[k] ?? 0, kept[k + 1] ?? 0];
      const isOrderly = kept[k + 4] === 1;
      found.push({ disk, direction, startUs, lastUs, startSector, headSector, isOrderly, recent: null });
    }
    return found;
  }

  #columns(): readonly Float64Array[] {
    return [this.#lanes, this.#heads, this.#reaches, this.#gaps, this.#kept];
  }

  write(to: ByteWriter): void {
    to.u32(this.#latest);
    for (const column of this.#columns()) to.array(column);
  }

  read(from: ByteReader): void {
    this.#latest = Math.min(from.u32(), LANES - 1);
    for (const column of this.#columns()) from.into(column);
  }
}
