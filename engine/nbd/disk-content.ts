import { errnoName } from '#shared/events/vocabulary.ts';
import type { Backend } from './backend.ts';
import { readRange } from './own-request.ts';

/**
 * Reads what is on a hosted disk for somebody in this process who is no client: no request is counted, logged, delayed or made
 * to fail. Once the disk is about to go, nothing more is read; whoever reads is told beforehand.
 */
export class DiskContent {
  readonly sizeBytes: bigint;
  readonly #backend: Backend;
  readonly #reads = new Set<Promise<unknown>>();
  readonly #end = new AbortController();

  /** @param backend behind all filters but an overlay. */
  constructor(backend: Backend) {
    this.#backend = backend;
    this.sizeBytes = backend.sizeBytes;
  }

  /** Is aborted when nothing more can be read. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  /** The bytes [offsetBytes, offsetBytes + lengthBytes), which lie inside the disk. @throws Error saying why not. */
  async readAt(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    if (this.ended.aborted) throw new Error('the disk is no longer hosted');
    const read = readRange(this.#backend, offsetBytes, lengthBytes);
    this.#reads.add(read);
    try {
      const { errno, bytes } = await read;
      if (errno !== 0) throw new Error(`the disk failed with ${errnoName(errno)}`);
      return bytes;
    } finally {
      this.#reads.delete(read);
    }
  }

  /** Refuses further reads, and returns once there are none. */
  async end(): Promise<void> {
    this.#end.abort();
    await Promise.allSettled(this.#reads);
  }
}
