import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { describe, it } from 'vitest';
import { CHANNEL_CASES, type ChannelUnderTest, serveSuitePeer } from '#shared/channel/channel-suite.ts';
import { channelFromPortMain, type PortMain } from './channel-port-main.ts';

/** Node's port with MessagePortMain's manners: it wraps what arrives in an event. */
function asPortMain(port: MessagePort): PortMain {
  return {
    postMessage: (message) => port.postMessage(message),
    on(event: 'message' | 'close', listener: (event: { readonly data: unknown }) => void) {
      return port.on(event, (data: unknown) => listener({ data }));
    },
    start: () => port.start(),
    close: () => port.close(),
  };
}

async function connect(): Promise<ChannelUnderTest> {
  const { port1, port2 } = new MessageChannel();
  const farClosed = new Promise<void>((resolve) => {
    serveSuitePeer(channelFromPortMain(asPortMain(port2)), resolve);
  });
  return { near: channelFromPortMain(asPortMain(port1)), farClosed };
}

describe("a channel over the shell's MessagePort", () => {
  for (const { promise, run } of CHANNEL_CASES) it(promise, () => run(connect));
});
