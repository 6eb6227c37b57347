import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';

/** What an image server was asked. */
export interface AskedFor {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** A range that was asked for, ends included; null for the whole. */
export type Range = { readonly start: number; readonly end: number } | null;

/** Answers in place of the server. Returns whether it did. */
export type Answerer = (asked: IncomingMessage, reply: ServerResponse, range: Range) => boolean;

/** A web server with one image, which sends ranges; tests change what it does. */
export class ImageServer {
  readonly asked: AskedFor[] = [];
  image: Buffer;
  etag: string | null = '"v1"';
  lastModified: string | null = null;
  /** Asked before the honest answer. */
  answer: Answerer = () => false;
  /** Ranges being answered now, and the most at once. */
  mostAtOnce = 0;
  readonly #server: Server;
  readonly #scheme: string;
  readonly #sockets = new Set<Socket>();
  #atOnce = 0;

  private constructor(image: Buffer, certificates: string | null) {
    this.image = image;
    const listener = (asked: IncomingMessage, reply: ServerResponse): void => this.#serve(asked, reply);
    this.#scheme = certificates === null ? 'http' : 'https';
    this.#server =
      certificates === null
        ? createServer(listener)
        : createSecureServer(
            {
              key: readFileSync(join(certificates, 'server-key.pem')),
              cert: readFileSync(join(certificates, 'server-cert.pem')),
            },
            listener,
          );
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** @param certificates a directory with a certificate for `localhost`, to serve over HTTPS. */
  static start(image: Buffer, certificates: string | null = null): Promise<ImageServer> {
    const server = new ImageServer(image, certificates);
    return new Promise((resolve) => server.#server.listen(0, '127.0.0.1', () => resolve(server)));
  }

  url(path = '/disk.img', host = 'localhost'): string {
    return `${this.#scheme}://${host}:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** Connections now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** The ranges that were asked for, as `start-end`. */
  get ranges(): string[] {
    return this.asked.flatMap(({ headers }) => headers.range?.replace('bytes=', '') ?? []);
  }

  /** Sends what was asked for. */
  honest(reply: ServerResponse, range: Range): void {
    const headers = {
      'accept-ranges': 'bytes',
      ...(this.etag === null ? {} : { etag: this.etag }),
      ...(this.lastModified === null ? {} : { 'last-modified': this.lastModified }),
    };
    if (range === null) {
      reply.writeHead(200, { ...headers, 'content-length': this.image.length }).end(this.image);
      return;
    }
    const bytes = this.image.subarray(range.start, range.end + 1);
    const contentRange = `bytes ${range.start}-${range.start + bytes.length - 1}/${this.image.length}`;
    const head = { ...headers, 'content-range': contentRange, 'content-length': bytes.length };
    reply.writeHead(206, head).end(bytes);
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(asked: IncomingMessage, reply: ServerResponse): void {
    this.asked.push({ method: asked.method ?? '', path: asked.url ?? '', headers: asked.headers });
    this.#atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
    reply.once('close', () => {
      this.#atOnce -= 1;
    });
    const match = /^bytes=(\d+)-(\d+)$/.exec(asked.headers.range ?? '');
    const condition = asked.headers['if-range'];
    const fresh = condition === undefined || condition === this.etag;
    const range = match === null || !fresh ? null : { start: Number(match[1]), end: Number(match[2]) };
    if (!this.answer(asked, reply, range)) this.honest(reply, range);
  }
}
