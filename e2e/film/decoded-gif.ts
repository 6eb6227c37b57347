/// <reference path="../support/omggif.d.ts" />
import omggif from 'omggif';

/** A GIF as another program than the one that wrote it reads it. */
export class DecodedGif {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly #frames: { readonly pixels: Uint8Array; readonly fromS: number; readonly untilS: number }[] = [];

  constructor(bytes: Uint8Array) {
    const reader = new omggif.GifReader(bytes);
    this.widthPx = reader.width;
    this.heightPx = reader.height;
    const pixels = new Uint8Array(reader.width * reader.height * 4);
    let fromS = 0;
    for (let i = 0; i < reader.numFrames(); i += 1) {
      reader.decodeAndBlitFrameRGBA(i, pixels);
      const untilS = fromS + reader.frameInfo(i).delay / 100;
      this.#frames.push({ pixels: pixels.slice(), fromS, untilS });
      fromS = untilS;
    }
  }

  get durationS(): number {
    return this.#frames.at(-1)?.untilS ?? 0;
  }

  /** What is shown at a time, RGBA row by row. */
  frameAt(timeS: number): Uint8Array {
    const frame = this.#frames.find(({ fromS, untilS }) => timeS >= fromS && timeS < untilS);
    if (frame === undefined) throw new RangeError(`the GIF shows nothing at ${timeS} s`);
    return frame.pixels;
  }
}
