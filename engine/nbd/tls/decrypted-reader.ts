import type { Socket } from 'node:net';
import type { SocketReader } from '../socket-reader.ts';

/** Hands the bytes of a socket that is not read directly, as an encrypted one, to its reader as if it were. */
export function readDecrypted(socket: Socket, reader: SocketReader): void {
  socket.on('data', (chunk: Buffer) => {
    let at = 0;
    while (at < chunk.length) {
      const space = reader.space();
      const bytes = chunk.copy(space, 0, at);
      at += bytes;
      const goOn = reader.arrived(bytes, space);
      if (socket.destroyed) return;
      if (goOn) continue;
      socket.pause();
      if (at < chunk.length) socket.unshift(chunk.subarray(at));
      return;
    }
  });
}
