import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { WebSocket } from 'ws';
import type { Channel } from '#shared/channel/channel.ts';
import { CHANNEL_PATH } from '../web-host.ts';

/** A client that sends exactly the headers a test names, as no browser would; for tests of the web host. */

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request with `path` as it is given: not normalised, so that `..` reaches the server. */
export function ask(port: number, path: string, options: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        headers: { ...options.headers },
        agent: false,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    sent.once('error', reject).end();
  });
}

/** Uses up the token in `url`; the cookie to send from then on. */
export async function enter(url: string): Promise<string> {
  const { port, pathname, search } = new URL(url);
  const answer = await ask(Number(port), `${pathname}${search}`);
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  return cookie.split(';', 1)[0] ?? '';
}

/** Opens a window's WebSocket as a browser would; rejects with the status when it is refused. */
export async function openSocket(
  port: number,
  headers: Readonly<Record<string, string>>,
  path = CHANNEL_PATH,
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { origin: `http://127.0.0.1:${port}`, ...headers },
    perMessageDeflate: false,
  });
  socket.binaryType = 'arraybuffer';
  await once(socket, 'open');
  return socket;
}

/** A window's end of `socket` as the channel suite needs it. */
export function channelOf(socket: WebSocket): Channel {
  const channel: Channel = {
    send: (frame) => {
      if (socket.readyState === socket.OPEN) socket.send(frame);
    },
    onFrame: () => {},
    onClose: () => {},
    close: () => socket.close(),
  };
  socket.on('message', (data) => {
    if (data instanceof ArrayBuffer) channel.onFrame(new Uint8Array(data));
  });
  socket.once('close', () => channel.onClose());
  return channel;
}
