import { mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDisk, type DiskStack } from '../filters/stack.ts';
import { HostedExport, type RequestObserver } from '../hosted-export.ts';
import { MemoryAllowance } from '../memory-allowance.ts';
import { NbdServer, type NbdServerOptions, type ServerListener } from '../server.ts';
import { type TlsRequest, TlsService } from '../tls/tls-service.ts';
import { RawClient } from './raw-client.ts';

/** The path of the Unix socket in an NBD URI that a server gave. */
export function socketPath(uri: string): string {
  return new URL(uri.replace('nbd+unix:', 'http:').replace('///', '//x/')).searchParams.get('socket') ?? '';
}

let parent: string | null = null;

/**
 * A directory of this process for its servers' sockets. Servers remove what crashed ones have left in their parent
 * directory, and tests must find there what they themselves put there. Give it back with {@link leaveTestParent}.
 */
export function testParent(): string {
  parent ??= mkdtempSync(join(tmpdir(), 'nbdscope-test-'));
  return parent;
}

/** Removes the directory when no server is left in it. */
export function leaveTestParent(): void {
  if (parent === null || readdirSync(parent).length > 0) return;
  rmdirSync(parent);
  parent = null;
}

/** A server with one disk, for tests. */
export interface Served {
  readonly server: NbdServer;
  readonly uri: string;
  readonly socket: string;
  readonly disk: DiskStack;
  readonly allowance: MemoryAllowance;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** With its own size among the parameters, where it takes one; memory unless told. */
  readonly plugin?: string;
  readonly parameters?: readonly (readonly [string, string])[];
  readonly filters?: readonly string[];
  readonly limitBytes?: number;
  readonly server?: NbdServerOptions;
  readonly tls?: TlsRequest;
  readonly listener?: ServerListener;
  readonly observer?: (sizeBytes: bigint) => RequestObserver;
}

/** Serves a memory disk (64M unless told) as the default export on a private socket. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const allowance = new MemoryAllowance(options.limitBytes ?? 1 << 30);
  const parameters = options.parameters ?? [];
  const sized = parameters.some(([key]) => key === 'size');
  const disk = await buildDisk(
    {
      plugin: options.plugin ?? 'memory',
      filters: options.filters ?? [],
      parameters: sized || options.plugin !== undefined ? parameters : [['size', '64M'], ...parameters],
      addFilters: true,
    },
    allowance,
  );
  const tls = options.tls === undefined ? null : await TlsService.start(options.tls.files);
  const server = new NbdServer(
    {
      socketParent: testParent(),
      ...options.server,
      ...(options.tls !== undefined && tls !== null && { tls: { mode: options.tls.mode, service: tls } }),
    },
    options.listener ?? null,
  );
  disk.faults.hangUp = (connection) => server.disconnect(connection);
  const observer = options.observer?.(disk.backend.sizeBytes) ?? null;
  server.addExport(
    new HostedExport(
      '',
      options.plugin === undefined ? 'a disk in memory' : disk.plugin.words,
      disk.backend,
      observer,
    ),
  );
  const uri = await server.listen();
  return {
    server,
    uri,
    socket: socketPath(uri),
    disk,
    allowance,
    close: async () => {
      await server.close(200);
      await disk.backend.dispose();
      leaveTestParent();
    },
  };
}

/** Servers and clients of one test, all gone after it: call {@link end} in afterEach. */
export class Stage {
  readonly #cleanUps: (() => unknown)[] = [];

  /** Has `cleanUp` run at the end, the last one first. */
  after(cleanUp: () => unknown): void {
    this.#cleanUps.push(cleanUp);
  }

  async serve(options: ServeOptions = {}): Promise<Served> {
    const served = await serve(options);
    this.after(() => served.close());
    return served;
  }

  /** A client that has not said anything yet. */
  async connect(where: string | number): Promise<RawClient> {
    const made = await RawClient.connect(where);
    this.after(() => made.close());
    return made;
  }

  /** A client in transmission. */
  async client(where: string | number, structured = false): Promise<RawClient> {
    const made = await this.connect(where);
    await made.enter({ structured });
    return made;
  }

  async end(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
    leaveTestParent();
  }
}

/** The error of every chunk of a reply. */
export const errnos = (chunks: readonly { readonly errno: number }[]): number[] =>
  chunks.map((chunk) => chunk.errno);

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
