import { formatBytes } from '#shared/bytes/size.ts';
import { buildDisk, type DiskRequest, type DiskStack } from './filters/stack.ts';
import { HostedExport } from './hosted-export.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { NbdSource } from './nbd-source.ts';
import { type ListenAddress, NbdServer } from './server.ts';

/** Real memory that the disks hosted by one process may take together, unless told otherwise. */
const MEMORY_LIMIT_BYTES = 2 * 1024 ** 3;

/** One disk to host, and where. */
export interface HostRequest extends DiskRequest {
  readonly exportName: string;
  readonly address: ListenAddress;
}

/** Told in words what a host's clients do. */
export type HostLog = (text: string) => void;

/**
 * One hosted disk: its server, and the source through which a session sees it. The server's clients go on whether
 * anybody watches or not.
 */
export class DiskHost {
  /** The address clients use. */
  readonly uri: string;
  readonly source: NbdSource;
  readonly #server: NbdServer;
  readonly #disk: DiskStack;

  private constructor(uri: string, source: NbdSource, server: NbdServer, disk: DiskStack) {
    this.uri = uri;
    this.source = source;
    this.#server = server;
    this.#disk = disk;
  }

  /**
   * Builds the disk and begins to listen.
   * @throws Error naming what was refused, when a parameter will not do or the address is not to be had.
   */
  static async start(request: HostRequest, log: HostLog = () => {}): Promise<DiskHost> {
    const allowance = new MemoryAllowance(MEMORY_LIMIT_BYTES);
    const disk = buildDisk(request, allowance);
    const size = formatBytes(disk.backend.sizeBytes);
    const source = new NbdSource(
      request.exportName === '' ? `${request.plugin} ${size}` : request.exportName,
    );
    allowance.onRefused = () => {
      source.notice({
        key: 'memory-full',
        level: 'warning',
        text: `the disk has reached its limit of ${formatBytes(allowance.limitBytes)} of memory: writes get ENOSPC until something is trimmed`,
        detail: null,
      });
    };
    let clients = 0;
    const server = new NbdServer(
      {},
      {
        connectionsChanged: () => {
          const now = server.connections.length;
          if (now !== clients) log(`${now} ${now === 1 ? 'client' : 'clients'} connected`);
          clients = now;
        },
        connectionFailed: (connection, reason) =>
          log(`client ${connection.number} (${connection.peer}): ${reason}`),
        connectionRefused: (reason) => log(`a client was turned away: ${reason}`),
      },
    );
    const observer = source.addDisk(request.exportName, disk.backend.sizeBytes);
    server.addExport(new HostedExport(request.exportName, `${size} in memory`, disk.backend, observer));
    source.onRelieved = () => server.relieved();
    try {
      const uri = await server.listen(request.address);
      source.tell('live', `serving at ${uri}`);
      return new DiskHost(uri, source, server, disk);
    } catch (error) {
      await disk.backend.dispose();
      throw error;
    }
  }

  /** Clients connected now. */
  get clientCount(): number {
    return this.#server.connections.length;
  }

  /** Ends the server in good order, then the disk. */
  async stop(): Promise<void> {
    await this.#server.close();
    this.source.tell('ended', 'no longer served');
    await this.#disk.backend.dispose();
  }
}
