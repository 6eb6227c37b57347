import {
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  StreamTarget,
  type StreamTargetChunk,
  WebMOutputFormat,
} from 'mediabunny';
import type { FilmPainter } from './film-painter.ts';
import type { ByteSink, FilmWriter } from './film-writer.ts';
import type { FilmCodec } from './video-codecs.ts';

/** Players can begin at a key frame: one every so often. */
const KEY_FRAME_US = 4_000_000;
/** Frames that wait for the encoder at most: at 4K each is 33 MB. */
const MAX_QUEUE = 3;
const CHUNK_BYTES = 1024 * 1024;
const SECOND_US = 1_000_000;

/** Writes frames as WebM or MP4: WebCodecs encodes them, mediabunny puts them into the container. */
export class VideoWriter implements FilmWriter {
  readonly #canvas: OffscreenCanvas;
  readonly #codec: FilmCodec;
  readonly #encoder: VideoEncoder;
  readonly #output: Output;
  readonly #packets: EncodedVideoPacketSource;
  readonly #frameUs: number;
  /** Packets go to the container one after the other. */
  #written: Promise<void> = Promise.resolve();
  #failure: Error | null = null;
  #wake: () => void = () => {};
  #nextKeyUs = 0;

  static async start(
    painter: Pick<FilmPainter, 'canvas'>,
    codec: FilmCodec,
    title: string,
    sink: ByteSink,
  ): Promise<VideoWriter> {
    const writer = new VideoWriter(painter, codec, sink);
    writer.#output.setMetadataTags({ title, comment: 'made with nbdscope' });
    await writer.#output.start();
    return writer;
  }

  private constructor(painter: Pick<FilmPainter, 'canvas'>, codec: FilmCodec, sink: ByteSink) {
    this.#canvas = painter.canvas;
    this.#codec = codec;
    this.#frameUs = SECOND_US / (codec.config.framerate ?? 30);
    const writable = new WritableStream<StreamTargetChunk>({
      write: ({ position, data }) => sink.write(position, data),
      close: () => sink.close(),
      abort: () => sink.abort(),
    });
    this.#output = new Output({
      format: codec.container === 'mp4' ? new Mp4OutputFormat({ fastStart: false }) : new WebMOutputFormat(),
      target: new StreamTarget(writable, { chunked: true, chunkSize: CHUNK_BYTES }),
    });
    this.#packets = new EncodedVideoPacketSource(codec.codec);
    this.#output.addVideoTrack(this.#packets);
    this.#encoder = new VideoEncoder({
      output: (chunk, meta) => {
        this.#written = this.#written.then(() =>
          this.#packets.add(EncodedPacket.fromEncodedChunk(chunk), meta),
        );
        this.#written.catch((error: unknown) => this.#fail(error));
      },
      error: (error) => this.#fail(error),
    });
    this.#encoder.configure(codec.config);
  }

  /** Frames that wait to be encoded: more than a few, and a live recording had better leave some out. */
  get isBehind(): boolean {
    return this.#encoder.encodeQueueSize >= MAX_QUEUE;
  }

  async add(timeUs: number): Promise<void> {
    this.#throwFailure();
    const isKey = timeUs >= this.#nextKeyUs;
    if (isKey) this.#nextKeyUs = timeUs + KEY_FRAME_US;
    const timestamp = Math.round(timeUs);
    const duration = Math.round(timeUs + this.#frameUs) - timestamp;
    const frame = new VideoFrame(this.#canvas, { timestamp, duration });
    this.#encoder.encode(frame, { keyFrame: isKey, ...this.#quality() });
    frame.close();
    while (this.isBehind && this.#failure === null) await this.#dequeued();
    await this.#written;
  }

  async finish(): Promise<void> {
    this.#throwFailure();
    await this.#encoder.flush();
    await this.#written;
    this.#throwFailure();
    this.#encoder.close();
    await this.#output.finalize();
  }

  async cancel(): Promise<void> {
    if (this.#encoder.state !== 'closed') this.#encoder.close();
    await this.#written.catch(() => {});
    await this.#output.cancel();
  }

  #quality(): VideoEncoderEncodeOptions {
    const { codec, quantizer } = this.#codec;
    if (quantizer === null) return {};
    return codec === 'av1' ? { av1: { quantizer } } : { vp9: { quantizer } };
  }

  /** Resolves when a frame has left the queue, or none will any more. */
  #dequeued(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#encoder.addEventListener('dequeue', () => resolve(), { once: true });
    });
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#wake();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw new Error(`the film could not be encoded: ${this.#failure.message}`);
  }
}
