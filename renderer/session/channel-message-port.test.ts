import { describe, it } from 'vitest';
import { CHANNEL_CASES, type ChannelUnderTest, serveSuitePeer } from '#shared/channel/channel-suite.ts';
import { channelFromPort } from './channel-message-port.ts';

/** Both ends are the window's kind, over one of Node's MessageChannels. */
async function connect(): Promise<ChannelUnderTest> {
  const { port1, port2 } = new MessageChannel();
  const farClosed = new Promise<void>((resolve) => {
    serveSuitePeer(channelFromPort(port2), resolve);
  });
  return { near: channelFromPort(port1), farClosed };
}

describe('a channel over a MessagePort', () => {
  for (const { promise, run } of CHANNEL_CASES) it(promise, () => run(connect));
});
