import type { ByteReader, ByteWriter } from '../../bytes/binary.ts';

/** Disks are linked once they were written in step this often. */
export const LINK_TWINS = 4;
/** A disk holds an array's data, not only its superblock, once it was written in step at this many places in turn. */
const DATA_PLACES = 4;
/** A disk is left out once its partners were written in step so often, over so long a time, and it was asked nothing. */
const MISSED_TWINS = 8;
const MISSED_US = 500_000;
/** Writes to one place of an array come to its disks within this time. */
const SAME_WRITE_US = 100_000;
/** How many partners hear of one write in step: those of a large array take turns. */
const TOLD_AT_ONCE = 4;

/**
 * With which other disks one disk works in step, and whether they now go on without it. Only reads, writes, trims and
 * zeroing count as being asked: a sync of the whole machine flushes disks that their array has long given up.
 */
export class DiskPartners {
  /** Numbers of the disks ever written in step with this one, in the order they were found, and how often each was. */
  readonly ids: number[] = [];
  readonly twins: number[] = [];
  /** Writes in step among the partners since this disk was last asked for data; clock of the first and the last. */
  missed = 0;
  missedSinceUs = Number.NaN;
  missedLastUs = Number.NaN;
  #places = 0;
  #lastPlace = -1;
  #turn = 0;

  /** This disk and `disk` were written in step at `sector`. */
  twin(disk: number, sector: number): void {
    if (sector !== this.#lastPlace) this.#places += 1;
    this.#lastPlace = sector;
    const at = this.ids.indexOf(disk);
    if (at >= 0) {
      this.twins[at] = (this.twins[at] ?? 0) + 1;
    } else {
      this.ids.push(disk);
      this.twins.push(1);
    }
  }

  /** Two partners were written in step; this disk was last asked for data at `lastDataUs`. */
  miss(clockUs: number, lastDataUs: number): void {
    if (clockUs - lastDataUs <= SAME_WRITE_US) return;
    if (this.missed === 0) this.missedSinceUs = clockUs;
    this.missed += 1;
    this.missedLastUs = clockUs;
  }

  /** How many partners to tell of a write in step. */
  some(): number {
    return Math.min(TOLD_AT_ONCE, this.ids.length);
  }

  /** The partner whose turn it is, or -1 when that one is not linked. */
  next(): number {
    this.#turn = this.#turn + 1 < this.ids.length ? this.#turn + 1 : 0;
    return (this.twins[this.#turn] ?? 0) >= LINK_TWINS ? (this.ids[this.#turn] ?? -1) : -1;
  }

  /** Whether the disk has been part of an array's data. A spare has not. */
  get holdsData(): boolean {
    return this.#places > DATA_PLACES;
  }

  /** Whether the partners go on and ask nothing of this disk any more. */
  get isLeftOut(): boolean {
    return (
      this.holdsData && this.missed >= MISSED_TWINS && this.missedLastUs - this.missedSinceUs >= MISSED_US
    );
  }

  isLinked(disk: number): boolean {
    const at = this.ids.indexOf(disk);
    return at >= 0 && (this.twins[at] ?? 0) >= LINK_TWINS;
  }

  /** The number of a disk is free for another. */
  leaveDisk(disk: number): void {
    const at = this.ids.indexOf(disk);
    if (at < 0) return;
    this.ids.splice(at, 1);
    this.twins.splice(at, 1);
  }

  write(to: ByteWriter): void {
    to.array(Float64Array.from(this.ids));
    to.array(Float64Array.from(this.twins));
    for (const n of [this.missed, this.missedSinceUs, this.missedLastUs]) to.f64(n);
    for (const n of [this.#places, this.#lastPlace, this.#turn]) to.f64(n);
  }

  read(from: ByteReader): void {
    this.ids.length = 0;
    this.twins.length = 0;
    this.ids.push(...numbers(from));
    this.twins.push(...numbers(from));
    this.missed = from.f64();
    this.missedSinceUs = from.f64();
    this.missedLastUs = from.f64();
    this.#places = from.f64();
    this.#lastPlace = from.f64();
    this.#turn = from.f64();
  }
}

function numbers(from: ByteReader): Float64Array {
  const bytes = from.bytes();
  return new Float64Array(bytes.buffer, 0, bytes.length >> 3);
}
