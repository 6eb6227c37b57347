import { formatBytes } from '#shared/bytes/size.ts';
import type { Workload } from '#shared/contract/commands.ts';
import type { FaultRule } from '#shared/contract/faults.ts';
import type { HostInfo } from '#shared/contract/messages.ts';
import { HostFaults } from '../faults/host-faults.ts';
import { ClientLog, featuresOf, type HostLog } from './client-log.ts';
import { LiveParameters } from './filters/live-parameters.ts';
import { LogFilter } from './filters/log-filter.ts';
import { buildDisk, type DiskRequest, type DiskStack } from './filters/stack.ts';
import { absolute, type HostAddress, hostAddress } from './host-address.ts';
import { HostedExport } from './hosted-export.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryShare } from './memory-share.ts';
import { NbdSource } from './nbd-source.ts';
import { type ListenAddress, NbdServer } from './server.ts';
import { WorkloadRunner } from './workloads/workload-runner.ts';

/** Real memory that the disks hosted by one process may take together. */
const MEMORY_LIMIT_BYTES = 2 * 1024 ** 3;
const PROCESS_MEMORY = new MemoryAllowance(MEMORY_LIMIT_BYTES);
/** The notice of a full memory is given at most so often, ms: every refused write asks for it. */
const NOTICE_MS = 1_000;

/** One disk to host, and where. */
export interface HostRequest extends DiskRequest {
  readonly exportName: string;
  readonly address: ListenAddress;
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
  readonly #parameters: LiveParameters;
  readonly #exportName: string;
  readonly #set: HostInfo['set'];
  readonly #server: NbdServer;
  readonly #disk: DiskStack;
  readonly #memory: MemoryShare;
  readonly #workload: WorkloadRunner;

  private constructor(
    request: HostRequest,
    address: HostAddress,
    source: NbdSource,
    server: NbdServer,
    disk: DiskStack,
    faults: HostFaults,
    memory: MemoryShare,
  ) {
    this.#exportName = request.exportName;
    this.#set = request.set ?? null;
    this.address = address;
    this.source = source;
    this.faults = faults;
    this.#parameters = new LiveParameters(disk, request);
    this.#server = server;
    this.#disk = disk;
    this.#memory = memory;
    this.#workload = new WorkloadRunner(server, address, request.exportName, (notice) =>
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
    const memory = new MemoryShare(allowance);
    const disk = buildDisk({ ...request, changeable: true }, memory);
    const size = formatBytes(disk.backend.sizeBytes);
    const source = new NbdSource(request.title ?? (request.exportName || request.plugin));
    noticeLostLog(disk, source);
    const server: NbdServer = new NbdServer(
      {},
      log === null ? null : new ClientLog(log, () => server.connections),
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
      server.addExport(new HostedExport(request.exportName, `${size} in memory`, disk.backend, observer));
      source.onRelieved = () => server.relieved();
      const address = hostAddress(await server.listen(absolute(request.address)), request.exportName);
      noticeFullMemory(memory, source);
      source.tell('live', `serving at ${address.uri}`);
      return new DiskHost(request, address, source, server, disk, faults, memory);
    } catch (error) {
      await disk.backend.dispose();
      throw error;
    }
  }

  /** The address clients use. */
  get uri(): string {
    return this.address.uri;
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
    return `${connections}|${connection}|${running?.name} ${running?.done}|${this.#memory.usedBytes}|${this.#disk.backend.readOnly}|${this.faults.mark}`;
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
      memoryBytes: this.#disk.memory.usedBytes,
      memoryLimitBytes: this.#memory.limitBytes,
      connections: this.#server.connections.map((connection) => ({
        number: connection.number,
        peer: connection.peer,
        state: connection.state,
        features: featuresOf(connection.negotiated),
        requestsInFlight: connection.requestsInFlight,
        transactions: connection.transactions,
        connectedMs: Math.max(0, nowMs - connection.connectedMs),
        builtIn: connection.number === this.#workload.connection,
      })),
      set: this.#set,
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
    await this.#workload.stop();
    await this.faults.dispose();
    await this.#server.close();
    this.source.tell('ended', 'no longer served');
    await this.#disk.backend.dispose();
  }
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
