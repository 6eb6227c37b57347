import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseSize } from '#shared/bytes/size.ts';
import type { Command } from '#shared/contract/commands.ts';
import type { HostInfo } from '#shared/contract/messages.ts';
import type { HostTls } from '#shared/contract/tls.ts';
import { DiskHost, type HostRequest } from './nbd/disk-host.ts';
import { startDiskSet } from './nbd/disk-host-set.ts';
import { tlsOf } from './nbd/tls/tls-options.ts';
import type { TlsRequest } from './nbd/tls/tls-service.ts';
import { RefusedError } from './refused-error.ts';

/** What a window asks for when it hosts a disk. */
export type HostDiskCommand = Extract<Command, { command: 'hostDisk' }>;
/** What a window asks for when it hosts a set of disks. */
export type HostSetCommand = Extract<Command, { command: 'hostSet' }>;

/** What a disk of its own and a disk of a set have in common. */
type AskedDisk = Pick<HostDiskCommand, 'size' | 'parameters' | 'plugin' | 'allowFiles' | 'tls'>;

/** A hosted disk that is not to be ended without asking. */
export interface DiskAtStake {
  readonly source: number;
  readonly name: string;
  /** Whether it was written to and would lose that. */
  readonly unsaved: boolean;
  /** How many clients use it, without the built-in one. */
  readonly clients: number;
}

/** How often hosted disks are looked at for what windows should be told, ms. */
const LOOK_MS = 250;

/** The disks hosted by one engine, by the number of their source. */
export class HostedDisks {
  readonly #hosts = new Map<number, DiskHost>();
  /** Names of disks that are being started, which no other may have meanwhile. */
  readonly #starting = new Set<string>();
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
    const { exportName, readOnly, tcpPort } = command;
    const title = exportName === '' ? this.#freeTitle(titleOf(command)) : exportName;
    const filters = [...(readOnly ? ['readonly'] : []), ...(command.cow === true ? ['cow'] : [])];
    const request = { ...requestOf(command, tcpPort), title, exportName, filters, readOnly };
    this.#starting.add(title);
    try {
      return await refusing(DiskHost.start(request));
    } catch (error) {
      this.#starting.delete(title);
      throw error;
    }
  }

  /**
   * Builds as many disks as a window asks for and serves them, all or none.
   * @throws RefusedError naming what will not do.
   */
  async startSet(command: HostSetCommand): Promise<DiskHost[]> {
    return refusing(startDiskSet(requestOf(command, command.tcp ? 0 : null), command.count));
  }

  add(sourceId: number, host: DiskHost): void {
    this.#hosts.set(sourceId, host);
    this.#starting.delete(host.source.name);
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

  /**
   * Saves a hosted disk as a raw image.
   * @throws RefusedError where a file there is hosted itself, which would go on unseen by anybody; Error as {@link DiskHost.save}.
   */
  async save(
    sourceId: number,
    path: string,
    how: { readonly sparse: boolean; readonly replace: boolean },
  ): Promise<void> {
    const host = this.get(sourceId);
    const there = await stat(path).catch(() => null);
    for (const { file, source } of there === null ? [] : this.#hosts.values()) {
      const hosted = file === null ? null : await stat(file).catch(() => null);
      if (hosted !== null && hosted.dev === there?.dev && hosted.ino === there.ino) {
        throw new RefusedError(`${path} is hosted here, as ${source.name}; choose another name`);
      }
    }
    await host.save(path, how);
  }

  /** What would be lost, or who would be disturbed, if all ended now. */
  get atStake(): readonly DiskAtStake[] {
    return [...this.#hosts].flatMap(([source, host]) => {
      const { unsaved, clientCount: clients } = host;
      return unsaved || clients > 0 ? [{ source, name: host.source.name, unsaved, clients }] : [];
    });
  }

  /** Ends a hosted disk. @throws RefusedError while clients are connected, unless `force`. */
  async stop(sourceId: number, force: boolean): Promise<void> {
    const host = this.get(sourceId);
    const clients = host.clientCount;
    if (clients > 0 && !force) {
      const who = clients === 1 ? '1 client is' : `${clients} clients are`;
      throw new RefusedError(`${who} connected to ${host.uri}; let them go first, or stop it all the same`);
    }
    if (host.unsaved && !force) {
      throw new RefusedError(
        `${host.source.name} was written to, and all of that would be lost; save it first, or stop it all the same`,
      );
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
    const taken = new Set(this.#starting);
    for (const host of this.#hosts.values()) taken.add(host.source.name);
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

/** A name for a disk that was given none: its file's, or what kind it is. */
function titleOf({ plugin = 'memory', parameters }: HostDiskCommand): string {
  const path = parameters.find(({ key }) => key === 'file' || key === 'dir')?.value ?? '';
  return basename(path) || plugin;
}

/** A disk as a window asks for it. @throws RefusedError for a size or a way to do TLS that will not do. */
function requestOf(
  { size, parameters, plugin = 'memory', allowFiles, tls }: AskedDisk,
  tcpPort: number | null,
): HostRequest {
  const sized = plugin === 'memory' || size !== '';
  const parsed = sized ? parseSize(size) : null;
  if (parsed !== null && 'error' in parsed) throw new RefusedError(`size: ${parsed.error}`);
  for (const { key } of parameters) {
    if (key === 'size') throw new RefusedError('size is given once, in its own place');
  }
  const given = parameters.filter(({ value }) => value !== '').map(({ key, value }) => [key, value] as const);
  return {
    plugin,
    filters: [],
    parameters: sized ? [['size', size], ...given] : given,
    addFilters: true,
    allowFiles: allowFiles === true,
    exportName: '',
    address: tcpPort === null ? { kind: 'unix' } : { kind: 'tcp', port: tcpPort },
    tls: tls === undefined ? null : tlsRequestOf(tls),
  };
}

/** What the same would be on a command line. @throws RefusedError in its words. */
function tlsRequestOf({ mode, kind, path, verifyPeer }: HostTls): TlsRequest | null {
  const credentials = kind === 'psk' ? { tlsPsk: path } : { tlsCertificates: path };
  const request = tlsOf({ tls: mode, ...credentials, tlsVerifyPeer: verifyPeer });
  if (typeof request === 'string') throw new RefusedError(request);
  return request;
}

/** What was refused, as the person who asked is told. */
async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new RefusedError(error instanceof Error ? error.message : String(error));
  }
}
