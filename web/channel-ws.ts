import type { WebSocket } from 'ws';
import type { Channel } from '#shared/channel/channel.ts';

/**
 * Bytes that may wait for a window that does not read. The engine sends on acknowledgement, so this is reached by a
 * window that is broken, not by one that is slow.
 */
const MAX_BACKLOG_BYTES = 512 * 1024 * 1024;

const UNSUPPORTED_DATA = 1003;
const TRY_AGAIN_LATER = 1013;

/** The engine's side of a window that is connected by a WebSocket. Text messages end it: the framing is binary. */
export function channelFromSocket(socket: WebSocket, maxBacklogBytes = MAX_BACKLOG_BYTES): Channel {
  socket.binaryType = 'arraybuffer';
  const channel: Channel = {
    send(frame) {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > maxBacklogBytes) {
        socket.close(TRY_AGAIN_LATER, 'the window does not read');
        return;
      }
      socket.send(frame, { binary: true });
    },
    onFrame: () => {},
    onClose: () => {},
    close() {
      socket.close();
    },
  };
  socket.on('message', (data, isBinary) => {
    if (!isBinary) socket.close(UNSUPPORTED_DATA, 'frames are binary');
    else if (data instanceof ArrayBuffer) channel.onFrame(new Uint8Array(data));
  });
  // A protocol error (an oversized frame, say) closes the socket by itself; 'close' follows.
  socket.on('error', () => {});
  socket.once('close', () => channel.onClose());
  return channel;
}
