import { errnoName } from '#shared/events/vocabulary.ts';
import type { NbdClient, ReadResult } from '../client/nbd-client.ts';

/** How long a workload takes on a disk that answers at once: long enough to watch, ms. */
const WATCHABLE_MS = 8_000;
/** A workload of few requests makes them at least this often, ms. */
const LONGEST_TURN_MS = 600;
/** Most requests in flight. */
export const DEPTH = 4;

export interface RunOptions {
  /** Time from one turn to the next, ms; by default as watchable. */
  readonly turnMs?: number;
  /** Draws from [0, 1). */
  readonly random?: () => number;
}

/** One workload under way. */
export class WorkloadRun {
  readonly client: NbdClient;
  readonly random: () => number;
  readonly #signal: AbortSignal;
  readonly #fixedTurnMs: number | null;
  #turnMs = 0;
  #nextMs = 0;
  #turns = 1;
  #taken = 0;
  readonly #inFlight = new Set<Promise<void>>();
  #lost: unknown = null;
  #requests = 0;
  #failures = 0;
  #firstErrno = 0;

  /** @param signal ends the workload at its next turn. */
  constructor(client: NbdClient, signal: AbortSignal, options: RunOptions = {}) {
    this.client = client;
    this.random = options.random ?? Math.random;
    this.#signal = signal;
    this.#fixedTurnMs = options.turnMs ?? null;
  }

  get sizeBytes(): bigint {
    return this.client.sizeBytes;
  }

  /** How much is done, 0 to 1. */
  get done(): number {
    return Math.min(1, this.#taken / this.#turns);
  }

  /** What failed, in words; null when nothing did. */
  get failures(): string | null {
    if (this.#failures === 0) return null;
    return `${this.#failures} of ${this.#requests} requests failed, the first with ${errnoName(this.#firstErrno)}`;
  }

  /** Says how many turns there will be. */
  plan(turns: number): void {
    this.#turns = Math.max(1, turns);
    this.#turnMs = this.#fixedTurnMs ?? Math.min(LONGEST_TURN_MS, WATCHABLE_MS / this.#turns);
    this.#nextMs = performance.now();
  }

  /** Waits until it is time for the next step and fewer than {@link DEPTH} are under way. @throws when it is to end. */
  async turn(): Promise<void> {
    while (this.#inFlight.size >= DEPTH) await Promise.race(this.#inFlight);
    const waitMs = this.#nextMs - performance.now();
    if (waitMs > 0) await new Promise((go) => setTimeout(go, waitMs));
    this.#check();
    this.#nextMs = Math.max(this.#nextMs + this.#turnMs, performance.now());
    this.#taken += 1;
  }

  /** Lets a step of one or more requests run beside the following ones. */
  begin(step: () => Promise<unknown>): void {
    const running: Promise<void> = step()
      .then(
        () => undefined,
        (error: unknown) => {
          this.#lost ??= error;
        },
      )
      .finally(() => this.#inFlight.delete(running));
    this.#inFlight.add(running);
  }

  /** Waits until every step begun is over. @throws when it is to end, or the connection is lost. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight);
    this.#check();
  }

  async read(offset: bigint, length: number): Promise<ReadResult> {
    const result = await this.client.read(offset, length);
    this.#count(result.errno);
    return result;
  }

  async write(offset: bigint, data: Buffer, fua = false): Promise<void> {
    this.#count(await this.client.write(offset, data, { fua }));
  }

  async trim(offset: bigint, length: number): Promise<void> {
    this.#count(await this.client.trim(offset, length));
  }

  async zero(offset: bigint, length: number): Promise<void> {
    this.#count(await this.client.zero(offset, length));
  }

  async flush(): Promise<void> {
    this.#count(await this.client.flush());
  }

  #count(errno: number): void {
    this.#requests += 1;
    if (errno === 0) return;
    if (this.#failures === 0) this.#firstErrno = errno;
    this.#failures += 1;
  }

  #check(): void {
    this.#signal.throwIfAborted();
    if (this.#lost !== null) throw this.#lost;
  }
}
