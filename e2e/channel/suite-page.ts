import { CHANNEL_CASES, type ChannelUnderTest } from '#shared/channel/channel-suite.ts';
import { channelFromPort } from '../../renderer/session/channel-message-port.ts';
import { connectWebSocket } from '../../renderer/session/channel-web-socket.ts';

/**
 * Runs one case of the channel suite in the page; for channels.e2e.ts, which reads the outcome from the document's
 * title. The address says which: `#port/3` over a MessageChannel with a worker, `#socket/3` over the web host.
 */
async function connectWorker(): Promise<ChannelUnderTest> {
  const worker = new Worker(new URL('./suite-worker.ts', import.meta.url), { type: 'module' });
  const { port1, port2 } = new MessageChannel();
  const farClosed = new Promise<void>((resolve) => {
    worker.addEventListener('message', () => {
      worker.terminate();
      resolve();
    });
  });
  worker.postMessage(null, [port2]);
  return { near: channelFromPort(port1), farClosed };
}

/** The web host's side tells of its end by closing the second of two sockets. */
async function connectHost(): Promise<ChannelUnderTest> {
  const near = await connectWebSocket();
  const witness = await connectWebSocket();
  const farClosed = new Promise<void>((resolve) => {
    witness.onClose = resolve;
  });
  return { near, farClosed };
}

const [kind, index] = location.hash.slice(1).split('/');
const suiteCase = CHANNEL_CASES[Number(index)];
if (suiteCase === undefined) throw new Error(`no case ${index}`);
suiteCase.run(kind === 'port' ? connectWorker : connectHost).then(
  () => {
    document.title = 'held';
  },
  (error: unknown) => {
    document.title = `broken: ${String(error)}`;
  },
);
