import type { ByteReader, ByteWriter } from '../../bytes/binary.ts';
import type { ActivityTracker } from './activity-tracker.ts';

const ENTRIES = 1024;
/** Two disks are written in step when the same sector is written on both within this time. */
const IN_STEP_US = 25_000;
/** Several writes of one sector are kept apart by their time: logs may come in pieces, one disk after the other. */
const SLICE_US = 65_536;

/** The disks of a session, by number. */
export type TrackedDisks = readonly ({ readonly activity: ActivityTracker } | undefined)[];

/**
 * Finds out which disks work together. An array writes its superblock, its mirrors, data and parity at the same offset
 * of several disks at the same moment; disks that have nothing to do with each other hardly ever do. Remembers the last
 * writes of all disks, in fixed memory.
 */
export class InStepTable {
  readonly #sector = new Float64Array(ENTRIES).fill(-1);
  readonly #timeUs = new Float64Array(ENTRIES);
  readonly #disk = new Uint16Array(ENTRIES);

  /**
   * Notes that `disk` was asked to write, trim or zero at `firstSector`. When another disk was asked the same just now,
   * both hear of it, and so do partners of theirs as a write that they were left out of. Hot path.
   * @param timeUs the source's own time, which tells the order better than the session's clock while logs are
   * followed in pieces.
   */
  note(disks: TrackedDisks, disk: number, firstSector: number, timeUs: number, clockUs: number): void {
    const slice = Math.floor(timeUs / SLICE_US) >>> 0;
    const at = (Math.imul(firstSector >>> 0, 0x9e37_79b1) ^ Math.imul(slice, 0x85eb_ca6b)) >>> 22;
    const other = this.#disk[at] ?? 0;
    const isTwin =
      this.#sector[at] === firstSector &&
      other !== disk &&
      Math.abs(timeUs - (this.#timeUs[at] ?? 0)) <= IN_STEP_US;
    this.#sector[at] = firstSector;
    this.#timeUs[at] = timeUs;
    this.#disk[at] = disk;
    if (!isTwin) return;
    const partners = disks[disk]?.activity.partners;
    partners?.twin(other, firstSector);
    disks[other]?.activity.partners.twin(disk, firstSector);
    for (let n = partners?.some() ?? 0; n > 0; n -= 1) {
      const next = partners?.next() ?? -1;
      const absent = next === other ? undefined : disks[next]?.activity;
      absent?.partners.miss(clockUs, absent.lastDataUs);
    }
  }

  /** The number of a disk is free for another. */
  leaveDisk(disk: number): void {
    for (let at = 0; at < ENTRIES; at += 1) if (this.#disk[at] === disk) this.#sector[at] = -1;
  }

  write(to: ByteWriter): void {
    to.array(this.#sector);
    to.array(this.#timeUs);
    to.array(this.#disk);
  }

  read(from: ByteReader): void {
    from.into(this.#sector);
    from.into(this.#timeUs);
    from.into(this.#disk);
  }
}
