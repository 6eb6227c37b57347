import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { type Draw, garbage, once, pick, wideNumber } from '../../testing/fuzz-part.ts';

/** A range that was asked for, ends included. */
interface Range {
  readonly start: number;
  readonly end: number;
}

const ODD_STATUS: readonly [string, ...string[]] = [
  '200 OK',
  '204 No Content',
  '304 Not Modified',
  '401 Unauthorized',
  '403 Forbidden',
  '404 Not Found',
  '412 Precondition Failed',
  '416 Range Not Satisfiable',
  '500 Oops',
  '502 Bad Gateway',
  '503 Busy',
  '099 Low',
  '600 High',
  '999 Higher',
  '206',
  '',
  '20 6 x',
  '206 \u001b[2J',
];
const ODD_HEADERS: readonly [string, ...string[]] = [
  'Content-Encoding: gzip',
  'Content-Encoding: \u001b[2J',
  'Content-Type: multipart/byteranges; boundary=x',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Content-Length: 0',
  'Content-Length: -1',
  'Content-Length: 18446744073709551616',
  'Content-Range: bytes */*',
  'Accept-Ranges: none',
  'ETag: "v2"',
  'ETag: W/"v1"',
  'Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT',
  'Connection: close',
  'Connection: upgrade\r\nUpgrade: nothing',
  'Keep-Alive: timeout=0',
  'Location: http://127.0.0.1:1/',
  'No colon at all',
  ': no name',
  'Folded: a\r\n b',
  'Nul: \0',
  `Long: ${'x'.repeat(20_000)}`,
];
const ODD_PLACES: readonly [string, ...string[]] = [
  '/',
  '/elsewhere?a=\u001b[2J',
  'file:///etc/passwd',
  'http://127.0.0.1:1/',
  'http://[::',
  'gopher://x/',
  '',
  `/${'x'.repeat(10_000)}`,
];
/** How much an answer without end is at least; more is sent as it is taken. */
const PIECE = Buffer.alloc(64 << 10, 'x');
const DRIP_MS = 2;

/**
 * A web server made of raw sockets, which answers each request with one of the things that no server should. Bytes that it
 * sends for a range which it names rightly are the image's own: nobody could tell others from them.
 */
export class HostileWeb {
  /** From now on it answers rightly, and says so with an ETag of its own when told. */
  honest = false;
  connections = 0;
  readonly #draw: Draw;
  readonly #image: Buffer;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Of answers, one in so many is a lie. */
  readonly #lieEvery: number;

  private constructor(draw: Draw, image: Buffer) {
    this.#draw = draw;
    this.#image = image;
    this.#lieEvery = 1 + draw(4);
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  static start(draw: Draw, image: Buffer): Promise<HostileWeb> {
    const web = new HostileWeb(draw, image);
    return new Promise((resolve) => web.#server.listen(0, '127.0.0.1', () => resolve(web)));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/disk.img`;
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.once('close', () => {
      this.connections -= 1;
      this.#sockets.delete(socket);
    });
    let held = '';
    socket.on('data', (bytes: Buffer) => {
      held += bytes.toString('latin1');
      for (let end = held.indexOf('\r\n\r\n'); end !== -1; end = held.indexOf('\r\n\r\n')) {
        const head = held.slice(0, end);
        held = held.slice(end + 4);
        const range = /range: bytes=(\d+)-(\d+)/i.exec(head);
        this.#answer(socket, { start: Number(range?.[1] ?? 0), end: Number(range?.[2] ?? 0) });
      }
    });
  }

  #answer(socket: Socket, range: Range): void {
    if (this.honest || !once(this.#draw, this.#lieEvery)) {
      const body = this.#bytes(range);
      socket.write(head(this.#headers(range, body.length)));
      socket.write(body);
    } else this.#lie(socket, range);
  }

  #bytes({ start, end }: Range): Buffer {
    return this.#image.subarray(start, end + 1);
  }

  #headers({ start, end }: Range, length: number): string[] {
    const last = Math.min(end, this.#image.length - 1);
    return [
      `Content-Range: bytes ${start}-${last}/${this.#image.length}`,
      `Content-Length: ${length}`,
      'ETag: "v1"',
    ];
  }

  #lie(socket: Socket, range: Range): void {
    const draw = this.#draw;
    const body = this.#bytes(range);
    const headers = this.#headers(range, body.length);
    const send = (...parts: (string | Buffer)[]): void => {
      for (const part of parts) socket.write(part);
    };
    const chunked = [
      ...headers.filter((line) => !line.startsWith('Content-L')),
      'Transfer-Encoding: chunked',
    ];
    switch (draw(18)) {
      case 0:
        send(head([oddRange(draw, range, this.#image.length), ...headers.slice(1)]), body);
        break;
      case 1:
        send(head(headers), body.subarray(0, draw(body.length)));
        this.#leave(socket);
        break;
      case 2: {
        const told = once(draw, 2) ? body.length : body.length + 1 + draw(1 << 20);
        send(head(this.#headers(range, told)), body, garbage(draw, 3000));
        break;
      }
      case 3:
        send(head(headers), body, head(headers), body, head(headers, '200 OK'));
        break;
      case 4:
        send(head(headers, pick(draw, ODD_STATUS)), once(draw, 2) ? body : '');
        if (once(draw, 3)) this.#leave(socket);
        break;
      case 5: {
        const odd = Array.from({ length: 1 + draw(3) }, () => pick(draw, ODD_HEADERS));
        send(head(once(draw, 2) ? [...odd, ...headers] : [...headers, ...odd]), body);
        break;
      }
      case 6: {
        const to = once(draw, 3) ? this.url : pick(draw, ODD_PLACES);
        const status = pick(draw, ['301 Moved', '302 Found', '307 Temporary', '308 Permanent']);
        send(head([`Location: ${to}`, 'Content-Length: 0'], status));
        break;
      }
      case 7:
        send(garbage(draw, 2000));
        if (once(draw, 2)) this.#leave(socket);
        break;
      case 8:
        this.#leave(socket);
        break;
      case 9:
        this.#withoutEnd(socket, head(headers.slice(0, 1)), PIECE);
        break;
      case 10:
        this.#withoutEnd(
          socket,
          'HTTP/1.1 206 Partial\r\n',
          Buffer.from('X-Again: and again\r\n'.repeat(20)),
        );
        break;
      case 11:
        this.#withoutEnd(socket, '', Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'.repeat(20)));
        break;
      case 12:
        this.#withoutEnd(socket, head(chunked), Buffer.from('1;x=y\r\nx\r\n'.repeat(100)));
        break;
      case 13: {
        const size = pick(draw, ['ffffffffffffffff', '-1', 'x', '7fffffff', body.length.toString(16)]);
        send(head(chunked), `${size}\r\n`, body, pick(draw, ['\r\n0\r\n\r\n', '\r\n', '0', '\r\nx\r\n']));
        break;
      }
      case 14:
        send(`HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n`, garbage(draw, 100));
        break;
      case 15:
        this.#drip(socket, Buffer.concat([Buffer.from(head(headers)), body]));
        break;
      case 16:
        send(
          `HTTP/${pick(draw, ['0.9', '1.0', '2.0', '9.9', 'x'])} 206 P\r\n${headers.join('\r\n')}\r\n\r\n`,
          body,
        );
        if (once(draw, 2)) this.#leave(socket);
        break;
      default:
        // Not a word.
        break;
    }
  }

  #leave(socket: Socket): void {
    if (once(this.#draw, 2)) socket.resetAndDestroy();
    else socket.end();
  }

  /** Sends a beginning, and then the same for as long as it is taken. */
  #withoutEnd(socket: Socket, start: string, more: Buffer): void {
    socket.write(start);
    const go = (): void => {
      while (!socket.destroyed && socket.writable && socket.write(more));
    };
    socket.on('drain', go);
    go();
  }

  #drip(socket: Socket, bytes: Buffer): void {
    let at = 0;
    const timer = setInterval(() => {
      if (socket.destroyed || at >= bytes.length) clearInterval(timer);
      else socket.write(bytes.subarray(at, at + 1 + this.#draw(50)));
      at += 50;
    }, DRIP_MS);
  }
}

function head(headers: readonly string[], status = '206 Partial Content'): string {
  return `HTTP/1.1 ${status}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** A Content-Range that is not what was asked for. */
function oddRange(draw: Draw, { start, end }: Range, size: number): string {
  const odd = (value: number): string => (once(draw, 2) ? String(value) : wideNumber(draw).toString());
  switch (draw(6)) {
    case 0:
      return `Content-Range: bytes ${start + 1 + draw(9)}-${end}/${size}`;
    case 1:
      return `Content-Range: bytes ${start}-${end + 1}/${size}`;
    case 2:
      return `Content-Range: bytes ${start}-${end}/${size + 1 + draw(1000)}`;
    case 3:
      return `Content-Range: bytes ${odd(start)}-${odd(end)}/${odd(size + 1)}`;
    case 4:
      return `Content-Range: ${pick(draw, ['', 'bytes', 'lines 0-0/1', '\u001b[2J', 'x'.repeat(5000)])}`;
    default:
      return 'X-No-Range: none';
  }
}
