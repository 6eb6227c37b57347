import { existsSync, rmSync } from 'node:fs';
import { createServer, isIP, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { BusyPoll } from './busy-poll.ts';
import { Connection, type ConnectionInfo } from './connection.ts';
import { FlowLimits, TOTAL_LIMIT_BYTES } from './flow-limits.ts';
import type { HandshakePolicy } from './handshake.ts';
import { encodePath } from './host-address.ts';
import type { HostedExport } from './hosted-export.ts';
import { PrivateSocket, removeStaleSocket, removeStaleSockets } from './private-socket.ts';
import { MAX_STRING_BYTES } from './protocol.ts';
import type { TlsService } from './tls/tls-service.ts';

/** NBD's own port (IANA). */
export const NBD_PORT = 10809;
const DEFAULT_HANDSHAKE_MS = 10_000;
const DEFAULT_MAX_CONNECTIONS = 100;
const DEFAULT_DRAIN_MS = 2000;

/** Where a server is to listen. */
export type ListenAddress =
  /** A Unix socket in a private directory of its own, or at `path`, where nothing but a crashed server's may be. */
  | { readonly kind: 'unix'; readonly path?: string }
  /**
   * TCP on `host`, 127.0.0.1 if not given. Any host but a loopback one lets others on the network read and write the
   * disks and needs `exposed`. Port 0 takes a free one.
   */
  | { readonly kind: 'tcp'; readonly host?: string; readonly port?: number; readonly exposed?: boolean };

export interface NbdServerOptions {
  /** Clients at once; further ones are hung up on. */
  readonly maxConnections?: number;
  /** Time a client has for its handshake, ms. */
  readonly handshakeMs?: number;
  /** Memory that requests and replies of all connections may hold, bytes. */
  readonly totalBytes?: number;
  /** Where private directories for sockets are made; the user's runtime directory if not given. */
  readonly socketParent?: string;
  /** What to serve for the empty name when no export is called so; the first added if not given. */
  readonly defaultExport?: string;
  /** Whether clients may or must encrypt, and what does it; without it they cannot. */
  readonly tls?: { readonly mode: 'on' | 'require'; readonly service: TlsService };
  /** Whether NBD_OPT_EXTENDED_HEADERS is offered; it is unless told. */
  readonly extendedHeaders?: boolean;
}

/** Told by a server about its clients. */
export interface ServerListener {
  /** Clients came, went or chose: {@link NbdServer.connections} reads differently. */
  connectionsChanged(): void;
  /** A connection ended; `reason` is null for a client that left as the protocol has it. */
  connectionClosed(connection: ConnectionInfo, reason: string | null): void;
  /** A client was turned away because there are too many. */
  connectionRefused(reason: string): void;
}

/** One listener that passes on what it is told to each of these, in their order. */
export function eachListener(listeners: readonly ServerListener[]): ServerListener {
  return {
    connectionsChanged: () => {
      for (const listener of listeners) listener.connectionsChanged();
    },
    connectionClosed: (connection, reason) => {
      for (const listener of listeners) listener.connectionClosed(connection, reason);
    },
    connectionRefused: (reason) => {
      for (const listener of listeners) listener.connectionRefused(reason);
    },
  };
}

/**
 * An NBD server (proto.md): fixed newstyle, several exports, any number of listening addresses. It owns its sockets and
 * connections; exports' backends belong to the caller.
 */
export class NbdServer {
  readonly #maxConnections: number;
  readonly #handshakeMs: number;
  readonly #defaultExport: string | undefined;
  readonly #socketParent: string | undefined;
  readonly #listener: ServerListener | null;
  readonly #policy: HandshakePolicy;
  readonly #tls: TlsService | null;
  readonly #limits: FlowLimits;
  readonly #busyPoll = new BusyPoll();
  readonly #exports = new Map<string, HostedExport>();
  readonly #connections = new Map<number, Connection>();
  /** Connections that have ended, whose disk has not answered all they asked of it. They hold a client's place. */
  readonly #leaving = new Set<Connection>();
  readonly #servers = new Map<Server, PrivateSocket | string | null>();
  #nextConnection = 1;
  #closing = false;
  /** Closing has taken its time: nothing is waited for any more. */
  #hurried = false;
  #whenEmpty: (() => void) | null = null;

  constructor(options: NbdServerOptions = {}, listener: ServerListener | null = null) {
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    this.#handshakeMs = options.handshakeMs ?? DEFAULT_HANDSHAKE_MS;
    this.#defaultExport = options.defaultExport;
    this.#socketParent = options.socketParent;
    this.#listener = listener;
    this.#policy = { tls: options.tls?.mode ?? 'off', extendedHeaders: options.extendedHeaders ?? true };
    this.#tls = options.tls?.service ?? null;
    this.#limits = new FlowLimits(this.#maxConnections, options.totalBytes ?? TOTAL_LIMIT_BYTES);
  }

  /** @throws Error when the name is taken, or name or description cannot go over the wire. */
  addExport(disk: HostedExport): void {
    for (const [what, text] of [
      ['name', disk.name],
      ['description', disk.description],
    ] as const) {
      if (Buffer.byteLength(text) > MAX_STRING_BYTES || text.includes('\0') || !text.isWellFormed()) {
        throw new Error(`the export's ${what} must be well-formed text without NUL of at most 4096 bytes`);
      }
    }
    if (this.#exports.has(disk.name)) throw new Error(`there is an export "${disk.name}" already`);
    this.#exports.set(disk.name, disk);
  }

  /** Takes an export away; connections that use it end at once. */
  removeExport(name: string): void {
    if (!this.#exports.delete(name)) return;
    for (const connection of this.#connections.values()) {
      if (connection.info.exportName === name) connection.disconnect('the export was taken away');
    }
  }

  list(): Iterable<HostedExport> {
    return this.#exports.values();
  }

  /** The export of that name; for the empty name the default one. */
  find(name: string): HostedExport | null {
    const found = this.#exports.get(name);
    if (found !== undefined || name !== '') return found ?? null;
    if (this.#defaultExport !== undefined) return this.#exports.get(this.#defaultExport) ?? null;
    for (const disk of this.#exports.values()) return disk;
    return null;
  }

  /**
   * Begins to listen. Servers that crashed before leave private directories, which are removed on this occasion.
   * @returns the address as an NBD URI for the default export.
   * @throws Error when the address is taken, not allowed or not to be had.
   */
  async listen(address: ListenAddress = { kind: 'unix' }): Promise<string> {
    if (this.#closing) throw new Error('the server is closed');
    if (address.kind === 'tcp') return this.#listenTcp(address.host, address.port, address.exposed === true);
    if (address.path !== undefined) {
      await removeStaleSocket(address.path);
      if (existsSync(address.path))
        throw new Error(`${address.path} exists already; give another path, or stop the server there`);
      // Node says of a missing directory that permission is denied.
      const folder = dirname(address.path);
      if (!existsSync(folder)) throw new Error(`${address.path}: there is no directory ${folder}`);
      await this.#start({ path: address.path }, address.path);
      return unixUri(address.path);
    }
    await removeStaleSockets(this.#socketParent);
    return this.#listenPrivately(this.#policy);
  }

  /**
   * Begins to listen on a private socket where no TLS is asked for, for clients of this very process.
   * @returns the address as an NBD URI. @throws Error when that is not to be had.
   */
  async listenForOurselves(): Promise<string> {
    return this.#listenPrivately({ ...this.#policy, tls: 'off' });
  }

  async #listenPrivately(policy: HandshakePolicy): Promise<string> {
    const place = new PrivateSocket(this.#socketParent);
    try {
      await this.#start({ path: place.path }, place, policy);
    } catch (error) {
      place.remove();
      throw error;
    }
    return unixUri(place.path);
  }

  async #listenTcp(host = '127.0.0.1', port = NBD_PORT, exposed = false): Promise<string> {
    if (!exposed && !isLoopback(host)) {
      throw new Error(
        `${host} is not a loopback address: anyone on the network could read and write the disks`,
      );
    }
    const server = await this.#start({ host, port }, null);
    const bound = server.address();
    const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
    return `nbd://${isIP(host) === 6 ? `[${host}]` : host}:${boundPort}`;
  }

  #start(
    where: { path: string } | { host: string; port: number },
    place: PrivateSocket | string | null,
    policy = this.#policy,
  ) {
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket, policy));
    return new Promise<Server>((resolve, reject) => {
      const refuse = (error: Error): void => reject('path' in where ? socketError(error, where.path) : error);
      server.once('error', refuse);
      server.listen(where, () => {
        server.off('error', refuse);
        server.on('error', (error) => this.#listener?.connectionRefused(error.message));
        this.#servers.set(server, place);
        resolve(server);
      });
    });
  }

  #accept(socket: Socket, policy: HandshakePolicy): void {
    if (this.#closing || this.#connections.size + this.#leaving.size >= this.#maxConnections) {
      socket.destroy();
      if (!this.#closing) this.#listener?.connectionRefused(this.#tooMany());
      return;
    }
    const number = this.#nextConnection;
    this.#nextConnection += 1;
    const peer =
      socket.remoteAddress === undefined ? 'unix socket' : `${socket.remoteAddress}:${socket.remotePort}`;
    const connection = new Connection(socket, {
      number,
      peer,
      exports: this,
      limits: this.#limits,
      busyPoll: this.#busyPoll,
      handshakeMs: this.#handshakeMs,
      policy,
      tls: this.#tls,
      onClosed: (closed, reason) => this.#closed(number, closed, reason),
      onReleased: (released) => this.#released(released),
      onChanged: () => this.#listener?.connectionsChanged(),
    });
    this.#connections.set(number, connection);
    this.#listener?.connectionsChanged();
  }

  #tooMany(): string {
    const left = this.#leaving.size;
    if (left === 0) return `${this.#maxConnections} clients are connected already`;
    return `${this.#connections.size} clients are connected, and requests of ${left} that left are not done; at most ${this.#maxConnections} are served`;
  }

  #closed(number: number, connection: Connection, reason: string | null): void {
    if (!this.#connections.delete(number)) return;
    this.#leaving.add(connection);
    if (this.#hurried) this.#release(connection);
    this.#listener?.connectionClosed(connection.info, reason);
    this.#listener?.connectionsChanged();
  }

  #release(connection: Connection): void {
    connection.release();
    this.#released(connection);
  }

  #released(connection: Connection): void {
    this.#leaving.delete(connection);
    if (this.#connections.size + this.#leaving.size === 0) this.#whenEmpty?.();
  }

  /** The clients, in the order they came. */
  get connections(): ConnectionInfo[] {
    return [...this.#connections.values()].map((connection) => connection.info);
  }

  /** Memory that requests and replies of all clients hold now, bytes. */
  get heldBytes(): number {
    return this.#limits.heldBytes;
  }

  /** Hangs up on a client; a number that is gone is no error. */
  disconnect(number: number): void {
    this.#connections.get(number)?.disconnect('disconnected from here');
  }

  /** An observer is congested no more: requests that were left in the sockets are taken up. */
  relieved(): void {
    for (const connection of this.#connections.values()) connection.resume();
  }

  /**
   * Stops listening, lets clients have the replies they wait for, and hangs up. Requests that come meanwhile get
   * ESHUTDOWN. Returns when the last connection is gone and the disks have answered what clients left behind. After
   * `drainMs` neither is waited for; the disks may be disposed of then.
   */
  async close(drainMs = DEFAULT_DRAIN_MS): Promise<void> {
    this.#closing = true;
    for (const [server, place] of this.#servers) {
      server.close();
      if (place instanceof PrivateSocket) place.remove();
      else if (place !== null) rmSync(place, { force: true });
    }
    this.#servers.clear();
    if (this.#connections.size + this.#leaving.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
    for (const connection of [...this.#connections.values()]) connection.shutDown();
    const timer = setTimeout(() => {
      this.#hurried = true;
      for (const connection of [...this.#connections.values()]) connection.disconnect('the server is closed');
      for (const connection of [...this.#leaving]) this.#release(connection);
    }, drainMs);
    await empty;
    clearTimeout(timer);
  }
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Linux takes 107 bytes for a socket's path (unix(7)), macOS 103, and of a longer one they say as good as nothing. */
function socketError(error: Error, path: string): Error {
  const bytes = Buffer.byteLength(path);
  if (!('code' in error) || error.code !== 'EINVAL' || bytes <= 103) return error;
  return new Error(`${path}: a socket's path may have 107 bytes, and this has ${bytes}; give a shorter one`);
}

function unixUri(path: string): string {
  return `nbd+unix:///?socket=${encodePath(path)}`;
}
