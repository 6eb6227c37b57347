import type { HexColor } from '#shared/theme/theme.ts';
import type { PixelImage } from '../grid/panel-painter.ts';
import type { BoxPx } from './film-layout.ts';

export interface TextStyle {
  readonly sizePx: number;
  readonly weight: 500 | 600;
  readonly color: HexColor;
  /** Tabular figures, for what changes often. */
  readonly mono: boolean;
}

/** What a frame's words and legend are drawn on: a canvas, or an SVG being written. */
export interface Drawing {
  fill(box: BoxPx, color: HexColor): void;
  /** Words on a line whose middle is at `middlePx`, from `xPx` on; as far as `xPx` where `end` is set. */
  text(words: string, xPx: number, middlePx: number, style: TextStyle, end?: boolean): void;
  /** Width of words, px. */
  measure(words: string, style: TextStyle): number;
  /** Opaque px, at whole px. */
  image(image: PixelImage, xPx: number, yPx: number): void;
}

const WORDS = '"Inter Variable", "Inter", sans-serif';
const FIGURES = '"JetBrains Mono Variable", "JetBrains Mono", monospace';

export function familyOf(style: TextStyle): string {
  return style.mono ? FIGURES : WORDS;
}

function fontOf(style: TextStyle): string {
  return `${style.weight} ${style.sizePx}px ${familyOf(style)}`;
}

/** Waits until both typefaces are there: a frame drawn before would have others. */
export async function loadFonts(): Promise<void> {
  const styles = [500, 600].flatMap((weight) => [`${weight} 16px ${WORDS}`, `${weight} 16px ${FIGURES}`]);
  await Promise.all(styles.map((font) => document.fonts.load(font, 'Aa0:.×')));
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export class CanvasDrawing implements Drawing {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
    context.textBaseline = 'middle';
  }

  fill({ xPx, yPx, widthPx, heightPx }: BoxPx, color: HexColor): void {
    this.#context.fillStyle = color;
    this.#context.fillRect(xPx, yPx, widthPx, heightPx);
  }

  text(words: string, xPx: number, middlePx: number, style: TextStyle, end = false): void {
    this.#context.font = fontOf(style);
    this.#context.textAlign = end ? 'right' : 'left';
    this.#context.fillStyle = style.color;
    this.#context.fillText(words, xPx, middlePx);
  }

  measure(words: string, style: TextStyle): number {
    this.#context.font = fontOf(style);
    return this.#context.measureText(words).width;
  }

  image({ pixels, widthPx, heightPx }: PixelImage, xPx: number, yPx: number): void {
    const data = new ImageData(widthPx, heightPx);
    new Uint32Array(data.data.buffer).set(pixels);
    this.#context.putImageData(data, xPx, yPx);
  }
}
