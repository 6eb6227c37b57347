import type { Socket } from 'node:net';

/** How often a client is looked for that is not read from, ms. */
const LOOK_MS = 1000;
const NO_BYTES = Buffer.alloc(0);

/**
 * Looks for clients that have left while nothing is read from them, so that the end of what they sent is out of sight.
 * Sending one nothing fails where it closed its Unix socket or reset its connection; one that closed TCP in good order is
 * noticed when it is sent a reply. Under TLS it is done beneath it: Node keeps to itself that a record of TLS's own was not
 * taken, and all that is written behind it then waits for ever.
 */
export class LookOut {
  readonly #socket: Socket;
  readonly #reads: () => boolean;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param socket the one that the client is connected to; its failure is its listener's to hear of.
   * @param reads whether the client is read from again, so that there is no need to look.
   */
  constructor(socket: Socket, reads: () => boolean) {
    this.#socket = socket;
    this.#reads = reads;
  }

  begin(): void {
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    const socket = this.#socket;
    if (this.#reads() || socket.destroyed) this.end();
    else if (socket.writableLength === 0) socket.write(NO_BYTES);
  }
}
