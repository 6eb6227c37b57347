import type { EventBatch } from '#shared/events/event-batch.ts';

/** A disk that a source has found, by the source's own count from 0. */
export interface SourceDisk {
  readonly index: number;
  /** The number that it has in rows which do not come through the session; the next free one otherwise. */
  readonly id?: number;
  /** Empty for the default export. */
  readonly exportName: string;
  /** What to call it where the export's name or the source's would not do. */
  readonly name?: string;
  /** Null while no Connect line has told it. */
  readonly sizeBytes: bigint | null;
  /** One past the highest byte any request has asked for so far. */
  readonly highestByte: bigint;
}

/** One run of a log that several runs were appended to. */
export interface SourceRun {
  readonly index: number;
  readonly firstUs: number | null;
  readonly lines: number;
}

/** Where a source stands; handed on at most some ten times a second. */
export interface SourceProgress {
  readonly status: 'waiting' | 'reading' | 'live' | 'ended' | 'failed';
  /** In words, with what to do where something is to be done. */
  readonly statusText: string;
  readonly bytesRead: number;
  readonly totalBytes: number | null;
  readonly lines: number;
  readonly notUnderstood: number;
  readonly timesBackwards: number;
  readonly runs: readonly SourceRun[];
}

/** A sentence for the person, about one source. A later notice with the same key replaces the earlier. */
export interface SourceNotice {
  readonly key: string;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  readonly detail: string | null;
}

/** What a source tells its session. */
export interface SourceSink {
  /**
   * Rows in arrival order; their disk column holds the source's own disk numbers and their clock is not yet set. The
   * batch is the session's from now on. Where a promise comes back, wait for it before reading on.
   */
  rows(batch: EventBatch): Promise<void> | undefined;
  /** A disk was found, or more is known about it. Comes before the first row that names it. */
  disk(disk: SourceDisk): void;
  progress(progress: SourceProgress): void;
  notice(notice: SourceNotice): void;
}

/**
 * Where rows come from: a followed log, standard input, a recording, an upload, a disk hosted here. The
 * session knows nothing else of it. A source never throws into its session: what goes wrong is a notice and a status.
 */
export interface Source {
  readonly kind: 'log' | 'sample' | 'stdin' | 'upload' | 'host' | 'nbdkit' | 'capture';
  readonly name: string;
  /** Absent for what has no path. */
  readonly path: string | null;
  /** Whether it can be started again from the beginning with the same rows. */
  readonly canRestart: boolean;
  /** Begins to deliver; called once. */
  start(sink: SourceSink): void;
  /** Ends delivery and gives back every handle, watcher and timer; nothing reaches the sink afterwards. */
  stop(): Promise<void>;
}
