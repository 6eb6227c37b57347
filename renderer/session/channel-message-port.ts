import type { Channel } from '#shared/channel/channel.ts';
import { CONNECT_REQUEST, PORT_ANSWER } from '#shared/contract/host.ts';

/** How long the desktop shell may take to hand over a port: the engine behind it may be starting. */
const ANSWER_LIMIT_MS = 10_000;

/**
 * A channel over `port`. Not every platform tells one end that the other has gone, so `close` says so with a last
 * message, which is `null`. Frames are copied, never transferred: Electron can transfer only ports.
 */
export function channelFromPort(port: MessagePort): Channel {
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
  port.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (!open) return;
    if (event.data instanceof Uint8Array) channel.onFrame(event.data);
    else if (event.data === null) closed();
  });
  port.addEventListener('close', closed);
  port.start();
  return channel;
}

/** Asks the desktop shell for a port to the engine; rejects when none comes. */
export function connectMessagePort(): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      window.removeEventListener('message', onMessage);
    };
    const timer = setTimeout(() => {
      settle();
      reject(new Error('the engine does not answer; close the window and start nbdscope again'));
    }, ANSWER_LIMIT_MS);
    const onMessage = (event: MessageEvent<unknown>) => {
      const [port] = event.ports;
      if (event.source !== window || event.origin !== location.origin) return;
      if (event.data !== PORT_ANSWER || port === undefined) return;
      settle();
      resolve(channelFromPort(port));
    };
    window.addEventListener('message', onMessage);
    window.postMessage(CONNECT_REQUEST, location.origin);
  });
}
