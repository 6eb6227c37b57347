import type { Channel } from '#shared/channel/channel.ts';
import { channelOverPort, type PortEnd } from '#shared/channel/port-channel.ts';

/** What is used of Electron's MessagePortMain, so that this file can be tried over Node's ports. */
export interface PortMain extends PortEnd {
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
}

/** The engine's side of a window that is connected by a MessagePort. */
export function channelFromPortMain(port: PortMain): Channel {
  return channelOverPort(port, (onData, onClosed) => {
    port.on('message', ({ data }) => onData(data));
    port.on('close', onClosed);
  });
}
