import * as v from 'valibot';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import {
  POSITION_BYTES,
  RENDER_CHUNK_BYTES,
  type RenderJob,
  type RenderOrder,
  RenderReportSchema,
} from '#shared/contract/render.ts';
import type { OutputFile } from './output-file.ts';

/** A file beyond this is no film: something has gone wrong in the page. */
const MAX_FILE_BYTES = 2 ** 40;

/** How the page's work ended. */
export type Rendered =
  | { readonly done: string }
  /** `asked`: it lies in what was asked for. */
  | { readonly failed: string; readonly asked: boolean };

/** The command's end of the page that renders: gives it the job, writes what it sends, and hears how it went. */
export class RenderDesk {
  /** Resolves once; never rejects. */
  readonly rendered: Promise<Rendered>;
  onProgress: (frames: number, fraction: number) => void = () => {};
  readonly #job: RenderJob;
  readonly #output: Pick<OutputFile, 'write'>;
  readonly #end: (rendered: Rendered) => void;
  /** Chunks are written one after the other. */
  #written: Promise<void> = Promise.resolve();
  #isTaken = false;

  constructor(job: RenderJob, output: Pick<OutputFile, 'write'>) {
    this.#job = job;
    this.#output = output;
    const { promise, resolve } = Promise.withResolvers<Rendered>();
    this.rendered = promise;
    this.#end = resolve;
  }

  /** Whether a page has come for the job. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Serves the page that has connected; the work is done once, by the first. */
  attach(channel: Channel): void {
    if (this.#isTaken) {
      channel.close();
      return;
    }
    this.#isTaken = true;
    channel.onClose = () => this.#end({ failed: 'the page that renders has gone', asked: false });
    channel.onFrame = (bytes) => {
      try {
        this.#frame(channel, bytes);
      } catch (error) {
        this.#end({ failed: `the page that renders sent nonsense: ${String(error)}`, asked: false });
        channel.close();
      }
    };
    send(channel, { order: 'render', job: this.#job });
  }

  #frame(channel: Channel, bytes: Uint8Array): void {
    const { type, tag, payload } = decodeFrame(bytes);
    if (type === FrameType.Upload) {
      this.#chunk(channel, tag, payload);
      return;
    }
    if (type !== FrameType.Json) throw new RangeError(`a frame of type ${type}`);
    const report = v.parse(RenderReportSchema, JSON.parse(new TextDecoder().decode(payload)));
    switch (report.report) {
      case 'progress':
        this.onProgress(report.frames, report.fraction);
        return;
      case 'done':
        void this.#written.then(
          () => this.#end({ done: report.words }),
          () => {},
        );
        return;
      case 'failed':
        this.#end({ failed: report.text, asked: report.asked });
        return;
    }
  }

  #chunk(channel: Channel, chunk: number, payload: Uint8Array): void {
    const length = payload.byteLength - POSITION_BYTES;
    if (length < 0 || length > RENDER_CHUNK_BYTES) throw new RangeError(`a chunk of ${length} bytes`);
    const position = new DataView(payload.buffer, payload.byteOffset).getFloat64(0, true);
    if (!Number.isSafeInteger(position) || position < 0 || position > MAX_FILE_BYTES) {
      throw new RangeError(`a chunk at byte ${position}`);
    }
    this.#written = this.#written.then(() => this.#output.write(position, payload.subarray(POSITION_BYTES)));
    this.#written.then(
      () => send(channel, { order: 'written', chunk }),
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#end({ failed: `the file cannot be written: ${reason}`, asked: false });
      },
    );
  }
}

function send(channel: Channel, order: RenderOrder): void {
  channel.send(encodeJsonFrame(order));
}
