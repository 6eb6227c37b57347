import type { Socket } from 'node:net';

/** Bytes that may wait unread before the socket is paused. */
const PAUSE_BYTES = 4 << 20;

/** Hands a socket's bytes out in the pieces that its reader asks for, one at a time. */
export class ByteReader {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #held = 0;
  #wanted = 0;
  #settle: { resolve: (bytes: Buffer) => void; reject: (error: Error) => void } | null = null;
  #ended: Error | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#arrived(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('the server hung up')));
  }

  /** Bytes that have come and were not taken. */
  get held(): number {
    return this.#held;
  }

  /** The next `length` bytes. Not to be called again before they are there. @throws Error when the socket has ended. */
  take(length: number): Promise<Buffer> {
    if (this.#held >= length) return Promise.resolve(this.#cut(length));
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#wanted = length;
    this.#socket.resume();
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  #arrived(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const settle = this.#settle;
    if (settle !== null && this.#held >= this.#wanted) {
      this.#settle = null;
      settle.resolve(this.#cut(this.#wanted));
    }
    if (this.#settle === null && this.#held > PAUSE_BYTES) this.#socket.pause();
  }

  #cut(length: number): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    if (all === undefined) return Buffer.alloc(0);
    const rest = all.subarray(length);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
    return all.subarray(0, length);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    const settle = this.#settle;
    this.#settle = null;
    settle?.reject(this.#ended);
  }
}
