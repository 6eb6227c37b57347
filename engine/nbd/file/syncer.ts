import { fdatasync } from 'node:fs';

/**
 * Carries what was written to stable storage. Requests that wait at the same time share a call, but only one that began
 * after they asked.
 *
 * After a failure every later one fails too, whatever the kernel says: it reports a failed write-back once, marks the
 * pages clean all the same and may forget them, so the next fdatasync succeeds though the bytes never reached the disk
 * (fsync(2), "NOTES"; PostgreSQL's "fsyncgate"). nbdkit's file plugin asks again and passes that success on; a client
 * would take it for the promise that all it ever wrote is safe, which nobody can give any more. Only opening the disk
 * anew, and looking at what is there, begins afresh.
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
