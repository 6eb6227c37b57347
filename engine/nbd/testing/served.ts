import { buildDisk, type DiskStack } from '../filters/stack.ts';
import { HostedExport, type RequestObserver } from '../hosted-export.ts';
import { MemoryAllowance } from '../memory-allowance.ts';
import { NbdServer, type NbdServerOptions, type ServerListener } from '../server.ts';

/** The path of the Unix socket in an NBD URI that a server gave. */
export function socketPath(uri: string): string {
  return new URL(uri.replace('nbd+unix:', 'http:').replace('///', '//x/')).searchParams.get('socket') ?? '';
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
  readonly parameters?: readonly (readonly [string, string])[];
  readonly filters?: readonly string[];
  readonly limitBytes?: number;
  readonly server?: NbdServerOptions;
  readonly listener?: ServerListener;
  readonly observer?: (sizeBytes: bigint) => RequestObserver;
}

/** Serves a memory disk (64M unless told) as the default export on a private socket. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const allowance = new MemoryAllowance(options.limitBytes ?? 1 << 30);
  const parameters = options.parameters ?? [];
  const sized = parameters.some(([key]) => key === 'size');
  const disk = buildDisk(
    {
      plugin: 'memory',
      filters: options.filters ?? [],
      parameters: sized ? parameters : [['size', '64M'], ...parameters],
      addFilters: true,
    },
    allowance,
  );
  const server = new NbdServer(options.server ?? {}, options.listener ?? null);
  const observer = options.observer?.(disk.backend.sizeBytes) ?? null;
  server.addExport(new HostedExport('', 'a disk in memory', disk.backend, observer));
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
    },
  };
}
