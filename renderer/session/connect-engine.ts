import type { Channel } from '#shared/channel/channel.ts';
import { connectMessagePort } from './channel-message-port.ts';
import { connectWebSocket } from './channel-web-socket.ts';
import { desktopHost } from './desktop-host.ts';

/** Makes a connection to the engine, by the host that this window has; each call makes another. */
export function connectEngine(): Promise<Channel> {
  return desktopHost() === null ? connectWebSocket() : connectMessagePort();
}
