/// <reference path="./gifenc.d.ts" />
import { GIFEncoder, type GifStream } from 'gifenc';
import type { Theme } from '#shared/theme/theme.ts';
import type { FilmPainter } from './film-painter.ts';
import type { ByteSink, FilmWriter } from './film-writer.ts';
import { gifPalette, PaletteIndex } from './gif-palette.ts';

/** The last frame stands so long before the film begins again. */
const END_PAUSE_US = 2_000_000;
const HUNDREDTH_US = 10_000;
/** A frame can stand no longer. */
const MAX_HUNDREDTHS = 65_535;

/**
 * Writes frames as a GIF in the theme's own colours. Of each frame after the first only what changed is kept, and a frame in which
 * nothing changed only makes the one before it last longer; so a frame is written when the next one comes.
 */
export class GifWriter implements FilmWriter {
  readonly #painter: Pick<FilmPainter, 'pixels'>;
  readonly #sink: ByteSink;
  readonly #gif: GifStream = GIFEncoder({ auto: false });
  readonly #palette: readonly number[][];
  readonly #transparent: number;
  readonly #index: PaletteIndex;
  /** What is shown, as places in the palette, and what the frame that waits changes of it. */
  #shown: Uint8Array | null = null;
  #waiting: { readonly index: Uint8Array; readonly timeUs: number } | null = null;
  #widthPx = 0;
  #heightPx = 0;
  #positionBytes = 0;
  #isFirst = true;

  constructor(painter: Pick<FilmPainter, 'pixels'>, theme: Theme, sink: ByteSink) {
    this.#painter = painter;
    this.#sink = sink;
    const colors = gifPalette(theme);
    this.#index = new PaletteIndex(colors);
    this.#transparent = colors.length;
    this.#palette = [...colors, 0].map((color) => [color & 0xff, (color >> 8) & 0xff, (color >> 16) & 0xff]);
  }

  async add(timeUs: number): Promise<void> {
    const { data, width, height } = this.#painter.pixels();
    this.#widthPx = width;
    this.#heightPx = height;
    const index = this.#changes(new Uint32Array(data.buffer));
    if (index === null) return;
    await this.#writeWaiting(timeUs);
    this.#waiting = { index, timeUs };
  }

  async finish(endUs: number): Promise<void> {
    await this.#writeWaiting(endUs + END_PAUSE_US);
    this.#gif.finish();
    await this.#flush();
    await this.#sink.close();
  }

  cancel(): Promise<void> {
    this.#waiting = null;
    return this.#sink.abort();
  }

  /** The frame with transparent px where it is as before; null where all of it is. Hot path: runs of a colour are looked up once. */
  #changes(pixels: Uint32Array): Uint8Array | null {
    const before = this.#shown;
    const shown = before ?? new Uint8Array(pixels.length);
    const frame = new Uint8Array(pixels.length);
    let changed = before === null;
    let color = -1;
    let place = 0;
    for (let i = 0; i < pixels.length; i += 1) {
      const rgb = (pixels[i] ?? 0) & 0xff_ffff;
      if (rgb !== color) {
        color = rgb;
        place = this.#index.of(rgb);
      }
      if (before !== null && before[i] === place) {
        frame[i] = this.#transparent;
      } else {
        changed = true;
        frame[i] = place;
        shown[i] = place;
      }
    }
    this.#shown = shown;
    return changed ? frame : null;
  }

  async #writeWaiting(untilUs: number): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === null) return;
    // Times are rounded, not delays, so that a film of odd frame rates is as long as it should be.
    const hundredths = Math.round(untilUs / HUNDREDTH_US) - Math.round(waiting.timeUs / HUNDREDTH_US);
    if (this.#isFirst) this.#gif.writeHeader();
    this.#gif.writeFrame(waiting.index, this.#widthPx, this.#heightPx, {
      first: this.#isFirst,
      ...(this.#isFirst ? { palette: this.#palette, repeat: 0 } : {}),
      transparent: !this.#isFirst,
      transparentIndex: this.#transparent,
      delay: Math.min(hundredths, MAX_HUNDREDTHS) * 10,
      dispose: 1,
    });
    this.#isFirst = false;
    this.#waiting = null;
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = this.#gif.bytes();
    this.#gif.reset();
    await this.#sink.write(this.#positionBytes, bytes);
    this.#positionBytes += bytes.byteLength;
  }
}
