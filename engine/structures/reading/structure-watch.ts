import type { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import type { ByteSource } from '../cached-reader.ts';
import { type DiskTree, readStructures } from '../read-structures.ts';
import type { StructureParser } from '../structure-parser.ts';
import { TimeBudget } from './time-budget.ts';
import { WatchedDisk } from './watched-disk.ts';

/** Share of the engine's time that reading may take while it has requests, and what it may take at once after a pause, ms. */
const SHARE = 0.02;
const SAVED_UP_MS = 30;
/** Without any row for so long, ms, nobody else wants the engine's time. */
const IDLE_MS = 50;
/** A reading begins once nothing of interest was written for so long, ms. */
const QUIET_MS = 120;
/** Or at the latest so long after the first such write. */
const LONGEST_MS = 1_000;
/** The most structures that one reading makes of all disks. */
const MOST_STRUCTURES = 100_000;
/** Readings in a row that are thrown away because something was written meanwhile; then one is taken as it is. */
const MOST_TORN = 3;

/** What one look at the disks found. */
export interface Reading {
  readonly trees: readonly DiskTree[];
  /** By disk: the last write to what was read of it; 0 for none since the reading before. */
  readonly lastWrites: ReadonlyMap<number, number>;
}

export interface WatchListener {
  /** Takes what was read; the next reading begins after that. `breathe` is to be awaited in long work. */
  read(reading: Reading, breathe: () => Promise<void>): Promise<void>;
  /** The request that arrived as row `sequence` has written something that the last reading of that disk is based on. */
  touched(disk: number, sequence: number): void;
  /** Reading has failed altogether: why. */
  failed(disks: readonly number[], why: string): void;
}

/** Reads the structures on disks, and reads them again, within a budget of time, when what they were read from is written. */
export class StructureWatch {
  readonly #parsers: readonly StructureParser[];
  readonly #listener: WatchListener;
  readonly #budget: TimeBudget;
  readonly #disks = new Map<number, WatchedDisk>();
  /** The same by number, for every row. */
  readonly #byNumber: (WatchedDisk | undefined)[] = [];
  #stopped = new AbortController();
  #firstStaleMs: number | null = null;
  #lastStaleMs = 0;
  #lastRowsMs = Number.NEGATIVE_INFINITY;
  #isReading = false;
  #torn = 0;
  #timer: NodeJS.Timeout | null = null;
  #silenceTimer: NodeJS.Timeout | null = null;
  #isDisposed = false;

  constructor(parsers: readonly StructureParser[], listener: WatchListener) {
    this.#parsers = parsers;
    this.#listener = listener;
    this.#budget = new TimeBudget({
      share: SHARE,
      mostMs: SAVED_UP_MS,
      isIdle: () => performance.now() - this.#lastRowsMs > IDLE_MS,
    });
  }

  /** Whether there is nothing to be read again. */
  get isSettled(): boolean {
    return this.#firstStaleMs === null && !this.#isReading;
  }

  /** Reads a disk from now on. */
  add(disk: number, name: string, source: ByteSource): void {
    const watched = new WatchedDisk(disk, name, source, this.#budget);
    this.#disks.set(disk, watched);
    this.#byNumber[disk] = watched;
    this.#restart();
  }

  /** Reads a disk no more. */
  remove(disk: number): void {
    if (!this.#disks.delete(disk)) return;
    this.#byNumber[disk] = undefined;
    this.#restart();
  }

  /** Takes rows as they come. Hot path. */
  rows(batch: EventBatch): void {
    if (this.#disks.size === 0) return;
    this.#lastRowsMs = performance.now();
    const { kind, op, disk } = batch;
    for (let i = 0; i < batch.count; i += 1) {
      const does = op[i];
      if (does !== Op.Write && does !== Op.Zero && does !== Op.Trim) continue;
      const what = kind[i];
      const watched = this.#byNumber[disk[i] ?? 0];
      if (what === RowKind.Request) watched?.arrived(batch, i);
      if (what !== RowKind.Completion && what !== RowKind.Unanswered) continue;
      // A request that failed may have been carried out in part.
      if (watched?.wrote(batch, i) !== true) continue;
      this.#listener.touched(watched.disk, watched.arrivalOf(batch, i));
      this.#stale();
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#stopped.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#silenceTimer !== null) clearTimeout(this.#silenceTimer);
    this.#disks.clear();
    this.#byNumber.length = 0;
  }

  /** Another set of disks: what is being read is of the former. */
  #restart(): void {
    this.#stopped.abort();
    this.#stopped = new AbortController();
    this.#stale();
  }

  #stale(): void {
    this.#lastStaleMs = performance.now();
    this.#firstStaleMs ??= this.#lastStaleMs;
    this.#timer ??= setTimeout(() => this.#due(), QUIET_MS);
  }

  #due(): void {
    this.#timer = null;
    if (this.#firstStaleMs === null || this.#isReading || this.#isDisposed) return;
    const nowMs = performance.now();
    const waitMs = Math.min(this.#lastStaleMs + QUIET_MS, this.#firstStaleMs + LONGEST_MS) - nowMs;
    if (waitMs > 0) {
      this.#timer = setTimeout(() => this.#due(), waitMs);
      return;
    }
    void this.#read();
  }

  async #read(): Promise<void> {
    const { signal } = this.#stopped;
    this.#isReading = true;
    try {
      await this.#budget.rest(signal);
      this.#firstStaleMs = null;
      await this.#pass(signal);
    } catch (error) {
      if (!signal.aborted) {
        this.#listener.failed(
          [...this.#disks.keys()],
          error instanceof Error ? error.message : String(error),
        );
      }
    } finally {
      this.#isReading = false;
      if (this.#firstStaleMs !== null && !this.#isDisposed)
        this.#timer ??= setTimeout(() => this.#due(), QUIET_MS);
    }
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const disks = [...this.#disks.values()];
    const breathe = (): Promise<void> => this.#budget.breathe(signal);
    for (const disk of disks) disk.beginPass(signal);
    this.#budget.begin();
    try {
      const trees = await readStructures(disks, this.#parsers, { maxStructures: MOST_STRUCTURES, breathe });
      signal.throwIfAborted();
      const isTorn = this.#firstStaleMs !== null;
      this.#torn = isTorn ? this.#torn + 1 : 0;
      if (isTorn && this.#torn <= MOST_TORN) return;
      const lastWrites = new Map(disks.map((disk) => [disk.disk, disk.endPass()]));
      try {
        await this.#listener.read({ trees, lastWrites }, breathe);
      } catch (error) {
        for (const disk of disks) disk.owe(lastWrites.get(disk.disk) ?? 0);
        throw error;
      }
    } finally {
      this.#budget.end();
      this.#askLater(disks);
    }
  }

  /** Disks that did not answer are read again when they may have come to. */
  #askLater(disks: readonly WatchedDisk[]): void {
    const waitMs = Math.max(0, ...disks.map(({ silentForMs }) => silentForMs));
    if (waitMs === 0 || this.#isDisposed) return;
    this.#silenceTimer ??= setTimeout(() => {
      this.#silenceTimer = null;
      this.#stale();
    }, waitMs + 1).unref();
  }
}
