import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { parseSize } from '#shared/bytes/size.ts';
import type { Channel } from '#shared/channel/channel.ts';
import type { ArrayLayout } from '#shared/contract/arrays.ts';
import type { FaultRule } from '#shared/contract/faults.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';
import type { SampleId } from '#shared/contract/samples.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { ArrayLayouts } from './array-layouts.ts';
import { CaptionFiles } from './caption-files.ts';
import { CaptureDesk } from './capture/capture-desk.ts';
import { isCapture } from './capture/is-capture.ts';
import { keptOf } from './capture/kept.ts';
import { OpenCapture } from './capture/open-capture.ts';
import { type CompareRequest, openComparison, prepareComparison } from './compare/comparison.ts';
import { type LogSet, membersOf } from './disk-set.ts';
import { FaultDesk } from './faults/fault-desk.ts';
import { LogFaults } from './faults/log-faults.ts';
import { historyIn } from './history/session-history.ts';
import { type DiskAtStake, type HostDiskCommand, HostedDisks, type HostSetCommand } from './hosted-disks.ts';
import { createLogSource, createStdinSource } from './log/log-source.ts';
import { openSample } from './log/recording-source.ts';
import type { DiskHost } from './nbd/disk-host.ts';
import { findNbdkit, type InstalledNbdkit } from './nbdkit/installed.ts';
import { removeStaleFolders } from './nbdkit/nbdkit-folder.ts';
import { NbdkitProcess } from './nbdkit/nbdkit-process.ts';
import { planNotices } from './nbdkit/plan-notices.ts';
import { RunningNbdkits } from './nbdkit/running-nbdkits.ts';
import { logsToReadAgain } from './read-again.ts';
import { RefusedError } from './refused-error.ts';
import { RecentLogs } from './session/recent-logs.ts';
import { Session } from './session/session.ts';
import type { SessionListener } from './session/session-listener.ts';
import { whileSaid } from './session/while-said.ts';
import { sessionInfoOf } from './session-info.ts';
import { Soon } from './soon.ts';
import { StructureDesk } from './structures/structure-desk.ts';
import { SessionPast } from './time/session-past.ts';
import { WindowConnection } from './window-connection.ts';

export interface EngineOptions {
  /** The product's version, shown in the window. */
  readonly version: string;
  readonly host: 'web' | 'electron';
  /** Where small things are remembered between starts; made when missing. */
  readonly stateDir: string;
  /** The folder that holds the built-in recording. */
  readonly assetsDir: string;
  /** Where a history that is too long for memory goes; made when it is needed. Absent: it stays in memory. */
  readonly cacheDir?: string;
}

/** How often windows are told of changed disks, sources and notices. */
const INFO_MS = 100;
/** How often they are told how far the history reaches. */
const HISTORY_MS = 1_000;

/**
 * The engine of one nbdscope: its session and the windows that watch it. Knows nothing of Electron or HTTP: a host
 * hands it a channel for each window. Commands that change the sources run one after another, in the order they came.
 */
export class Engine {
  readonly options: EngineOptions;
  readonly session: Session;
  readonly recentLogs: RecentLogs;
  /** What windows look at. */
  readonly past: SessionPast;
  /** Files of captions, for what is opened first. */
  readonly captionFiles: CaptionFiles;
  /** Writes down what goes on and what is kept. */
  readonly captures: CaptureDesk;
  /** What lies on the session's disks. */
  readonly structures: StructureDesk;
  /** What makes the session's disks fail. */
  readonly faults = new FaultDesk();
  /** Called when a window has come or gone. */
  onWindowsChanged: () => void = () => {};
  readonly #windows = new Set<WindowConnection>();
  readonly #hosts = new HostedDisks(() => this.sendInfo());
  readonly #nbdkits = new RunningNbdkits();
  readonly #logFaults: LogFaults;
  #installed: Promise<InstalledNbdkit | null> = findNbdkit();
  #disposed = false;
  readonly #arrays: ArrayLayouts;
  #sample: SampleId | null = null;
  /** Tells windows soon; many changes within a moment are one message. */
  readonly #infoSoon = new Soon(INFO_MS, () => this.sendInfo());
  readonly #historySoon = new Soon(HISTORY_MS, () => this.#infoSoon.ask());
  #queue: Promise<void> = Promise.resolve();

  constructor(options: EngineOptions) {
    this.options = options;
    this.recentLogs = new RecentLogs(options.stateDir);
    const listener: SessionListener = {
      rows: (batch: EventBatch) => {
        for (const window of this.#windows) window.view.rows(batch);
        this.captionFiles.rowsCame();
        this.structures.rows(batch);
        this.#historySoon.ask();
      },
      reset: () => {
        for (const window of this.#windows) window.view.reset();
      },
      infoChanged: () => {
        if (this.#sample !== null) this.#arrays.tellSample(this.#sample);
        this.#infoSoon.ask();
      },
      diskCame: (disk: number, source: number) => {
        void this.#logFaults.diskCame(disk, source);
        void this.structures.came(disk, source);
      },
      diskGone: (disk: number) => void Promise.all([this.faults.remove(disk), this.structures.gone(disk)]),
      // Behind what is done now: logs that are read again take their error files over before the former give them back.
      sourceGone: (source: number) =>
        void this.enqueue(async () => {
          await Promise.all([this.#nbdkits.sourceGone(source), this.#logFaults.sourceGone(source)]);
        }),
    };
    this.session = new Session(listener, historyIn(options.cacheDir ?? null));
    this.past = new SessionPast(this.session);
    this.captionFiles = new CaptionFiles(this.session);
    this.#arrays = new ArrayLayouts(this.session);
    const kept = () => keptOf(this.past, this.sessionInfo(), this.structures.known);
    this.captures = new CaptureDesk(kept, `nbdscope ${options.version}`, {
      changed: () => this.#infoSoon.ask(),
      notice: (key, level, text) => this.session.notice(null, { key, level, text, detail: null }),
    });
    this.structures = new StructureDesk(this, () => this.#infoSoon.ask());
    this.#logFaults = new LogFaults(options.stateDir, this.session, this.faults, () => this.#infoSoon.ask());
    removeStaleFolders();
  }

  get windowCount(): number {
    return this.#windows.size;
  }

  /** Whether something runs here that others use, so that the last window's end must not be the engine's. */
  get hosting(): boolean {
    return this.#hosts.size > 0;
  }

  /** Shows a hosted disk, and from now on ends it with its source. */
  addHost(host: DiskHost): Promise<void> {
    return this.enqueue(async () => {
      await this.leaveSample(false);
      await this.#show(host);
    });
  }

  /** Hosts a disk in memory beside what is open, and shows it. */
  hostDisk(command: HostDiskCommand): Promise<void> {
    // Outside the queue: another server may take long to answer, and that must hold up nothing else.
    const started = this.#hosts.start(command);
    return started.then((host) =>
      this.enqueue(async () => {
        if (this.#disposed) return host.stop();
        await this.leaveSample(false);
        await this.#show(host);
      }),
    );
  }

  /** Hosts as many disks in memory as are asked for, all or none, and shows them. */
  hostSet(command: HostSetCommand): Promise<void> {
    return this.enqueue(async () => {
      const hosts = await this.#hosts.startSet(command);
      await this.leaveSample(false);
      for (const host of hosts) await this.#show(host);
    });
  }

  async #show(host: DiskHost): Promise<void> {
    const source = this.session.add(host.source);
    this.#hosts.add(source, host);
    for (const disk of this.session.disksOf(source)) {
      await this.faults.add(disk, host.faults);
      this.structures.hosted(disk, host);
    }
  }

  /** Ends a hosted disk and its picture; `force` though clients are connected. */
  stopHost(sourceId: number, force: boolean): Promise<void> {
    return this.enqueue(async () => {
      await this.#hosts.stop(sourceId, force);
      await this.session.close(sourceId);
    });
  }

  /** The disk hosted as that source. @throws RefusedError when there is none. */
  hostOf(sourceId: number): DiskHost {
    return this.#hosts.get(sourceId);
  }

  /** Saves a hosted disk as a raw image. @throws Error when it cannot be written there. */
  saveHost(
    sourceId: number,
    path: string,
    how: { readonly sparse: boolean; readonly replace: boolean },
  ): Promise<void> {
    return this.#hosts.save(sourceId, path, how);
  }

  /** The hosted disks that are not to be ended without asking. */
  get atStake(): readonly DiskAtStake[] {
    return this.#hosts.atStake;
  }

  /** Serves a window until its channel closes. */
  attach(channel: Channel): void {
    const window = new WindowConnection(this, channel, () => {
      this.#windows.delete(window);
      this.#windowsChanged();
    });
    this.#windows.add(window);
    this.#windowsChanged();
  }

  #windowsChanged(): void {
    this.#hosts.watched = this.#windows.size > 0;
    if (this.#windows.size > 0) this.#logFaults.tellLeftOvers();
    this.onWindowsChanged();
  }

  /** Opens logs by path, one source each; `sizeBytes` is for disks whose log does not tell their size. */
  openLogs(paths: readonly string[], sizeBytes: bigint | null, replace = true): Promise<void> {
    return this.enqueue(async () => {
      const [capture] = (await Promise.all(paths.map(isCapture))).flatMap((is, i) => (is ? [paths[i]] : []));
      if (capture !== undefined) return this.#openCapture(capture, paths.length);
      await this.leaveSample(replace);
      for (const path of paths) {
        const absolute = resolve(path);
        this.session.add(createLogSource(absolute), { sizeBytes });
        this.recentLogs.note(absolute);
      }
      this.#infoSoon.ask();
    });
  }

  /** Opens the logs of a set of disks, with the error filter's files where they are named. */
  openSet(set: LogSet, replace = true): Promise<void> {
    const members = membersOf(set);
    return this.enqueue(async () => {
      await this.leaveSample(replace);
      for (const { name, log, errorFile } of members) {
        const source = this.session.add(createLogSource(log, { name }), { sizeBytes: set.sizeBytes });
        if (errorFile !== null) await this.#logFaults.attach(source, { errorFile, logFirstCommand: null });
        this.recentLogs.note(log);
      }
      this.#infoSoon.ask();
    });
  }

  /** Says which file makes the log behind a disk fail; null forgets it. @throws RefusedError when that cannot be. */
  setErrorFile(disk: number, path: string | null): Promise<void> {
    return this.enqueue(() => this.#logFaults.setErrorFile(disk, path));
  }

  /** The nbdkit that is installed; null for none. */
  async installedNbdkit(): Promise<InstalledNbdkit | null> {
    const found = await this.#installed;
    // It may have been installed since.
    if (found === null) this.#installed = findNbdkit();
    return this.#installed;
  }

  /**
   * Runs nbdkit as a line asks for it, and shows what its log tells.
   * @throws RefusedError naming what will not do, or what nbdkit had to say.
   */
  async startNbdkit(line: string, confirmed: boolean): Promise<void> {
    const nbdkit = await NbdkitProcess.start(line, confirmed);
    await this.enqueue(async () => {
      if (this.#disposed) return nbdkit.dispose();
      try {
        await this.leaveSample(false);
      } catch (error) {
        await nbdkit.dispose();
        throw error;
      }
      const { logFile, errorFile, logFirstCommand, name } = nbdkit.plan;
      const source = this.session.add(createLogSource(logFile, { name, kind: 'nbdkit' }));
      this.#nbdkits.add(source, nbdkit);
      await this.#logFaults.attach(source, { errorFile, logFirstCommand });
      nbdkit.onChanged = () => this.#infoSoon.ask();
      for (const notice of planNotices(nbdkit.plan)) this.session.notice(source, notice);
      this.#infoSoon.ask();
    });
  }

  /** Ends an nbdkit; what it did stays to be seen. */
  async stopNbdkit(sourceId: number): Promise<void> {
    await this.#nbdkits.stop(sourceId);
    this.sendInfo();
  }

  openStdin(stream: Readable, sizeBytes: bigint | null = null): Promise<void> {
    return this.enqueue(async () => {
      await this.leaveSample(false);
      this.session.add(createStdinSource(stream), { sizeBytes });
    });
  }

  /** Opens a built-in recording instead of what is open; windows play it from its first moment. */
  openSample(sample: SampleId = 'ext4'): Promise<void> {
    return this.enqueue(async () => {
      this.#refuseWhileServing('the sample is opened');
      await this.#empty();
      const recording = openSample(this.options.assetsDir, sample);
      this.past.recording = recording;
      this.#sample = sample;
      this.session.add(recording);
      this.#playFromStart();
    });
  }

  /**
   * Opens two recordings in step instead of what is open; windows play them from the first moment.
   * @throws RefusedError when one cannot be had, or has no such moment.
   */
  compare(request: CompareRequest): Promise<void> {
    return this.enqueue(async () => {
      this.#refuseWhileServing('two recordings are compared');
      const sides = await prepareComparison(request, this.options.assetsDir);
      await this.#empty();
      openComparison(sides, this.session, this.past);
      for (const { source } of this.past.comparison?.sides ?? []) {
        const path = this.session.sourceOf(source)?.path ?? null;
        if (path !== null) this.recentLogs.note(resolve(path));
      }
      this.#playFromStart();
    });
  }

  /** Opens a capture instead of what is open; windows play it from its first moment. */
  async #openCapture(path: string, files: number): Promise<void> {
    if (files > 1) throw new RefusedError(`${path} is a capture, which is opened by itself`);
    this.#refuseWhileServing('the capture is opened');
    const absolute = resolve(path);
    const indexDir = join(this.options.cacheDir ?? this.options.stateDir, 'captures');
    const opening = OpenCapture.open(absolute, indexDir);
    const capture = await whileSaid(this.session, `${path} is being opened`, opening);
    await this.#empty();
    this.past.recording = capture.source;
    this.past.capture = capture;
    this.session.add(capture.source);
    this.#arrays.set(capture.history.session.arrays);
    await this.structures.recall(capture.history.structures(), capture.source.name);
    this.recentLogs.note(absolute);
    this.#playFromStart();
    this.#infoSoon.ask();
  }

  /** Records what is open by then, from its beginning, to a capture. @throws Error when the file cannot be made. */
  record(path: string): Promise<void> {
    return this.enqueue(() => this.captures.start(path, true, false));
  }

  /** Changes marks of what is open. @throws RefusedError saying what will not do. */
  changeMarks(change: (past: SessionPast) => void): void {
    change(this.past);
    this.#infoSoon.ask();
  }

  closeSource(sourceId: number): Promise<void> {
    return this.enqueue(async () => {
      await this.captures.flush();
      if (this.session.sourceOf(sourceId) === this.past.recording) this.#leaveRecording();
      if (this.#hosts.has(sourceId)) await this.#hosts.stop(sourceId, false);
      await this.session.close(sourceId);
    });
  }

  /** Shows another run of a log (null: all of them): the session reads all its logs again. */
  pickRun(sourceId: number, run: number | null): Promise<void> {
    return this.enqueue(async () => {
      const { session } = this;
      if (this.past.comparison !== null) {
        throw new RefusedError('two recordings are compared; open the log by itself to pick a run');
      }
      const again = logsToReadAgain(session, sourceId, run, (id) => this.#logFaults.errorFileOf(id));
      await session.reset();
      for (const { path, name, run: itsRun, sizeBytes, kept, errorFile } of again) {
        const source = session.add(createLogSource(path, { run: itsRun, name }), {
          run: itsRun,
          sizeBytes,
          kept,
        });
        if (errorFile !== null) await this.#logFaults.attach(source, { errorFile, logFirstCommand: null });
      }
    });
  }

  setDiskSize(disk: number, sizeText: string): void {
    const size = parseSize(sizeText);
    if ('error' in size) throw new RefusedError(size.error);
    if (!this.session.hasDisk(disk)) throw new RefusedError(`there is no disk ${disk}`);
    this.session.setDiskSize(disk, size.bytes);
  }

  renameDisk(disk: number, name: string): void {
    if (!this.session.hasDisk(disk)) throw new RefusedError(`there is no disk ${disk}`);
    this.session.renameDisk(disk, name);
  }

  /** Turns a disk's Error switch. @throws RefusedError when that cannot be. */
  async setDiskError(disk: number, on: boolean, removeForeign: boolean): Promise<void> {
    if (!this.session.hasDisk(disk)) throw new RefusedError(`there is no disk ${disk}`);
    await this.faults.setError(disk, on, removeForeign);
    this.sendInfo();
  }

  /** Puts rules in the place of a disk's rules before. @throws RefusedError when the disk cannot have them. */
  setFaultRules(disk: number, rules: readonly FaultRule[]): void {
    if (!this.session.hasDisk(disk)) throw new RefusedError(`there is no disk ${disk}`);
    this.faults.setRules(disk, rules);
    this.sendInfo();
  }

  /** Says which disks make up arrays. @throws RefusedError for a disk that is not there, or is named twice. */
  setArrays(arrays: readonly ArrayLayout[]): void {
    this.#arrays.set(arrays);
    this.sendInfo();
  }

  #leaveRecording(): void {
    this.past.recording = null;
    this.past.capture = null;
    this.#sample = null;
  }

  /** @throws RefusedError while something here has clients, which would lose it. */
  #refuseWhileServing(what: string): void {
    if (this.hosting) throw new RefusedError(`a disk is hosted here; stop it before ${what}`);
    if (this.#nbdkits.running) throw new RefusedError(`an nbdkit runs here; stop it before ${what}`);
  }

  #playFromStart(): void {
    for (const window of this.#windows) window.view.playFromStart();
  }

  /** Empties the session: what was open ends. */
  async #empty(): Promise<void> {
    await this.captures.stop();
    this.#leaveRecording();
    this.past.comparison = null;
    this.#arrays.clear();
    await this.session.reset();
  }

  /** Leaves the sample (`replace`: whatever is open), so that a source that is added next stands alone. */
  async leaveSample(replace: boolean): Promise<void> {
    if (!this.hosting && !this.#nbdkits.running) {
      if (replace || this.past.recording !== null) await this.#empty();
      return;
    }
    if (!replace) return;
    // A hosted disk has clients, as has an nbdkit: it stays, and what is opened next stands beside it.
    for (const { id, kind } of this.session.sourceInfos()) {
      if (kind !== 'host' && !this.#nbdkits.isRunning(id)) await this.session.close(id);
    }
  }

  /** Runs `task` after those before it; a failure is the caller's alone. */
  enqueue(task: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(task);
    this.#queue = done.catch(() => {});
    return done;
  }

  sessionInfo(): SessionInfo {
    return sessionInfoOf(this, {
      arrays: this.#arrays.infos(),
      hosted: (source) => this.#hosts.info(source),
      nbdkit: (source) => this.#nbdkits.info(source),
    });
  }

  sendInfo(): void {
    const session = this.sessionInfo();
    for (const window of this.#windows) window.sendSession(session);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#infoSoon.callOff();
    this.#historySoon.callOff();
    for (const window of [...this.#windows]) window.close();
    await this.enqueue(() => this.#hosts.stopAll());
    await this.captures.dispose();
    await this.structures.dispose();
    await this.enqueue(() => this.session.dispose());
    await this.enqueue(async () => {
      await Promise.all([this.#nbdkits.dispose(), this.#logFaults.dispose(), this.faults.dispose()]);
    });
    this.#infoSoon.callOff();
    this.#historySoon.callOff();
  }
}
