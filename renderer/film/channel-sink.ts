import type { Channel } from '#shared/channel/channel.ts';
import { encodeFrame, FrameType } from '#shared/channel/frame.ts';
import { POSITION_BYTES, RENDER_CHUNK_BYTES } from '#shared/contract/render.ts';
import type { ByteSink } from './film-writer.ts';

/** Chunks that are on their way at once. */
const WINDOW = 4;

/** Sends a file's bytes over a channel, a few chunks ahead of what the other end has written. */
export class ChannelSink implements ByteSink {
  readonly #channel: Channel;
  #next = 1;
  #written = 0;
  #wake: () => void = () => {};

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async write(positionBytes: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < bytes.byteLength; at += RENDER_CHUNK_BYTES) {
      const part = bytes.subarray(at, at + RENDER_CHUNK_BYTES);
      const payload = new Uint8Array(POSITION_BYTES + part.byteLength);
      new DataView(payload.buffer).setFloat64(0, positionBytes + at, true);
      payload.set(part, POSITION_BYTES);
      this.#channel.send(encodeFrame(FrameType.Upload, payload, this.#next));
      this.#next += 1;
      await this.#until(this.#next - 1 - WINDOW);
    }
  }

  /** The other end has written all chunks up to this one. */
  written(chunk: number): void {
    this.#written = Math.max(this.#written, chunk);
    this.#wake();
  }

  close(): Promise<void> {
    return this.#until(this.#next - 1);
  }

  async abort(): Promise<void> {}

  async #until(chunk: number): Promise<void> {
    while (this.#written < chunk) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
