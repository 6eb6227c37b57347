import type { ConnectionOptions } from 'node:tls';
import { Command } from '../protocol.ts';
import { fuzzOnce } from './fuzzer.ts';
import { RawClient } from './raw-client.ts';
import type { ServedApart } from './served-apart.ts';
import type { ProcessMemory } from './server-process.ts';

const AT_ONCE = 8;
/** Every so many hostile clients one comes by TCP, where it can reset its connection. */
const TCP_EVERY = 4;
/** How long connections may outlive their clients, ms. */
const SETTLE_MS = 30_000;
const MINE = Buffer.alloc(4096, 0xa5);
const MINE_AT = 8192n;

/** Hostile clients against one server, and a healthy one among them that must not notice. */
export class FuzzRounds {
  readonly #served: ServedApart;
  readonly #healthy: RawClient;
  readonly #tls: ConnectionOptions | null;
  /** What the healthy client expects at {@link MINE_AT}. */
  readonly #mine: Buffer;
  readonly #writes: boolean;
  #seed: number;
  /** The longest that the healthy client waited for a write and a read, ms. */
  slowestMs = 0;
  /** Hostile clients so far. */
  count = 0;
  /** How often the healthy client was served. */
  servings = 0;

  private constructor(
    served: ServedApart,
    healthy: RawClient,
    seed: number,
    tls: ConnectionOptions | null,
    content: Buffer | null,
  ) {
    this.#served = served;
    this.#tls = tls;
    this.#healthy = healthy;
    this.#seed = seed;
    this.#mine = content ?? MINE;
    this.#writes = content === null;
  }

  /**
   * @param seed that of the first client; those after it have the next ones.
   * @param tls what some of the clients encrypt with; null when the server has no TLS.
   * @param readOnly whether the healthy client has to make do with what the disk holds.
   */
  static async begin(
    served: ServedApart,
    seed: number,
    tls: ConnectionOptions | null,
    readOnly = false,
  ): Promise<FuzzRounds> {
    const healthy = await RawClient.connect(served.socket);
    await healthy.enter({ structured: true });
    const content = readOnly ? await healthy.readDisk(MINE_AT, MINE.length) : null;
    return new FuzzRounds(served, healthy, seed, tls, content);
  }

  /**
   * Has clients come for as long as `more` says.
   * @throws Error naming the seed when one could not even connect, or saying how the healthy client was served badly.
   */
  async run(more: () => boolean): Promise<void> {
    let running = AT_ONCE;
    const attack = async (): Promise<void> => {
      try {
        while (more()) await this.#attackOnce();
      } finally {
        running -= 1;
      }
    };
    const attacks = Promise.all(Array.from({ length: AT_ONCE }, attack));
    const watch = async (): Promise<void> => {
      while (running > 0) {
        await this.#beServed();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await Promise.all([attacks, watch()]);
  }

  async #attackOnce(): Promise<void> {
    const seed = this.#seed;
    this.#seed += 1;
    this.count += 1;
    try {
      const where = seed % TCP_EVERY === 0 ? this.#served.port : this.#served.socket;
      await fuzzOnce(where, seed, this.#tls);
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }

  async #beServed(): Promise<void> {
    const from = performance.now();
    if (this.#writes) {
      const [written] = await this.#healthy.request(Command.Write, { offset: MINE_AT }, this.#mine);
      if (written?.errno !== 0) throw new Error(`a healthy write failed with ${written?.errno}`);
    }
    await this.#healthy.readDisk(1n << 25n, 512);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - from);
    this.servings += 1;
  }

  /**
   * Waits until all hostile clients are gone, empties the disk and tells what memory is left in use.
   * @throws Error when a connection outlives its client, or the healthy client's bytes are not there.
   */
  async memory(): Promise<ProcessMemory> {
    const until = performance.now() + SETTLE_MS;
    let left = await this.#served.connections();
    while (left.length > 1) {
      // The healthy client is the oldest.
      if (performance.now() > until) throw new Error(`outlive their clients: ${left.slice(1).join('; ')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      left = await this.#served.connections();
    }
    await this.#beServed();
    const kept = await this.#healthy.readDisk(MINE_AT, this.#mine.length);
    if (!kept.equals(this.#mine)) throw new Error('the healthy client read other bytes than it wrote');
    if (this.#writes) await this.#healthy.request(Command.Trim, { length: 64 << 20 });
    return this.#served.memory();
  }

  close(): void {
    this.#healthy.close();
  }
}
