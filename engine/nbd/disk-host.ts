import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { formatBytes } from '#shared/bytes/size.ts';
import type { Workload } from '#shared/contract/commands.ts';
import type { FaultRule } from '#shared/contract/faults.ts';
import type { HostInfo } from '#shared/contract/messages.ts';
import { errnoName } from '#shared/events/vocabulary.ts';
import { HostFaults } from '../faults/host-faults.ts';
import type { Backend } from './backend.ts';
import { NbdClient } from './client/nbd-client.ts';
import { ClientLog, featuresOf, type HostLog } from './client-log.ts';
import { clientTarget, copyDisk } from './copy-disk.ts';
import { DiskContent } from './disk-content.ts';
import { DiskTask } from './disk-task.ts';
import { CowFilter } from './filters/cow-filter.ts';
import { LiveParameters } from './filters/live-parameters.ts';
import { LogFilter } from './filters/log-filter.ts';
import { buildDisk, type DiskRequest, type DiskStack } from './filters/stack.ts';
import { absolute, type HostAddress, hostAddress } from './host-address.ts';
import { HostedExport } from './hosted-export.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryShare } from './memory-share.ts';
import { NbdSource } from './nbd-source.ts';
import { findPlugin } from './plugins/registry.ts';
import { saveToImage } from './save-image.ts';
import { eachListener, type ListenAddress, NbdServer } from './server.ts';
import { TlsNotices } from './tls/tls-notices.ts';
import { type TlsRequest, TlsService } from './tls/tls-service.ts';
import { UnsavedChanges } from './unsaved-changes.ts';
import { WorkloadRunner } from './workloads/workload-runner.ts';

/** Real memory that the disks hosted by one process may take together. */
const MEMORY_LIMIT_BYTES = 2 * 1024 ** 3;
const PROCESS_MEMORY = new MemoryAllowance(MEMORY_LIMIT_BYTES);
/** How long a save or copy that was broken off may take to end before the disk is taken from it, ms. */
const TASK_DRAIN_MS = 2_000;
/** The notice of a full memory is given at most so often, ms: every refused write asks for it. */
const NOTICE_MS = 1_000;

/** Kinds of disks whose bytes come from elsewhere each time. */
const FAR_PLUGINS = ['remote', 'curl'];

/** One disk to host, and where. */
export interface HostRequest extends DiskRequest {
  readonly exportName: string;
  readonly address: ListenAddress;
  /** Whether clients may or must encrypt, and what with; absent or null for no TLS. */
  readonly tls?: TlsRequest | null;
  /** Whether NBD_OPT_EXTENDED_HEADERS is offered; it is unless told. */
  readonly extendedHeaders?: boolean;
  /** Its place in the set it is hosted in; absent for a disk of its own. */
  readonly set?: HostInfo['set'];
  /** What windows call it; by its export's name if not given, or by its kind when that is empty. */
  readonly title?: string;
  /** Rules of faults that are in force before the first client comes. */
  readonly faultRules?: readonly FaultRule[];
}

/**
 * One hosted disk: its server, the source through which a session sees it, and the built-in client that can run
 * workloads on it. The server's clients go on whether anybody watches or not.
 */
export class DiskHost {
  readonly address: HostAddress;
  readonly source: NbdSource;
  readonly faults: HostFaults;
  /** What is on the disk, for those in this process who are no clients. */
  readonly content: DiskContent;
  readonly #parameters: LiveParameters;
  /** Where clients of this process come, which need no credentials. */
  readonly #own: HostAddress;
  readonly #exportName: string;
  readonly #set: HostInfo['set'];
  readonly #tls: HostInfo['tls'];
  readonly #server: NbdServer;
  readonly #plugin: string;
  readonly #disk: DiskStack;
  readonly #memory: MemoryShare;
  readonly #workload: WorkloadRunner;
  readonly #overlay: CowFilter | null;
  readonly #changes: UnsavedChanges;
  /** How much of the overlay a commit has done, and what breaks it off; null while none runs. */
  #committed: number | null = null;
  #commit: AbortController | null = null;
  readonly #task = new DiskTask();

  private constructor(
    request: HostRequest,
    addresses: { readonly clients: HostAddress; readonly own: HostAddress },
    source: NbdSource,
    server: NbdServer,
    disk: DiskStack,
    hosted: HostedExport,
    faults: HostFaults,
    memory: MemoryShare,
  ) {
    this.#plugin = request.plugin;
    this.#exportName = request.exportName;
    this.#set = request.set ?? null;
    const tls = request.tls ?? null;
    this.#tls = tls === null ? null : { mode: tls.mode, kind: tls.files.kind };
    this.address = addresses.clients;
    this.#own = addresses.own;
    this.source = source;
    this.faults = faults;
    this.#parameters = new LiveParameters(disk, request);
    this.#server = server;
    this.#disk = disk;
    this.#memory = memory;
    this.#overlay = disk.filters.find((filter) => filter instanceof CowFilter) ?? null;
    this.#changes = new UnsavedChanges(hosted, this.#overlay, disk.plugin.volatile);
    this.content = new DiskContent(this.#inside);
    this.#workload = new WorkloadRunner(server, this.#own, request.exportName, (notice) =>
      source.notice(notice),
    );
  }

  /**
   * Builds the disk and begins to listen.
   * @param log is told how clients come and go.
   * @param allowance what this disk and others may take together.
   * @throws Error naming what was refused, when a parameter or rule will not do or the address is not to be had.
   */
  static async start(
    request: HostRequest,
    log: HostLog | null = null,
    allowance: MemoryAllowance = PROCESS_MEMORY,
  ): Promise<DiskHost> {
    const tls = await tlsOf(request);
    const memory = new MemoryShare(allowance);
    const disk = await buildDisk({ ...request, changeable: true }, memory);
    const source = new NbdSource(request.title ?? (request.exportName || disk.plugin.name));
    noticeLostLog(disk, source);
    const server: NbdServer = new NbdServer(
      { ...(tls !== null && { tls }), extendedHeaders: request.extendedHeaders ?? true },
      eachListener([
        ...(log === null ? [] : [new ClientLog(log, () => server.connections)]),
        ...(tls === null ? [] : [new TlsNotices(source.name, (notice) => source.notice(notice))]),
      ]),
    );
    const faults = new HostFaults(disk.faults, disk.backend.sizeBytes, (change) => {
      source.faultChanged(0, change);
    });
    disk.faults.hangUp = (connection) => server.disconnect(connection);
    try {
      faults.setRules(request.faultRules ?? []);
      source.onStarted = () => {
        if (faults.isSet) faults.tell('faults as the disk came with them');
      };
      const observer = source.addDisk(request.exportName, disk.backend.sizeBytes);
      const hosted = new HostedExport(request.exportName, disk.plugin.words, disk.backend, observer);
      server.addExport(hosted);
      source.onRelieved = () => server.relieved();
      const name = request.exportName;
      const security = tls?.mode === 'require' ? tls.service.uriSecurity : null;
      const address = hostAddress(await server.listen(absolute(request.address)), name, security);
      const own = security === null ? address : hostAddress(await server.listenForOurselves(), name);
      noticeFullMemory(memory, source);
      tellHappenings(disk, source, `serving at ${address.uri}`);
      return new DiskHost(request, { clients: address, own }, source, server, disk, hosted, faults, memory);
    } catch (error) {
      await server.close(0);
      await disk.backend.dispose();
      throw error;
    }
  }

  /** The address clients use. */
  get uri(): string {
    return this.address.uri;
  }

  /** Whether reading it costs next to nothing: it lies in this machine. */
  get isNear(): boolean {
    return !FAR_PLUGINS.includes(findPlugin(this.#plugin).name);
  }

  /** The file of this machine that the disk is in; null for none. */
  get file(): string | null {
    return this.#disk.plugin.file ?? null;
  }

  /** Clients connected now, without the built-in one. */
  get clientCount(): number {
    const builtIn = this.#workload.connection;
    return this.#server.connections.filter(({ number }) => number !== builtIn).length;
  }

  /** What {@link info} tells is another when this is, but for the time that passes. */
  get mark(): string {
    const connections = this.#server.connections.map(
      ({ number, state, requestsInFlight, transactions }) =>
        `${number} ${state} ${requestsInFlight} ${transactions}`,
    );
    const { running, connection } = this.#workload;
    return `${connections}|${connection}|${running?.name} ${running?.done}|${this.#memory.usedBytes}|${this.#disk.backend.readOnly}|${this.#changes.any} ${this.unsaved}|${this.#disk.plugin.warnings.join()}|${this.#overlay?.usedBytes}|${this.#committed}|${this.#task.info?.done}|${this.faults.mark}`;
  }

  /** How the disk and its clients are now. */
  info(): HostInfo {
    const nowMs = Date.now();
    return {
      ...this.address,
      exportName: this.#exportName,
      sizeBytes: `${this.#disk.backend.sizeBytes}`,
      readOnly: this.#disk.backend.readOnly,
      parameters: this.#parameters.list(),
      plugin: this.#plugin,
      words: this.#disk.plugin.words,
      warnings: [...this.#disk.plugin.warnings],
      changed: this.#changes.any,
      volatile: this.#disk.plugin.volatile || this.#overlay !== null,
      unsaved: this.unsaved,
      overlay: this.#overlayInfo(),
      task: this.#task.info,
      tasksDone: this.#task.doneCount,
      memoryBytes: this.#disk.plugin.usedBytes,
      memoryLimitBytes: this.#memory.limitBytes,
      connections: this.#server.connections.map((connection) => ({
        number: connection.number,
        peer: connection.peer,
        state: connection.state,
        features: featuresOf(connection),
        requestsInFlight: connection.requestsInFlight,
        transactions: connection.transactions,
        connectedMs: Math.max(0, nowMs - connection.connectedMs),
        builtIn: connection.number === this.#workload.connection,
      })),
      set: this.#set,
      tls: this.#tls,
      workload: this.#workload.running,
    };
  }

  /**
   * Changes a filter's parameter for the requests that come after; an empty value puts it out of force.
   * @throws ParameterError when there is no such parameter, or the value will not do.
   */
  setParameter(key: string, value: string): void {
    this.#parameters.set(key, value);
    this.faults.tell(value === '' ? `${key} put out of force` : `${key} set to ${value}`);
  }

  setReadOnly(on: boolean): void {
    if (this.#parameters.readOnly === on) return;
    this.#parameters.readOnly = on;
    this.faults.tell(on ? 'made read-only: writes, trims and zeroes fail with EPERM' : 'no longer read-only');
  }

  /** Hangs up on a client. Returns false when it is gone already. */
  disconnect(connection: number): boolean {
    const there = this.#server.connections.some(({ number }) => number === connection);
    if (there) this.#server.disconnect(connection);
    return there;
  }

  /** Whether it was written to and would lose that when it is stopped. */
  get unsaved(): boolean {
    return this.#changes.wouldBeLost;
  }

  /**
   * Saves the disk as a raw image. What clients write meanwhile is in it or not.
   * @throws Error when something is there already and is not to be replaced or is in use, or it cannot be written.
   */
  async save(path: string, how: { readonly sparse: boolean; readonly replace: boolean }): Promise<void> {
    const whole = resolve(path);
    const { cancelled, copiedBytes } = await this.#task.run('save', whole, (onProgress, signal) =>
      this.#changes.save(() => saveToImage(this.#inside, whole, { ...how, onProgress, signal })),
    );
    if (cancelled) return;
    this.#tell('saved', `Saved ${this.source.name} as ${whole}, ${formatBytes(copiedBytes)} of data`);
  }

  /** Copies the disk to another, over what is there. @throws Error when that is too small or cannot be written. */
  async copyTo(other: DiskHost): Promise<void> {
    if (other === this) throw new Error('a disk is not copied to itself; choose another');
    const { tcp, socketPath } = other.#own;
    const client = await NbdClient.connect(tcp ?? { path: socketPath ?? '' }, other.#exportName);
    try {
      const name = other.source.name;
      if (client.readOnly) throw new Error(`${name} is read-only`);
      if (client.sizeBytes < this.#inside.sizeBytes) {
        const sizes = `${formatBytes(client.sizeBytes)}, less than ${formatBytes(this.#inside.sizeBytes)}`;
        throw new Error(`${name} has ${sizes}; choose a larger disk`);
      }
      const { cancelled, copiedBytes } = await this.#task.run('copy', name, (onProgress, signal) =>
        copyDisk(this.#inside, clientTarget(client), onProgress, signal),
      );
      if (!cancelled) {
        this.#tell('copied', `Copied ${this.source.name} to ${name}, ${formatBytes(copiedBytes)} of data`);
      }
    } finally {
      await client.disconnect();
    }
  }

  /** Breaks off a save or copy that runs. */
  cancelTask(): void {
    this.#task.cancel();
  }

  #tell(key: string, text: string): void {
    this.source.notice({ key, level: 'info', text, detail: null });
  }

  /** The disk as clients see it, without delays, errors and the log. */
  get #inside(): Backend {
    return this.#overlay ?? this.#disk.plugin.backend;
  }

  /**
   * Writes the overlay to the disk below, while clients go on.
   * @throws Error when there is none, it cannot be committed, or the disk below failed; what is left is still there.
   */
  async commitOverlay(): Promise<void> {
    const overlay = this.#neededOverlay();
    if (overlay.whyNoCommit !== null) throw new Error(`nothing can be committed: ${overlay.whyNoCommit}`);
    if (this.#commit !== null) throw new Error('the overlay is being committed already');
    this.#commit = new AbortController();
    this.#committed = 0;
    try {
      const { bytes, failed, cancelled } = await overlay.commit((done, total) => {
        this.#committed = total === 0n ? 1 : Number((done * 1000n) / total) / 1000;
      }, this.#commit.signal);
      this.#changes.committed(bytes);
      if (failed !== 0) {
        throw new Error(
          `${this.source.name} could be committed no further than ${formatBytes(bytes)}: the disk below failed with ${errnoName(failed)}; the rest is still kept apart`,
        );
      }
      const what = cancelled ? 'The commit was broken off after' : 'Committed';
      const text = `${what} ${formatBytes(bytes)} to ${this.#disk.plugin.words}`;
      this.#tell('commit', text);
    } finally {
      this.#commit = null;
      this.#committed = null;
    }
  }

  /** Breaks off a commit that runs. */
  cancelCommit(): void {
    this.#commit?.abort();
  }

  /** Forgets the overlay. @throws Error when there is none, or it is being committed. */
  async discardOverlay(): Promise<void> {
    await this.#neededOverlay().discard();
    this.#changes.discarded();
  }

  #neededOverlay(): CowFilter {
    if (this.#overlay === null) throw new Error(`${this.source.name} has no overlay; host it with one`);
    return this.#overlay;
  }

  #overlayInfo(): HostInfo['overlay'] {
    const overlay = this.#overlay;
    if (overlay === null) return null;
    const { usedBytes, isChanged: changed, whyNoCommit } = overlay;
    return {
      usedBytes,
      changed,
      whyNoCommit,
      committed: this.#committed,
    };
  }

  /**
   * Connects the built-in client and lets it run a workload; returns once it has begun.
   * @throws Error when one runs already, or it does not suit the disk.
   */
  runWorkload(workload: Workload): Promise<void> {
    return this.#workload.start(workload);
  }

  /** Ends the workload that runs, if one does. */
  stopWorkload(): Promise<void> {
    return this.#workload.stop();
  }

  /** Ends the workload and the server in good order, then the disk. */
  async stop(): Promise<void> {
    this.cancelCommit();
    this.cancelTask();
    await this.#taskEnded();
    await this.#workload.stop();
    await this.faults.dispose();
    await this.#server.close();
    this.source.tell('ended', 'no longer served');
    await this.#inTime(this.content.end());
    await this.#disk.backend.dispose();
    await this.#taskEnded();
  }

  /** A task that was broken off has ended, or waits for a disk that does not answer. */
  #taskEnded(): Promise<void> {
    return this.#inTime(this.#task.ended);
  }

  /** Waits for what has been told to end; not for long, as a disk in another place may not answer. */
  async #inTime(ended: Promise<unknown>): Promise<void> {
    const waited = new AbortController();
    const late = pause(TASK_DRAIN_MS, undefined, { signal: waited.signal }).catch(() => undefined);
    await Promise.race([ended, late]);
    waited.abort();
  }
}

/** @throws Error when the credentials will not do. */
async function tlsOf({ tls }: HostRequest): Promise<{ mode: 'on' | 'require'; service: TlsService } | null> {
  if (tls === undefined || tls === null) return null;
  return { mode: tls.mode, service: await TlsService.start(tls.files) };
}

function noticeFullMemory(memory: MemoryShare, source: NbdSource): void {
  let lastMs = Number.NEGATIVE_INFINITY;
  memory.onRefused = () => {
    const nowMs = performance.now();
    if (nowMs - lastMs < NOTICE_MS) return;
    lastMs = nowMs;
    source.notice({
      key: 'memory-full',
      level: 'warning',
      text: `A client of ${source.name} got ENOSPC: the hosted disks together have reached their limit of ${formatBytes(memory.limitBytes)} of memory; trim something, or stop a disk`,
      detail: null,
    });
  };
}

/** @param serving how it stands while all is well. */
function tellHappenings(disk: DiskStack, source: NbdSource, serving: string): void {
  source.tell('live', serving);
  disk.plugin.watch?.(({ status, text, level }) => {
    source.tell('live', status ?? serving);
    if (text !== null) source.notice({ key: 'disk', level, text, detail: null });
  });
}

function noticeLostLog(disk: DiskStack, source: NbdSource): void {
  for (const filter of disk.filters) {
    if (!(filter instanceof LogFilter)) continue;
    filter.onError = (error) =>
      source.notice({
        key: 'log-lost',
        level: 'warning',
        text: `${source.name} is logged no longer, as its log file cannot be written: ${error.message}`,
        detail: null,
      });
  }
}
