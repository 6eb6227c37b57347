import { Socket } from 'node:net';

/** Where bytes from a socket go. */
export interface SocketReader {
  /** Memory for the next bytes; never empty. */
  space(): Buffer;
  /** `bytes` have arrived in `into`, which {@link space} gave. Returns false to read no more until the socket is resumed. */
  arrived(bytes: number, into: Uint8Array): boolean;
}

/**
 * Reads an accepted socket straight into memory of ours, with no buffer made for each read. Node offers this (`onread`)
 * for sockets it connects, not for those it accepts, so the connection is carried over to a socket made here. The server
 * must have accepted it with `pauseOnConnect`, so that nothing has been read.
 * @returns the socket to use from now on, which does not read before `resume()`; null when the runtime keeps its
 * connections in another way than Node does.
 */
export function readDirectly(accepted: Socket, reader: SocketReader): Socket | null {
  const handle: unknown = Reflect.get(accepted, '_handle');
  if (typeof handle !== 'object' || handle === null) return null;
  const options = {
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: () => reader.space(),
      callback: (bytes: number, into: Uint8Array) => reader.arrived(bytes, into),
    },
  };
  const socket: unknown = Reflect.construct(Socket, [options]);
  if (!(socket instanceof Socket)) return null;
  Reflect.set(accepted, '_handle', null);
  return socket;
}
