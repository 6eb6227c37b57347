import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { CHANNEL_CASES, type ChannelUnderTest, serveSuitePeer } from '#shared/channel/channel-suite.ts';
import { channelFromSocket } from './channel-ws.ts';
import { channelOf, enter, openSocket } from './testing/web-client.ts';
import { WebHost } from './web-host.ts';

let host: WebHost;
let cookie: string;
let serve: (channel: ReturnType<typeof channelFromSocket>) => void;

beforeEach(async () => {
  host = await WebHost.listen({
    port: 0,
    rendererDir: import.meta.dirname,
    attach: (channel) => serve(channel),
  });
  cookie = await enter(host.mintUrl());
});

afterEach(async () => {
  await host.close();
});

describe("a channel over the web host's WebSocket", () => {
  const connect = async (): Promise<ChannelUnderTest> => {
    const farClosed = new Promise<void>((resolve) => {
      serve = (channel) => serveSuitePeer(channel, resolve);
    });
    return { near: channelOf(await openSocket(host.port, { cookie })), farClosed };
  };
  for (const { promise, run } of CHANNEL_CASES) it(promise, () => run(connect));

  it('ends a window that sends text', async () => {
    serve = () => {};
    const socket = await openSocket(host.port, { cookie });
    socket.send('hello');
    const [code] = await once(socket, 'close');
    expect(code).toBe(1003);
  });

  it('ends a window that does not read while more than the backlog waits for it', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
    const client = await openSocket(port, {});
    client.pause();
    const socket = await accepted;
    const channel = channelFromSocket(socket, 1024 * 1024);
    const megabyte = new Uint8Array(1024 * 1024);
    let sent = 0;
    while (socket.readyState === socket.OPEN && sent < 200) {
      channel.send(megabyte);
      sent += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(socket.readyState).not.toBe(socket.OPEN);
    client.terminate();
    socket.terminate();
    server.close();
  });
});
