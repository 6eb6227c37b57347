import type { Channel } from '#shared/channel/channel.ts';

/** Where the web host takes window connections. */
const CHANNEL_PATH = '/channel';

/**
 * The window's side of a WebSocket, once it is open; rejects when the host does not take it. Without `url`, connects to
 * the host that served this page, which knows us by the page's cookie.
 */
export function connectWebSocket(url = ownChannelUrl()): Promise<Channel> {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  const channel: Channel = {
    send(frame) {
      if (socket.readyState === WebSocket.OPEN) socket.send(frame);
    },
    onFrame: () => {},
    onClose: () => {},
    close() {
      socket.close();
    },
  };
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(channel), { once: true });
    socket.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (event.data instanceof ArrayBuffer) channel.onFrame(new Uint8Array(event.data));
    });
    socket.addEventListener(
      'close',
      () => {
        reject(new Error('nbdscope does not answer; it may have ended in its terminal'));
        channel.onClose();
      },
      { once: true },
    );
  });
}

function ownChannelUrl(): string {
  return `${location.origin.replace(/^http/, 'ws')}${CHANNEL_PATH}`;
}
