/** What must be known of a disk besides its rows. */
export interface DiskFacts {
  /** The number that stands in the rows' disk column. */
  readonly id: number;
  /** As it stands in sentences about the other disks: `disk 5`. */
  readonly name: string;
  /** Null when not known: sweeps then have neither percentage nor time left. */
  readonly sizeBytes: bigint | null;
}

/**
 * What a disk is doing. Names say what the requests prove.
 * - unused: not yet asked anything. idle: asked nothing for a second. busy: ordinary requests.
 * - scanned: read in sequence. written: written in sequence.
 * - copied: written at the offsets at which one other disk is read, in step.
 * - rebuilt: the same with several disks read, or one that is known to belong to the same array.
 * - stalled: requests wait and no reply has come for a while.
 * - failing: errors come back. failed: errors were the last it answered and its array goes on without it.
 * - gone: its array goes on without it and no error was seen, as when failed requests are kept from the log.
 */
export type ActivityKind =
  | 'unused'
  | 'idle'
  | 'busy'
  | 'scanned'
  | 'written'
  | 'copied'
  | 'rebuilt'
  | 'stalled'
  | 'failing'
  | 'failed'
  | 'gone';

/** What one disk is doing at a moment, in numbers and in words. */
export interface DiskActivity {
  readonly disk: number;
  readonly kind: ActivityKind;
  /** Of a sweep: where on the disk it stands, 0 to 1. */
  readonly fraction: number | null;
  /** Of a sweep, or of all requests when busy; over the last seconds of session time. */
  readonly bytesPerSecond: number | null;
  /** Of a sweep, at that rate. */
  readonly secondsLeft: number | null;
  /** Session clock at which this began, µs since the epoch. */
  readonly sinceUs: number | null;
  /** Of a disk that is rebuilt or copied: those read in step with it. Of one of those: the disk that it is read for. */
  readonly partners: readonly number[];
  /** A disk of its array has failed and none has taken its place yet. */
  readonly isDegraded: boolean;
  /** `being rebuilt, 43 %, 31 MB/s, 12 s left`. */
  readonly words: string;
  /** The same in a word or two; empty when there is nothing to point out. */
  readonly badge: string;
}

/** An array in which something is not as it should be, or has just been put right. */
export interface SetActivity {
  readonly disks: readonly number[];
  /** rebuilding: a disk is being rebuilt; restored: disks have failed and others have taken their places. */
  readonly kind: 'degraded' | 'rebuilding' | 'restored';
  readonly sinceUs: number;
  readonly words: string;
  readonly badge: string;
}

/** A stretch of the session in which one disk did one thing. */
export interface Phase {
  readonly disk: number;
  readonly kind: 'scanned' | 'written' | 'copied' | 'rebuilt' | 'failing' | 'failed' | 'gone';
  /** Session clock of the first request that belongs to it and of the last, µs; null while it goes on. */
  readonly startUs: number;
  readonly endUs: number | null;
  /** The part of the disk that a sweep has gone over; both 0n of other phases. */
  readonly fromByte: bigint;
  readonly toByte: bigint;
}
