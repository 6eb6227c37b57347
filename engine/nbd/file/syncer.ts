import { fdatasync } from 'node:fs';

/**
 * Carries what was written to stable storage. Requests that wait at the same time share a call, but only one that began
 * after they asked. After a failure the kernel may have thrown away what it could not write, and would call the next
 * attempt a success: so every later one fails too.
 */
export class Syncer {
  readonly #fd: number;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Resolves when all that was written before the call is on stable storage. @throws what fdatasync failed with. */
  sync(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#running === null) return this.#start();
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#failure === null ? this.#start() : Promise.reject(this.#failure);
      });
    return this.#next;
  }

  #start(): Promise<void> {
    const running = new Promise<void>((resolve, reject) => {
      fdatasync(this.#fd, (error) => {
        this.#running = null;
        if (error === null) resolve();
        else {
          this.#failure = error;
          reject(error);
        }
      });
    });
    this.#running = running;
    return running;
  }
}
