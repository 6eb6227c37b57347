import type { ByteReader, ByteWriter } from '../../bytes/binary.ts';
import { Op } from '../../events/vocabulary.ts';
import { DiskPartners } from './disk-partners.ts';
import { ErrorSpells } from './error-spells.ts';
import { SweepLanes } from './sweep-lanes.ts';

const SECTOR_BYTES = 512;
/** Rates are over the last one to two of these. */
const RATE_US = 1_000_000;
/** Rows later than this come from a clock that is wrong, rather than from a log that was read late. */
const MOST_LATE_US = 10_000_000;

/** Bytes per second of one disk, by direction. */
export interface Rates {
  readonly readPerSecond: number;
  readonly writtenPerSecond: number;
}

/**
 * What one disk's rows tell of its activity: sequential passes, errors, partners, when it was last asked and when it last
 * answered. Fed row by row, in bounded memory; what it means is worked out by describeDisks when somebody asks.
 */
export class ActivityTracker {
  readonly reads = new SweepLanes();
  /** Writes and zeroing alike: a copy of a disk writes its zeroes as zeroing. */
  readonly writes = new SweepLanes();
  readonly errors = new ErrorSpells();
  readonly partners = new DiskPartners();
  /** Clocks in µs since the epoch, NaN before the first: of any request, of one for data, of any reply. */
  lastRequestUs = Number.NaN;
  lastDataUs = Number.NaN;
  lastReplyUs = Number.NaN;
  /** Since when there has been a request in flight and no reply. */
  waitingSinceUs = Number.NaN;
  /** Bytes asked for, now and at two clocks not long ago. */
  #read = 0;
  #written = 0;
  #markUs = Number.NaN;
  #markRead = 0;
  #markWritten = 0;
  #earlierUs = Number.NaN;
  #earlierRead = 0;
  #earlierWritten = 0;

  /**
   * Notes a request for sectors [first, end). Hot path.
   * @param timeUs the source's own time. Passes are told by it: where one log is read a little after another, the
   * session's clock is past the rows of the later, and what happened together would seem to follow.
   * @param isOnlyOne whether no other request is in flight.
   */
  request(op: number, first: number, end: number, clockUs: number, timeUs: number, isOnlyOne: boolean): void {
    if (Number.isNaN(clockUs)) return;
    if (isOnlyOne) this.waitingSinceUs = clockUs;
    this.#mark(clockUs);
    this.lastRequestUs = clockUs;
    if (op > Op.Zero) return;
    this.lastDataUs = clockUs;
    this.partners.missed = 0;
    if (end <= first || op === Op.Trim) return;
    const bytes = (end - first) * SECTOR_BYTES;
    const isLate = clockUs - timeUs >= 0 && clockUs - timeUs <= MOST_LATE_US;
    if (op === Op.Read) {
      this.#read += bytes;
      this.reads.note(first, end, isLate ? timeUs : clockUs);
    } else {
      this.#written += bytes;
      this.writes.note(first, end, isLate ? timeUs : clockUs);
    }
  }

  /** Notes a reply. Hot path. */
  reply(op: number, errno: number, clockUs: number): void {
    if (Number.isNaN(clockUs)) return;
    this.lastReplyUs = clockUs;
    this.waitingSinceUs = clockUs;
    this.errors.reply(op, errno, clockUs);
  }

  /** Before a request is counted: moves the clocks between which rates are taken, anew after a pause. */
  #mark(clockUs: number): void {
    if (clockUs - this.#markUs < RATE_US) return;
    const isPause = !(clockUs - this.lastRequestUs < RATE_US);
    this.#earlierUs = isPause ? clockUs : this.#markUs;
    this.#earlierRead = isPause ? this.#read : this.#markRead;
    this.#earlierWritten = isPause ? this.#written : this.#markWritten;
    this.#markUs = clockUs;
    this.#markRead = this.#read;
    this.#markWritten = this.#written;
  }

  /** Over the last seconds; null while too little time has passed to tell. */
  rates(nowUs: number): Rates | null {
    const seconds = (nowUs - this.#earlierUs) / 1_000_000;
    if (!(seconds >= 0.25)) return null;
    return {
      readPerSecond: (this.#read - this.#earlierRead) / seconds,
      writtenPerSecond: (this.#written - this.#earlierWritten) / seconds,
    };
  }

  write(to: ByteWriter): void {
    for (const part of [this.reads, this.writes, this.errors, this.partners]) part.write(to);
    for (const n of [this.lastRequestUs, this.lastDataUs, this.lastReplyUs, this.waitingSinceUs]) to.f64(n);
    for (const n of [this.#read, this.#written, this.#markUs, this.#markRead, this.#markWritten]) to.f64(n);
    for (const n of [this.#earlierUs, this.#earlierRead, this.#earlierWritten]) to.f64(n);
  }

  read(from: ByteReader): void {
    for (const part of [this.reads, this.writes, this.errors, this.partners]) part.read(from);
    this.lastRequestUs = from.f64();
    this.lastDataUs = from.f64();
    this.lastReplyUs = from.f64();
    this.waitingSinceUs = from.f64();
    this.#read = from.f64();
    this.#written = from.f64();
    this.#markUs = from.f64();
    this.#markRead = from.f64();
    this.#markWritten = from.f64();
    this.#earlierUs = from.f64();
    this.#earlierRead = from.f64();
    this.#earlierWritten = from.f64();
  }
}
