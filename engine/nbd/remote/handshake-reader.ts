import type { Socket } from 'node:net';

/** Hands out a socket's bytes one piece at a time while a handshake lasts. */
export class HandshakeReader {
  readonly #socket: Socket;
  #held: Buffer = Buffer.alloc(0);
  #wanted = 0;
  #settle: { resolve: (bytes: Buffer) => void; reject: (error: Error) => void } | null = null;
  #ended: Error | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#arrived);
    socket.on('error', this.#failed);
    socket.on('close', this.#closed);
  }

  /** The next `length` bytes. Not to be called again before they are there. @throws Error when the socket has ended. */
  take(length: number): Promise<Buffer> {
    if (this.#held.length >= length) return Promise.resolve(this.#cut(length));
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#wanted = length;
    this.#socket.resume();
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** Lets go of the socket, which is paused; returns what came and was not taken. */
  detach(): Buffer {
    this.#socket.pause();
    this.#socket.off('data', this.#arrived);
    this.#socket.off('close', this.#closed);
    return this.#held;
  }

  readonly #arrived = (chunk: Buffer): void => {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const settle = this.#settle;
    if (settle === null || this.#held.length < this.#wanted) {
      if (settle === null) this.#socket.pause();
      return;
    }
    this.#settle = null;
    settle.resolve(this.#cut(this.#wanted));
  };

  readonly #failed = (error: Error): void => {
    this.#ended ??= error;
    this.#settle?.reject(this.#ended);
    this.#settle = null;
  };

  readonly #closed = (): void => this.#failed(new Error('the server hung up'));

  #cut(length: number): Buffer {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }
}
