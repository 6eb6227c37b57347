import { RowFlag } from '#shared/events/vocabulary.ts';
import type { Backend, Capabilities, Request } from '../backend.ts';
import { Errno } from '../protocol.ts';

const CAPABILITIES: Capabilities = {
  trim: true,
  zero: true,
  fastZero: false,
  flush: true,
  fua: true,
  cache: false,
  extents: false,
  multiConn: true,
  rotational: false,
};

/**
 * A disk with a volatile cache, as real ones have: what is written is read back at once, and is stable only once a flush
 * that began after the write was answered, or FUA on the write itself, has carried it over. Every answer is late, by a
 * time of its own. Changes are whole blocks.
 */
export class CachingBackend implements Backend {
  readonly sizeBytes: bigint;
  readonly readOnly = false;
  readonly capabilities = CAPABILITIES;
  /** What would be left after a power cut. */
  readonly stable: Buffer;
  readonly #cached: Buffer;
  readonly #blockBytes: number;
  /** Blocks whose latest change is not stable. */
  readonly #dirty = new Set<number>();
  readonly #draw: (below: number) => number;
  readonly #lateMs: number;

  /** @param draw makes each answer late by up to `lateMs`. */
  constructor(blocks: number, blockBytes: number, lateMs: number, draw: (below: number) => number) {
    this.sizeBytes = BigInt(blocks * blockBytes);
    this.stable = Buffer.alloc(blocks * blockBytes);
    this.#cached = Buffer.alloc(blocks * blockBytes);
    this.#blockBytes = blockBytes;
    this.#lateMs = lateMs;
    this.#draw = draw;
  }

  open(): void {}

  gone(): void {}

  close(): void {}

  dispose(): void {}

  async read(request: Request): Promise<number> {
    await this.#late();
    const bytes = Buffer.from(this.#cached.subarray(request.offsetLow, request.offsetLow + request.length));
    request.data(bytes, 0, bytes.length);
    return Errno.Ok;
  }

  async write(request: Request): Promise<number> {
    await this.#late();
    const { payload, payloadStart, length } = request;
    payload.copy(this.#cached, request.offsetLow, payloadStart, payloadStart + length);
    return this.#changed(request);
  }

  async zero(request: Request): Promise<number> {
    await this.#late();
    this.#cached.fill(0, request.offsetLow, request.offsetLow + request.length);
    return this.#changed(request);
  }

  trim(request: Request): Promise<number> {
    return this.zero(request);
  }

  /** Carries over what had changed when it was asked for, in the order it likes. */
  async flush(): Promise<number> {
    const dirty = [...this.#dirty];
    await this.#late();
    for (const block of dirty) this.#settle(block);
    return Errno.Ok;
  }

  async cache(): Promise<number> {
    return Errno.EINVAL;
  }

  async extents(): Promise<number> {
    return Errno.EINVAL;
  }

  async #changed(request: Request): Promise<number> {
    const first = request.offsetLow / this.#blockBytes;
    const blocks: number[] = [];
    for (let i = 0; i < request.length / this.#blockBytes; i += 1) blocks.push(first + i);
    for (const block of blocks) this.#dirty.add(block);
    await this.#late();
    if ((request.flags & RowFlag.Fua) !== 0) for (const block of blocks) this.#settle(block);
    return Errno.Ok;
  }

  #settle(block: number): void {
    this.#cached.copy(
      this.stable,
      block * this.#blockBytes,
      block * this.#blockBytes,
      (block + 1) * this.#blockBytes,
    );
    this.#dirty.delete(block);
  }

  #late(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#draw(this.#lateMs)));
  }
}
