import type { SessionState } from '../session-state.ts';
import type { DiskFacts } from './activity.ts';
import type { Sweep } from './sweep-lanes.ts';
import { SweepTimes } from './sweep-times.ts';

const SECTOR_BYTES = 512;
const MIB = 2048;
const GIB = 1024 * MIB;

/** A pass from the disk's beginning over less than this share, and less than this length, may as well be a file. */
const LONE_SHARE = 1 / 4;
const LONE_SECTORS = GIB;
/** Partition tables and superblocks lie before what arrays and partitions hold. */
const BEGINNING_SHARE = 1 / 16;
/** The same for a pass that began elsewhere: large files lie there, and their pages are written in order. */
const MIDWAY_SHARE = 1 / 2;
const MIDWAY_SECTORS = 16 * GIB;
/** Passes over several disks in step are no coincidence from this share or length on. */
const IN_STEP_SHARE = 1 / 32;
const IN_STEP_SECTORS = 64 * MIB;
/** How far apart passes in step may be: a share of the pass, within bounds. */
const IN_STEP_DISTANCE_SHARE = 0.15;
const LEAST_DISTANCE = 4 * MIB;
const MOST_DISTANCE = 256 * MIB;
/** A pass goes on while it does not pause longer, or that long once it has come to the end of the disk. */
const PAUSE_US = 2_500_000;
const PAUSE_AT_END_US = 400_000;
/** Arrays leave a little room at the end of each disk. */
const END_SHARE = 0.98;
const WHOLE_SHARE = 0.95;
/** A rate over less time says nothing. */
const LEAST_RATE_US = 100_000;

export type SweepKind = 'scanned' | 'written' | 'copied' | 'rebuilt';

/** A sweep, and what it is in the light of those of the other disks. */
export interface NamedSweep {
  readonly sweep: Sweep;
  readonly kind: SweepKind;
  /** Of a rebuild or copy: the disks read for it. Of a scan: the disk it is read for, if any. */
  readonly partners: readonly number[];
  readonly isGoingOn: boolean;
  /** It went, or is going, to the end of the disk; false when the size is not known. */
  readonly isWhole: boolean;
  readonly fraction: number | null;
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
}

/**
 * Names the sweeps of all disks, those that have ended among them. What tells a rebuild: one disk is written from one
 * end towards the other while its siblings are read at the same offsets at the same time, and neither the other way
 * round. A file being copied within an array reads and writes every disk.
 */
export function nameSweeps(state: SessionState, nowUs: number, disks: readonly DiskFacts[]): NamedSweep[] {
  const reads: Sweep[] = [];
  const writes: Sweep[] = [];
  const sizes = new Map<number, number>();
  for (const { id, sizeBytes } of disks) {
    const activity = state.disks[id]?.activity;
    if (activity === undefined) continue;
    if (sizeBytes !== null) sizes.set(id, Number(sizeBytes / BigInt(SECTOR_BYTES)));
    const isLong = (sweep: Sweep): boolean => spanOf(sweep) >= leastSpanInStep(sizes.get(id));
    reads.push(...activity.reads.sweeps(id, 'read').filter(isLong));
    writes.push(...activity.writes.sweeps(id, 'write').filter(isLong));
  }
  const readTimes = new SweepTimes(reads);
  const writeTimes = new SweepTimes(writes);
  const readFor = new Map<Sweep, number>();
  const named: NamedSweep[] = [];
  for (const write of writes) {
    const readers = readersOf(write, readTimes, writeTimes);
    for (const reader of readers) readFor.set(reader, write.disk);
    const partners = readers.map(({ disk }) => disk);
    const kind = meaningOf(state, write, partners);
    if (kind === 'written' && !isLongAlone(write, sizes.get(write.disk))) continue;
    named.push(measured(write, kind, partners, nowUs, sizes.get(write.disk)));
  }
  for (const read of reads) {
    const target = readFor.get(read);
    const size = sizes.get(read.disk);
    if (target === undefined && !isLongAlone(read, size)) continue;
    named.push(measured(read, 'scanned', target === undefined ? [] : [target], nowUs, size));
  }
  return named;
}

function meaningOf(state: SessionState, write: Sweep, partners: readonly number[]): SweepKind {
  const [first] = partners;
  if (first === undefined) return 'written';
  if (partners.length > 1) return 'rebuilt';
  return state.disks[write.disk]?.activity.partners.isLinked(first) === true ? 'rebuilt' : 'copied';
}

/** The sweeps of reading, one of a disk, that go in step with one of writing. */
function readersOf(write: Sweep, reads: SweepTimes, writes: SweepTimes): Sweep[] {
  const inStep = reads.near(write).filter((read) => isInStep(write, read));
  if (inStep.length === 0 || inStep.some(({ disk }) => disk === write.disk)) return [];
  const alsoWritten = writes.near(write).filter((other) => other !== write && isInStep(write, other));
  const also = new Set(alsoWritten.map(({ disk }) => disk));
  const found = new Map<number, Sweep>();
  for (const read of inStep) {
    const known = found.get(read.disk);
    if (also.has(read.disk) || (known !== undefined && spanOf(known) >= spanOf(read))) continue;
    found.set(read.disk, read);
  }
  return [...found.values()].sort((a, b) => a.disk - b.disk);
}

function isInStep(a: Sweep, b: Sweep): boolean {
  const fromUs = Math.max(a.startUs, b.startUs);
  const toUs = Math.min(a.lastUs, b.lastUs);
  if (toUs - fromUs < (a.lastUs - a.startUs) / 2) return false;
  const common = Math.min(a.headSector, b.headSector) - Math.max(a.startSector, b.startSector);
  const span = spanOf(a);
  if (common < span / 2) return false;
  const distance = Math.min(MOST_DISTANCE, Math.max(LEAST_DISTANCE, span * IN_STEP_DISTANCE_SHARE));
  return (
    Math.abs(positionAt(a, fromUs) - positionAt(b, fromUs)) <= distance &&
    Math.abs(positionAt(a, toUs) - positionAt(b, toUs)) <= distance
  );
}

/** Where a sweep stood at a time within it, as if its pace had never changed. */
function positionAt(sweep: Sweep, us: number): number {
  const share = sweep.lastUs === sweep.startUs ? 1 : (us - sweep.startUs) / (sweep.lastUs - sweep.startUs);
  return sweep.startSector + share * spanOf(sweep);
}

function spanOf(sweep: Sweep): number {
  return sweep.headSector - sweep.startSector;
}

/** How long passes in step must be to be told, in sectors. `size` is undefined when it is not known. */
function leastSpanInStep(size = Number.POSITIVE_INFINITY): number {
  return Math.min(IN_STEP_SECTORS, size * IN_STEP_SHARE);
}

/** Whether a pass over one disk alone is more than what reading or writing a file looks like. */
function isLongAlone(sweep: Sweep, size = Number.POSITIVE_INFINITY): boolean {
  if (!sweep.isOrderly) return false;
  const span = spanOf(sweep);
  if (span >= Math.min(MIDWAY_SECTORS, size * MIDWAY_SHARE)) return true;
  return sweep.startSector <= size * BEGINNING_SHARE && span >= Math.min(LONE_SECTORS, size * LONE_SHARE);
}

function measured(
  sweep: Sweep,
  kind: SweepKind,
  partners: readonly number[],
  nowUs: number,
  size: number | undefined,
): NamedSweep {
  const position = sweep.headSector;
  const fraction = size === undefined || size === 0 ? null : Math.min(1, position / size);
  const pauseUs = fraction !== null && fraction >= END_SHARE ? PAUSE_AT_END_US : PAUSE_US;
  const isGoingOn = sweep.recent !== null && nowUs - sweep.lastUs <= pauseUs;
  const fromUs = sweep.recent?.fromUs ?? sweep.startUs;
  const fromSector = sweep.recent?.fromSector ?? sweep.startSector;
  const toUs = isGoingOn ? Math.max(nowUs, sweep.lastUs) : sweep.lastUs;
  const elapsedUs = toUs - fromUs;
  const bytesPerSecond =
    elapsedUs >= LEAST_RATE_US ? ((position - fromSector) * SECTOR_BYTES * 1e6) / elapsedUs : null;
  const secondsLeft =
    size === undefined || bytesPerSecond === null || bytesPerSecond <= 0
      ? null
      : Math.max(0, ((size - position) * SECTOR_BYTES) / bytesPerSecond);
  const isWhole = fraction !== null && fraction >= WHOLE_SHARE;
  return { sweep, kind, partners, isGoingOn, isWhole, fraction, bytesPerSecond, secondsLeft };
}
