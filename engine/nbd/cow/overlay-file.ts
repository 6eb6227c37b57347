import { close, ftruncate, mkdtempSync, openSync, read, rmSync, write } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outliveFileSizeLimit } from '../file/file-size-limit.ts';

/**
 * A file that nobody else can see, in places of one block each. It has no name from the start, so that nothing is left of
 * it however this process ends. A place that was given back is used again only once every request is done that was under
 * way when it was given back, and so might still use it.
 */
export class OverlayFile {
  readonly #fd: number;
  readonly #blockBytes: number;
  readonly #free: number[] = [];
  /** Requests under way and places given back, of this age and the one before. */
  readonly #running: [number, number] = [0, 0];
  readonly #givenBack: [number[], number[]] = [[], []];
  #age: 0 | 1 = 0;
  #slots = 0;
  #used = 0;

  /** @throws Error when there is no room for temporary files. */
  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes;
    outliveFileSizeLimit();
    const directory = mkdtempSync(join(tmpdir(), 'nbdscope-cow-'));
    try {
      this.#fd = openSync(join(directory, 'overlay'), 'wx+', 0o600);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  /** Bytes of the blocks in it. */
  get usedBytes(): number {
    return this.#used * this.#blockBytes;
  }

  /** A request begins; hand what is returned to {@link end}. */
  begin(): 0 | 1 {
    this.#running[this.#age] += 1;
    return this.#age;
  }

  end(age: 0 | 1): void {
    this.#running[age] -= 1;
    const before = this.#age === 0 ? 1 : 0;
    if (this.#running[before] > 0) return;
    for (const slot of this.#givenBack[before].splice(0)) this.#free.push(slot);
    this.#age = before;
  }

  /** A place for a block. */
  take(): number {
    this.#used += 1;
    const free = this.#free.pop();
    if (free !== undefined) return free;
    this.#slots += 1;
    return this.#slots - 1;
  }

  giveBack(slot: number): void {
    this.#used -= 1;
    this.#givenBack[this.#age].push(slot);
  }

  /** Reads all of `bytes` from within a place. @throws the system's error. */
  async read(slot: number, within: number, bytes: Buffer): Promise<void> {
    const start = slot * this.#blockBytes + within;
    for (let done = 0; done < bytes.length; ) {
      const count = await new Promise<number>((resolve, reject) => {
        read(this.#fd, bytes, done, bytes.length - done, start + done, (error, some) => {
          if (error === null) resolve(some);
          else reject(error);
        });
      });
      if (count === 0) throw new Error('the overlay is shorter than it should be');
      done += count;
    }
  }

  /** Writes all of `bytes` within a place. @throws the system's error, as when there is no room. */
  async write(slot: number, within: number, bytes: Buffer): Promise<void> {
    const start = slot * this.#blockBytes + within;
    for (let done = 0; done < bytes.length; ) {
      done += await new Promise<number>((resolve, reject) => {
        write(this.#fd, bytes, done, bytes.length - done, start + done, (error, some) => {
          if (error === null) resolve(some);
          else reject(error);
        });
      });
    }
  }

  /** Empties it, while no request is under way. */
  async reset(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      ftruncate(this.#fd, 0, (error) => (error === null ? resolve() : reject(error)));
    });
    this.#free.length = 0;
    for (const places of this.#givenBack) places.length = 0;
    this.#slots = 0;
    this.#used = 0;
  }

  close(): Promise<void> {
    return new Promise((resolve) => close(this.#fd, () => resolve()));
  }
}
