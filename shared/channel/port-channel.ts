import type { Channel } from './channel.ts';

/** What the ports of browsers, Node and Electron have in common. */
export interface PortEnd {
  postMessage(message: unknown): void;
  start(): void;
  close(): void;
}

/**
 * A channel over one end of a message port. Not every platform tells one end that the other has gone, so `close` says
 * so with a last message, which is `null`. Frames are copied, never transferred: Electron can transfer only ports.
 * @param listen hands the port's messages and its end on; every platform has its own way of listening.
 */
export function channelOverPort(
  port: PortEnd,
  listen: (onData: (data: unknown) => void, onClosed: () => void) => void,
): Channel {
  let open = true;
  const closed = (): void => {
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
  listen((data) => {
    if (!open) return;
    if (data instanceof Uint8Array) channel.onFrame(data);
    else if (data === null) closed();
  }, closed);
  port.start();
  return channel;
}
