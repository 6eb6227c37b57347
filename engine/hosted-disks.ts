import { parseSize } from '#shared/bytes/size.ts';
import type { Command } from '#shared/contract/commands.ts';
import type { HostInfo } from '#shared/contract/messages.ts';
import { DiskHost } from './nbd/disk-host.ts';
import { RefusedError } from './refused-error.ts';

/** What a window asks for when it hosts a disk. */
export type HostDiskCommand = Extract<Command, { command: 'hostDisk' }>;

/** How often hosted disks are looked at for what windows should be told, ms. */
const LOOK_MS = 250;

/** The disks hosted by one engine, by the number of their source. */
export class HostedDisks {
  readonly #hosts = new Map<number, DiskHost>();
  readonly #onChanged: () => void;
  #marks = '';
  #watched = false;
  #timer: NodeJS.Timeout | null = null;

  /** @param onChanged called a few times a second at most, while somebody watches and something changes. */
  constructor(onChanged: () => void) {
    this.#onChanged = onChanged;
  }

  get size(): number {
    return this.#hosts.size;
  }

  /** Whether windows are there to be told. */
  set watched(on: boolean) {
    this.#watched = on;
    this.#setTimer();
  }

  /**
   * Builds a disk as a window asks for it and serves it.
   * @throws RefusedError naming the parameter that will not do, or why the address is not to be had.
   */
  async start(command: HostDiskCommand): Promise<DiskHost> {
    const size = parseSize(command.size);
    if ('error' in size) throw new RefusedError(`size: ${size.error}`);
    for (const { key } of command.parameters) {
      if (key === 'size') throw new RefusedError('size is given once, in its own place');
    }
    const given = command.parameters.filter(({ value }) => value !== '');
    try {
      return await DiskHost.start({
        plugin: 'memory',
        ...(command.exportName === '' ? { title: this.#freeTitle('memory') } : {}),
        filters: command.readOnly ? ['readonly'] : [],
        parameters: [['size', command.size], ...given.map(({ key, value }) => [key, value] as const)],
        addFilters: true,
        exportName: command.exportName,
        address: command.tcpPort === null ? { kind: 'unix' } : { kind: 'tcp', port: command.tcpPort },
      });
    } catch (error) {
      throw new RefusedError(error instanceof Error ? error.message : String(error));
    }
  }

  add(sourceId: number, host: DiskHost): void {
    this.#hosts.set(sourceId, host);
    this.#setTimer();
  }

  has(sourceId: number): boolean {
    return this.#hosts.has(sourceId);
  }

  /** @throws RefusedError when no disk is hosted under that number. */
  get(sourceId: number): DiskHost {
    const host = this.#hosts.get(sourceId);
    if (host === undefined) throw new RefusedError(`no disk is hosted as source ${sourceId}`);
    return host;
  }

  info(sourceId: number): HostInfo | null {
    return this.#hosts.get(sourceId)?.info() ?? null;
  }

  /** Ends a hosted disk. @throws RefusedError while clients are connected, unless `force`. */
  async stop(sourceId: number, force: boolean): Promise<void> {
    const host = this.get(sourceId);
    const clients = host.clientCount;
    if (clients > 0 && !force) {
      const who = clients === 1 ? '1 client is' : `${clients} clients are`;
      throw new RefusedError(`${who} connected to ${host.uri}; let them go first, or stop it all the same`);
    }
    this.#hosts.delete(sourceId);
    this.#setTimer();
    await host.stop();
  }

  async stopAll(): Promise<void> {
    const hosts = [...this.#hosts.values()];
    this.#hosts.clear();
    this.#setTimer();
    await Promise.all(hosts.map((host) => host.stop()));
  }

  /** Disks without a name of their own are told apart by a number: `memory`, `memory 2`. */
  #freeTitle(title: string): string {
    const taken = new Set([...this.#hosts.values()].map((host) => host.source.name));
    if (!taken.has(title)) return title;
    let number = 2;
    while (taken.has(`${title} ${number}`)) number += 1;
    return `${title} ${number}`;
  }

  #setTimer(): void {
    if (this.#watched && this.#hosts.size > 0) {
      this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
    } else if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  #look(): void {
    const marks = [...this.#hosts].map(([id, host]) => `${id}:${host.mark}`).join('\n');
    if (marks === this.#marks) return;
    this.#marks = marks;
    this.#onChanged();
  }
}
