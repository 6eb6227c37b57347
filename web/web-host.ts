import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Channel } from '#shared/channel/channel.ts';
import { MAX_FRAME_FROM_WINDOW_BYTES } from '#shared/channel/frame.ts';
import { RENDER_PAGE, RENDER_PATH } from '#shared/contract/render.ts';
import { SECURITY_HEADERS } from '#shared/contract/security-policy.ts';
import { windowFile } from '#shared/contract/window-files.ts';
import { Access } from './access.ts';
import { channelFromSocket } from './channel-ws.ts';
import { COME_IN_PAGE, NO_ENTRY_PAGE, NOT_BUILT_PAGE } from './pages.ts';
import { isOwnHost, isOwnUpgrade, isWelcomeFetch } from './request-guard.ts';

export const MAX_WINDOWS = 16;
/** Where the window's WebSocket connects. */
export const CHANNEL_PATH = '/channel';

const PING_MS = 15_000;
/** A peer that has answered none of so many pings is gone. */
const PINGS_MISSED = 3;
const LOOPBACK = '127.0.0.1';

export interface WebHostOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** The folder of the built window. */
  readonly rendererDir: string;
  /** Serves a window that has connected. */
  readonly attach: (channel: Channel) => void;
  /** Serves the page that renders for `nbdscope render`; absent: there is no such page. */
  readonly attachRender?: (channel: Channel) => void;
}

/** The pages that an address with a token may lead to. */
const PAGES: readonly string[] = ['/', RENDER_PAGE];

/**
 * Serves the window to browsers on this machine: its files over HTTP, its channel over WebSocket, on loopback alone and
 * to those alone who hold a token or a cookie (access.ts). Nothing is written through HTTP.
 */
export class WebHost {
  readonly port: number;
  /** Called when a window has come or gone. */
  onWindowsChanged: () => void = () => {};
  /** Called when a page is being loaded, so a window is likely on its way. */
  onPageLoad: () => void = () => {};
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #access: Access;
  readonly #options: WebHostOptions;
  readonly #missedPings = new Map<WebSocket, number>();
  readonly #pingTimer: NodeJS.Timeout;

  /** Rejects with the system's error when the port is not to be had. */
  static async listen(options: WebHostOptions): Promise<WebHost> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, LOOPBACK, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return new WebHost(server, options);
  }

  private constructor(server: Server, options: WebHostOptions) {
    this.#server = server;
    this.#options = options;
    this.port = portOf(server.address());
    this.#access = new Access(this.port);
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_FRAME_FROM_WINDOW_BYTES,
      perMessageDeflate: false,
      clientTracking: false,
    });
    server.on('request', (request, response) => this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#pingTimer = setInterval(() => this.#ping(), PING_MS).unref();
  }

  get windowCount(): number {
    return this.#missedPings.size;
  }

  get origin(): string {
    return `http://${LOOPBACK}:${this.port}`;
  }

  /** An address that lets one browser in, once, to the window or another of our pages. */
  mintUrl(page = '/'): string {
    return `${this.origin}${page}?token=${this.#access.mintToken()}`;
  }

  /** Ends every connection and gives the port back. */
  async close(): Promise<void> {
    clearInterval(this.#pingTimer);
    for (const socket of this.#missedPings.keys()) socket.terminate();
    this.#sockets.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    response.setHeader('Cache-Control', 'no-store');
    const reply = this.#replyTo(request);
    if ('pathname' in reply) {
      void sendFile(this.#options.rendererDir, reply.pathname, request.method === 'HEAD', response);
    } else {
      response.writeHead(reply.status, reply.headers).end(reply.body);
    }
  }

  #replyTo(request: IncomingMessage): Reply | FileReply {
    const { headers, method } = request;
    if (!isOwnHost(headers.host, this.port)) return plainText(421, 'not this host');
    if (method !== 'GET' && method !== 'HEAD')
      return plainText(405, 'only GET and HEAD', { Allow: 'GET, HEAD' });
    if (!isWelcomeFetch(headers)) return plainText(403, 'not for other sites');
    const url = URL.parse(request.url ?? '', this.origin);
    if (url === null || url.origin !== this.origin) return plainText(400, 'not a path');
    const token = PAGES.includes(url.pathname) ? url.searchParams.get('token') : null;
    // HEAD is what link previews send; a token that it used up would be lost to the person.
    const cookie = token !== null && method === 'GET' ? this.#access.exchange(token) : null;
    if (cookie === null && !this.#access.allows(headers.cookie)) return html(403, NO_ENTRY_PAGE);
    if (url.pathname === '/') this.onPageLoad();
    if (token === null) return { pathname: url.pathname };
    return comeIn(cookie, url.pathname, headers['sec-fetch-site']);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refusal = this.#refusalOfUpgrade(request);
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    if (socket instanceof Socket) socket.setNoDelay(true);
    const { attach, attachRender } = this.#options;
    const serve = request.url === RENDER_PATH && attachRender !== undefined ? attachRender : attach;
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#connected(webSocket, serve));
  }

  #refusalOfUpgrade(request: IncomingMessage): string | null {
    if (!isOwnUpgrade(request.headers, this.port)) return '403 Forbidden';
    if (!this.#access.allows(request.headers.cookie)) return '401 Unauthorized';
    const isRender = request.url === RENDER_PATH && this.#options.attachRender !== undefined;
    if (request.url !== CHANNEL_PATH && !isRender) return '404 Not Found';
    if (this.windowCount >= MAX_WINDOWS) return '503 Service Unavailable';
    return null;
  }

  #connected(socket: WebSocket, serve: (channel: Channel) => void): void {
    this.#missedPings.set(socket, 0);
    socket.on('pong', () => this.#missedPings.set(socket, 0));
    socket.once('close', () => {
      this.#missedPings.delete(socket);
      this.onWindowsChanged();
    });
    serve(channelFromSocket(socket));
    this.onWindowsChanged();
  }

  #ping(): void {
    for (const [socket, missed] of this.#missedPings) {
      if (missed >= PINGS_MISSED) {
        socket.terminate();
      } else {
        this.#missedPings.set(socket, missed + 1);
        socket.ping();
      }
    }
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string')
    throw new Error('the server does not listen on a port');
  return address.port;
}

interface Reply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

interface FileReply {
  readonly pathname: string;
}

function plainText(status: number, reason: string, headers: OutgoingHttpHeaders = {}): Reply {
  return {
    status,
    headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' },
    body: `${reason}\n`,
  };
}

function html(status: number, body: string, headers: OutgoingHttpHeaders = {}): Reply {
  return { status, headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8' }, body };
}

/** Leads whoever came with a token to the window, whose address holds none. */
function comeIn(cookie: string | null, page: string, fetchSite: string | string[] | undefined): Reply {
  const headers = cookie === null ? {} : { 'Set-Cookie': cookie };
  const fromElsewhere = fetchSite === 'cross-site' || fetchSite === 'same-site';
  return fromElsewhere
    ? html(200, COME_IN_PAGE, headers)
    : { status: 303, headers: { ...headers, Location: page }, body: '' };
}

async function sendFile(
  folder: string,
  pathname: string,
  headOnly: boolean,
  response: ServerResponse,
): Promise<void> {
  const file = windowFile(pathname);
  const path = join(folder, file?.path ?? '');
  const found = file === null ? null : await stat(path).catch(() => null);
  if (file === null || found === null || !found.isFile()) {
    const missing = pathname === '/' ? html(503, NOT_BUILT_PAGE) : plainText(404, 'no such file');
    response.writeHead(missing.status, missing.headers).end(missing.body);
    return;
  }
  response.setHeader('Content-Type', file.contentType);
  response.setHeader('Content-Length', found.size);
  if (file.immutable) response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
  if (headOnly) {
    response.end();
    return;
  }
  // Whoever breaks off ends the reading too; an error ends the answer.
  await pipeline(createReadStream(path), response).catch(() => {});
}
