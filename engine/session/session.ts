import { formatBytes } from '#shared/bytes/size.ts';
import { type FaultChange, NO_FAULTS } from '#shared/contract/faults.ts';
import type { DiskInfo, Notice, SourceInfo } from '#shared/contract/messages.ts';
import { MAX_MARKS, type Mark } from '#shared/contract/time.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { ALL_DISKS, RowKind } from '#shared/events/vocabulary.ts';
import { MAX_DISKS, SessionState } from '#shared/model/session-state.ts';
import { DEFAULT_HISTORY, SessionHistory, type SessionHistoryOptions } from '../history/session-history.ts';
import { RefusedError } from '../refused-error.ts';
import { atMost } from './at-most.ts';
import { withoutForeign } from './foreign-rows.ts';
import { HISTORY_NOTICE_KEYS, historyNotices } from './history-notices.ts';
import { Merge, type MergeInput } from './merge.ts';
import type { SessionListener } from './session-listener.ts';
import { type MarkChange, type MarkDraft, type MarkIds, SessionMarks } from './session-marks.ts';
import type { Source, SourceDisk, SourceNotice, SourceProgress, SourceSink } from './source.ts';
import { type SourceSide, shiftTimes, sidedName } from './source-side.ts';

/** A disk of a source that is read again: it keeps its number, and what a person said of it. */
export interface KeptDisk {
  readonly id: number;
  readonly exportName: string;
  readonly givenName: string;
  readonly givenSizeBytes: bigint | null;
}

interface SourceEntry {
  readonly id: number;
  readonly source: Source;
  readonly input: MergeInput;
  /** The session's disk number for each of the source's. */
  readonly diskIds: number[];
  /** The session's number for each of its marks. */
  readonly markIds: MarkIds;
  readonly run: number | null;
  /** For disks of a log that does not tell their size. */
  readonly fallbackSizeBytes: bigint | null;
  readonly side: SourceSide | null;
  readonly kept: readonly KeptDisk[];
  progress: SourceProgress;
  stopped: boolean;
}

interface DiskEntry {
  readonly id: number;
  readonly source: number;
  readonly exportName: string;
  readonly ownName: string;
  /** What a person calls it; empty for its own name. */
  givenName: string;
  /** What a person says its size is; null when nobody did. */
  givenSizeBytes: bigint | null;
  sizeBytes: bigint | null;
  highestByte: bigint;
}

const NOTHING_YET: SourceProgress = {
  status: 'waiting',
  statusText: 'opening',
  bytesRead: 0,
  totalBytes: null,
  lines: 0,
  notUnderstood: 0,
  timesBackwards: 0,
  runs: [],
};

/** A guessed size is rounded up to this: disks are rarely smaller or odder. */
const GUESS_STEP = 1n << 20n;

/** At most so many notices are kept; the oldest go. */
const MAX_NOTICES = 100;

/** How long the end of a source is waited for. */
const STOP_LIMIT_MS = 1_000;

const BUDGET_NOTICE_KEY = 'model-memory';

/**
 * One session: the sources that feed it, the order of their rows, and the state that follows. Sets every row's disk
 * number, clock and sequence number. Sequence numbers go on rising when the session starts anew, so that an
 * acknowledgement from before can never be taken for one from after.
 */
export class Session {
  state = new SessionState();
  readonly #listener: SessionListener;
  readonly #merge: Merge;
  readonly #entries = new Map<number, SourceEntry>();
  readonly #byInput = new Map<MergeInput, SourceEntry>();
  readonly #disks = new Map<number, DiskEntry>();
  readonly #notices = new Map<string, Notice>();
  readonly #marks = new SessionMarks();
  readonly #historyOptions: SessionHistoryOptions;
  #history: SessionHistory | null = null;
  #nextSource = 0;
  #nextDisk = 0;
  #nextNotice = 1;

  constructor(listener: SessionListener, history: SessionHistoryOptions = DEFAULT_HISTORY) {
    this.#listener = listener;
    this.#historyOptions = history;
    this.#merge = new Merge((input, batch, from, to) => this.#commit(input, batch, from, to));
  }

  /**
   * Adds a source and starts it. Returns its number.
   * @param options.run the run of the log that the source was told to show; null for all.
   * @param options.sizeBytes the size of disks of which the source does not tell one.
   * @param options.side which of two recordings it is, where two are compared.
   * @param options.kept the disks of the source that this one is instead of, as {@link keptDisks} had them.
   */
  add(
    source: Source,
    options: {
      readonly run?: number | null;
      readonly sizeBytes?: bigint | null;
      readonly side?: SourceSide | null;
      readonly kept?: readonly KeptDisk[];
    } = {},
  ): number {
    const id = this.#nextSource;
    this.#nextSource += 1;
    const entry: SourceEntry = {
      id,
      source,
      input: this.#merge.add(options.side != null),
      diskIds: [],
      markIds: new Map(),
      run: options.run ?? null,
      fallbackSizeBytes: options.sizeBytes ?? null,
      side: options.side ?? null,
      kept: options.kept ?? [],
      progress: NOTHING_YET,
      stopped: false,
    };
    this.#entries.set(id, entry);
    this.#byInput.set(entry.input, entry);
    source.start(this.#sinkOf(entry));
    this.#listener.infoChanged();
    return id;
  }

  /**
   * Every row since the session began, or since a disk left it or it was emptied: what rows before such a change tell does not
   * lead to the state after it, so history begins anew there. Null until the first row.
   */
  get history(): SessionHistory | null {
    return this.#history;
  }

  sourceOf(id: number): Source | null {
    return this.#entries.get(id)?.source ?? null;
  }

  /** The size that was given for disks of which the source does not tell one. */
  fallbackSizeOf(id: number): bigint | null {
    return this.#entries.get(id)?.fallbackSizeBytes ?? null;
  }

  /** A source's disks, for {@link add} when it is read again. */
  keptDisks(source: number): KeptDisk[] {
    return [...this.#disks.values()].filter((disk) => disk.source === source).map((disk) => ({ ...disk }));
  }

  hasDisk(id: number): boolean {
    return this.#disks.has(id);
  }

  /** The numbers of a source's disks, in the source's own order; disks left out of the session are left out here. */
  disksOf(source: number): number[] {
    return this.#entries.get(source)?.diskIds.filter((id) => this.#disks.has(id)) ?? [];
  }

  /**
   * Stops a source; its disks and their picture go, everything else stays. One that does not come to its end (a file on
   * a dead mount) is not waited for longer than a moment.
   */
  async close(id: number): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.stopped = true;
    this.#entries.delete(id);
    this.#byInput.delete(entry.input);
    this.#merge.remove(entry.input);
    for (const disk of entry.diskIds) {
      if (!this.#disks.delete(disk)) continue;
      this.state.removeDisk(disk);
      this.#endHistory();
      this.#listener.diskGone(disk);
      this.#listener.reset();
    }
    this.#marks.forget(entry.markIds);
    // History begins anew where a disk has left: what is still marked is said again.
    if (this.#history === null && this.#marks.list.length > 0)
      this.#apply(this.#marks.restated(this.state.clockUs));
    for (const [key, notice] of this.#notices) if (notice.source === id) this.#notices.delete(key);
    this.#listener.sourceGone(id);
    this.#listener.infoChanged();
    await atMost(STOP_LIMIT_MS, entry.source.stop());
  }

  /** Stops every source and starts on an empty state. */
  async reset(): Promise<void> {
    this.#marks.clear();
    await Promise.all([...this.#entries.keys()].map((id) => this.close(id)));
    this.#disks.clear();
    this.#notices.clear();
    this.#nextDisk = 0;
    this.restartState();
  }

  /** Empties the state and keeps the sources: a recording starts over. */
  restartState(): void {
    const sequence = this.state.sequence;
    this.#marks.clear();
    for (const { markIds } of this.#entries.values()) markIds.clear();
    this.state = new SessionState();
    this.state.sequence = sequence;
    this.#endHistory();
    this.#notices.delete(BUDGET_NOTICE_KEY);
    this.#listener.reset();
    this.#listener.infoChanged();
  }

  #beginHistory(): SessionHistory {
    const options = this.#historyOptions;
    return new SessionHistory(
      this.state,
      options,
      historyNotices(options, (notice) => this.notice(null, notice)),
    );
  }

  #endHistory(): void {
    this.#history?.dispose();
    this.#history = null;
    for (const key of HISTORY_NOTICE_KEYS) this.#notices.delete(key);
  }

  setDiskSize(disk: number, bytes: bigint): void {
    const entry = this.#disks.get(disk);
    if (entry === undefined) return;
    entry.givenSizeBytes = bytes;
    entry.sizeBytes = bytes;
    this.#listener.infoChanged();
  }

  /** Calls a disk by another name; an empty one gives it back its own. */
  renameDisk(disk: number, name: string): void {
    const entry = this.#disks.get(disk);
    if (entry === undefined) return;
    entry.givenName = name;
    this.#listener.infoChanged();
  }

  /** Adds a row of the session's own that empties the picture of every disk. */
  clearPicture(): void {
    const batch = new EventBatch(1);
    batch.push({ kind: RowKind.ClearPicture, disk: ALL_DISKS, timeUs: this.state.clockUs });
    this.#apply(batch);
  }

  /**
   * Adds a row of the session's own that tells what makes a disk fail from here on. For disks whose source does not
   * write such rows itself.
   * @param timeUs when; the session's clock of now for a disk that does not live in the present.
   */
  faultChanged(disk: number, change: FaultChange, timeUs = this.state.clockUs): void {
    const batch = new EventBatch(1);
    batch.pushText(JSON.stringify(change), { kind: RowKind.FaultChange, disk, timeUs });
    this.#apply(batch);
  }

  /** Named moments, in the order of the moments; those of the whole history. */
  get marks(): readonly Mark[] {
    return this.#marks.list;
  }

  /** Names moments: all of them or none. @throws RefusedError saying what will not do. */
  addMarks(drafts: readonly MarkDraft[]): void {
    const { sequence, clockUs } = this.state;
    if (Number.isNaN(clockUs)) throw new RefusedError('nothing was recorded yet; there is no moment to mark');
    this.#apply(this.#marks.add(drafts, sequence + 1, clockUs));
  }

  /** Changes a mark. @throws RefusedError for one that is not there, or a name that will not do. */
  editMark(id: number, change: MarkChange): void {
    this.#apply(this.#marks.edit(id, change, this.state.clockUs));
  }

  /** @throws RefusedError for a mark that is not there. */
  removeMark(id: number): void {
    this.#apply(this.#marks.remove(id, this.state.clockUs));
  }

  /** A sentence of the session's own, or of a source. One with the same key replaces the earlier. */
  notice(source: number | null, notice: SourceNotice): void {
    const key = source === null ? notice.key : `${source}/${notice.key}`;
    const id = this.#notices.get(key)?.id ?? this.#nextNotice;
    if (id === this.#nextNotice) this.#nextNotice += 1;
    this.#notices.set(key, { id, source, level: notice.level, text: notice.text, detail: notice.detail });
    for (const oldest of this.#notices.keys()) {
      if (this.#notices.size <= MAX_NOTICES) break;
      this.#notices.delete(oldest);
    }
    this.#listener.infoChanged();
  }

  dismiss(notice: number): void {
    for (const [key, kept] of this.#notices) if (kept.id === notice) this.#notices.delete(key);
    this.#listener.infoChanged();
  }

  get notices(): readonly Notice[] {
    return [...this.#notices.values()];
  }

  /** In the order of their sources: logs that appear one after the other are shown in the order they were named. */
  diskInfos(): DiskInfo[] {
    const disks = [...this.#disks.values()].sort((a, b) => a.source - b.source);
    return disks.map((disk) => ({
      id: disk.id,
      name: disk.givenName === '' ? disk.ownName : disk.givenName,
      exportName: disk.exportName,
      source: disk.source,
      sizeBytes: disk.sizeBytes === null ? null : `${disk.sizeBytes}`,
      guessedSizeBytes: disk.sizeBytes === null ? `${roundUp(disk.highestByte)}` : null,
      faults: NO_FAULTS,
    }));
  }

  sourceInfos(): SourceInfo[] {
    return [...this.#entries.values()].map(({ id, source, progress, run }) => ({
      ...progress,
      id,
      kind: source.kind,
      name: source.name,
      path: source.path,
      runs: [...progress.runs],
      run,
      host: null,
      nbdkit: null,
    }));
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((id) => this.close(id)));
    this.#merge.dispose();
    this.#endHistory();
    this.#historyOptions.thread?.dispose();
  }

  #sinkOf(entry: SourceEntry): SourceSink {
    return {
      rows: (batch) => {
        if (entry.stopped) return undefined;
        if (entry.side !== null) shiftTimes(batch, entry.side.shiftUs);
        return this.#merge.push(entry.input, batch);
      },
      disk: (disk) => {
        if (!entry.stopped) this.#noteDisk(entry, disk);
      },
      progress: (progress) => {
        if (entry.stopped) return;
        entry.progress = progress;
        this.#merge.setCatchingUp(entry.input, progress.status === 'reading');
        this.#listener.infoChanged();
      },
      notice: (notice) => {
        if (!entry.stopped) this.notice(entry.id, notice);
      },
    };
  }

  #noteDisk(entry: SourceEntry, found: SourceDisk): void {
    const known = entry.diskIds[found.index];
    if (known !== undefined) {
      const disk = this.#disks.get(known);
      if (disk === undefined) return;
      disk.highestByte = found.highestByte;
      if (found.sizeBytes !== null) disk.sizeBytes = found.sizeBytes;
      this.#listener.infoChanged();
      return;
    }
    const kept = entry.kept.find(({ exportName }) => exportName === found.exportName);
    const wanted = kept?.id ?? found.id;
    const id = wanted === undefined || this.#disks.has(wanted) ? this.#freeDiskId() : wanted;
    if (id === null) {
      this.notice(entry.id, {
        key: 'too-many-disks',
        level: 'warning',
        text: `${entry.source.name} names more disks than the ${MAX_DISKS} one session shows; the others are left out`,
        detail: null,
      });
      entry.diskIds[found.index] = ALL_DISKS;
      return;
    }
    entry.diskIds[found.index] = id;
    this.#disks.set(id, {
      id,
      source: entry.id,
      exportName: found.exportName,
      ownName: sidedName(
        entry.side,
        found.name ?? (found.exportName === '' ? entry.source.name : found.exportName),
      ),
      givenName: kept?.givenName ?? '',
      givenSizeBytes: kept?.givenSizeBytes ?? null,
      sizeBytes: found.sizeBytes ?? kept?.givenSizeBytes ?? entry.fallbackSizeBytes,
      highestByte: found.highestByte,
    });
    this.#listener.diskCame(id, entry.id);
    this.#listener.infoChanged();
  }

  /** Numbers go round, so that one given back is not soon another disk's: a window may still speak of the former. */
  #freeDiskId(): number | null {
    const kept = new Set([...this.#entries.values()].flatMap((entry) => entry.kept.map(({ id }) => id)));
    for (let i = 0; i < MAX_DISKS; i += 1) {
      const id = (this.#nextDisk + i) % MAX_DISKS;
      if (this.#disks.has(id) || kept.has(id)) continue;
      this.#nextDisk = (id + 1) % MAX_DISKS;
      return id;
    }
    return null;
  }

  #commit(input: MergeInput, batch: EventBatch, from: number, to: number): void {
    const entry = this.#byInput.get(input);
    if (entry === undefined) return;
    let rows = batch;
    if (from !== 0 || to !== batch.count) {
      rows = new EventBatch(to - from);
      rows.appendRows(batch, from, to);
    }
    const diskIds = entry.diskIds;
    const disk = rows.disk;
    let leftOut = false;
    for (let i = 0; i < rows.count; i += 1) {
      const local = disk[i] ?? 0;
      if (local === ALL_DISKS) continue;
      const id = diskIds[local] ?? ALL_DISKS;
      if (id === ALL_DISKS) leftOut = true;
      disk[i] = id;
    }
    this.#apply(leftOut ? withoutForeign(rows) : rows, entry);
  }

  /** @param entry the source whose rows these are; none for those of the session. */
  #apply(rows: EventBatch, entry?: SourceEntry): void {
    if (rows.count === 0) return;
    const state = this.state;
    let clockUs = state.clockUs;
    for (let i = 0; i < rows.count; i += 1) {
      const timeUs = rows.timeUs[i] ?? Number.NaN;
      if (timeUs > clockUs || (Number.isNaN(clockUs) && !Number.isNaN(timeUs))) clockUs = timeUs;
      rows.clockUs[i] = clockUs;
    }
    rows.firstSequence = state.sequence + 1;
    if (entry !== undefined) SessionMarks.adopt(rows, entry.markIds, entry.side);
    this.#noteMarks(rows);
    this.#history ??= this.#beginHistory();
    state.apply(rows);
    this.#history.append(rows, state);
    this.#noticeMemory();
    this.#listener.rows(rows);
  }

  #noteMarks(rows: EventBatch): void {
    const { changed, leftOut } = this.#marks.apply(rows);
    if (changed) this.#listener.infoChanged();
    if (leftOut === 0) return;
    this.notice(null, {
      key: 'too-many-marks',
      level: 'warning',
      text: `there are more marks and captions than the ${MAX_MARKS} that one session shows; the later ones are left out`,
      detail: null,
    });
  }

  #noticeMemory(): void {
    const budget = this.state.budget;
    if (!budget.detailRefused || this.#notices.has(BUDGET_NOTICE_KEY)) return;
    this.notice(null, {
      key: BUDGET_NOTICE_KEY,
      level: 'info',
      text:
        `the picture has reached ${formatBytes(budget.limitBytes)} of memory: blocks touched from now on keep their colour, ` +
        'not their times and counts, and later whole stretches of 4 MiB take one colour',
      detail: null,
    });
  }
}

function roundUp(bytes: bigint): bigint {
  const steps = (bytes + GUESS_STEP - 1n) / GUESS_STEP;
  return (steps === 0n ? 1n : steps) * GUESS_STEP;
}
