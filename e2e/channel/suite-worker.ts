import { serveSuitePeer } from '#shared/channel/channel-suite.ts';
import { channelFromPort } from '../../renderer/session/channel-message-port.ts';

/** The far end of a channel under test, in a thread of its own. */
addEventListener('message', (event: MessageEvent<unknown>) => {
  const [port] = event.ports;
  if (port !== undefined) serveSuitePeer(channelFromPort(port), () => postMessage('closed'));
});
