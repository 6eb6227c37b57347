import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;
/** Packed bytes handed over at a time: what they unpack to is decoded before the next are read. */
const SLICE_BYTES = 32 * 1024;
const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** How a log is packed, by its first bytes; null when it is not. Two bytes tell gzip, four zstd. */
export function packing(head: Uint8Array): 'gzip' | 'zstd' | null {
  if (GZIP.every((byte, i) => head[i] === byte)) return 'gzip';
  return ZSTD.every((byte, i) => head[i] === byte) ? 'zstd' : null;
}

/**
 * Hands bytes on as they are, or unpacked where their first bytes say gzip or zstd. What unpacks before damage is
 * handed on; then {@link push} or {@link end} rejects.
 */
export class Unpacker {
  readonly #out: (bytes: Uint8Array) => void;
  #head: Uint8Array | null = new Uint8Array(0);
  #stream: Transform | null = null;
  #error: Error | null = null;

  constructor(out: (bytes: Uint8Array) => void) {
    this.#out = out;
  }

  /** Resolves when everything the bytes unpack to has been handed on. Rejects when they are damaged. */
  async push(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    if (this.#head !== null) {
      const joined = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
      const undecided = joined.length < ZSTD.length && (joined[0] === GZIP[0] || joined[0] === ZSTD[0]);
      this.#head = undecided ? Uint8Array.from(joined) : null;
      if (undecided) return;
      this.#open(joined);
      rest = joined;
    }
    if (this.#stream === null) {
      if (rest.length > 0) this.#out(rest);
      return;
    }
    for (let at = 0; at < rest.length; at += SLICE_BYTES) {
      await this.#write(this.#stream, rest.subarray(at, at + SLICE_BYTES));
    }
  }

  /** No more bytes come. Rejects when the archive is cut. */
  async end(): Promise<void> {
    if (this.#head !== null && this.#head.length > 0) this.#out(this.#head);
    this.#head = null;
    const stream = this.#stream;
    if (stream === null) return;
    if (this.#error !== null) throw this.#error;
    await new Promise<void>((resolve, reject) => {
      stream.once('end', resolve);
      stream.once('error', reject);
      stream.end();
    });
  }

  destroy(): void {
    this.#stream?.destroy();
  }

  #open(head: Uint8Array): void {
    const format = packing(head);
    if (format === null) return;
    const options = { chunkSize: CHUNK_BYTES };
    const stream = format === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
    // Flowing and never paused: what has been unpacked must be out before an error ends the stream.
    stream.on('data', (bytes: Uint8Array) => this.#out(bytes));
    stream.on('error', (error) => {
      this.#error = error;
    });
    this.#stream = stream;
  }

  #write(stream: Transform, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#error !== null) {
        reject(this.#error);
        return;
      }
      const failed = (error: Error): void => reject(error);
      stream.once('error', failed);
      stream.write(bytes, (error) => {
        stream.off('error', failed);
        if (error) reject(error);
        else resolve();
      });
    });
  }
}
