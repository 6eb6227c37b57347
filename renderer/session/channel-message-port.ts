import type { Channel } from '#shared/channel/channel.ts';
import { channelOverPort } from '#shared/channel/port-channel.ts';
import { CONNECT_REQUEST, PORT_ANSWER } from '#shared/contract/host.ts';

/** How long the desktop shell may take to hand over a port: the engine behind it may be starting. */
const ANSWER_LIMIT_MS = 10_000;

/** The window's side of an engine that is connected by a MessagePort. */
export function channelFromPort(port: MessagePort): Channel {
  return channelOverPort(port, (onData, onClosed) => {
    port.addEventListener('message', (event: MessageEvent<unknown>) => onData(event.data));
    port.addEventListener('close', onClosed);
  });
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
      // Who else waits gets the next.
      event.stopImmediatePropagation();
      settle();
      resolve(channelFromPort(port));
    };
    window.addEventListener('message', onMessage);
    window.postMessage(CONNECT_REQUEST, location.origin);
  });
}
