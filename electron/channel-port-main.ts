import type { Channel } from '#shared/channel/channel.ts';

/** What is used of Electron's MessagePortMain, so that this file can be tried over Node's ports. */
export interface PortMain {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}

/** The engine's side of a window that is connected by a MessagePort; `null` as a message says that a side has closed. */
export function channelFromPortMain(port: PortMain): Channel {
  let open = true;
  const closed = () => {
    if (!open) return;
    open = false;
    port.close();
    channel.onClose();
  };
  const channel: Channel = {
    send(frame) {
      // A view is cloned with the whole of its buffer, so a part is copied out first.
      if (open) port.postMessage(frame.byteLength === frame.buffer.byteLength ? frame : frame.slice());
    },
    onFrame: () => {},
    onClose: () => {},
    close() {
      if (open) port.postMessage(null);
      closed();
    },
  };
  port.on('message', ({ data }) => {
    if (!open) return;
    if (data instanceof Uint8Array) channel.onFrame(data);
    else if (data === null) closed();
  });
  port.on('close', closed);
  port.start();
  return channel;
}
