import type { HexColor } from '#shared/theme/theme.ts';
import type { PackedColor } from '../grid/cell-look.ts';
import type { PixelImage } from '../grid/panel-painter.ts';
import { CanvasDrawing, type Drawing, familyOf, type TextStyle } from './drawing.ts';
import type { BoxPx } from './film-layout.ts';

/** Viewers grow slow, and files large, beyond this; a PNG shows the same. */
export const MAX_SVG_RECTS = 50_000;

export function hexOf(color: PackedColor): HexColor {
  const part = (shift: number): string => ((color >> shift) & 0xff).toString(16).padStart(2, '0');
  return `#${part(0)}${part(8)}${part(16)}`;
}

/** Writes an SVG: rectangles by colour, so that neighbours of one colour share an element, and words as words. */
export class SvgDrawing implements Drawing {
  readonly #widthPx: number;
  readonly #heightPx: number;
  readonly #parts: string[] = [];
  readonly #measure: CanvasDrawing;
  #rects = 0;

  constructor(widthPx: number, heightPx: number) {
    this.#widthPx = widthPx;
    this.#heightPx = heightPx;
    const context = new OffscreenCanvas(1, 1).getContext('2d');
    if (context === null) throw new Error('this browser has no 2D canvas to measure words with');
    this.#measure = new CanvasDrawing(context);
  }

  fill({ xPx, yPx, widthPx, heightPx }: BoxPx, color: HexColor): void {
    this.#count(1);
    this.#parts.push(`<rect x="${xPx}" y="${yPx}" width="${widthPx}" height="${heightPx}" fill="${color}"/>`);
  }

  /** Many rectangles of one colour, as one path, `opacity` from 0 to 1. @throws Error beyond {@link MAX_SVG_RECTS} in all. */
  fillAll(boxes: readonly BoxPx[], color: HexColor, opacity = 1): void {
    if (boxes.length === 0) return;
    this.#count(boxes.length);
    const path = boxes.map(
      ({ xPx, yPx, widthPx, heightPx }) => `M${xPx} ${yPx}h${widthPx}v${heightPx}h${-widthPx}z`,
    );
    const seen = opacity === 1 ? '' : ` fill-opacity="${opacity}"`;
    this.#parts.push(`<path fill="${color}"${seen} d="${path.join('')}"/>`);
  }

  text(words: string, xPx: number, middlePx: number, style: TextStyle, end = false): void {
    const anchor = end ? ' text-anchor="end"' : '';
    const family = escaped(familyOf(style));
    this.#parts.push(
      `<text x="${xPx}" y="${middlePx}" dominant-baseline="central"${anchor} font-family="${family}" font-size="${style.sizePx}" font-weight="${style.weight}" fill="${style.color}">${escaped(words)}</text>`,
    );
  }

  measure(words: string, style: TextStyle): number {
    return this.#measure.measure(words, style);
  }

  image({ pixels, widthPx, heightPx }: PixelImage, xPx: number, yPx: number): void {
    const runs = new Map<PackedColor, BoxPx[]>();
    for (let y = 0; y < heightPx; y += 1) {
      for (let x = 0; x < widthPx; ) {
        const color = pixels[y * widthPx + x] ?? 0;
        let end = x + 1;
        while (end < widthPx && pixels[y * widthPx + end] === color) end += 1;
        const rgb = color & 0xff_ffff;
        const boxes = runs.get(rgb) ?? [];
        boxes.push({ xPx: xPx + x, yPx: yPx + y, widthPx: end - x, heightPx: 1 });
        runs.set(rgb, boxes);
        x = end;
      }
    }
    for (const [color, boxes] of runs) this.fillAll(boxes, hexOf(color));
  }

  /** The whole document. */
  toString(): string {
    const size = `width="${this.#widthPx}" height="${this.#heightPx}" viewBox="0 0 ${this.#widthPx} ${this.#heightPx}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} shape-rendering="crispEdges">\n${this.#parts.join('\n')}\n</svg>\n`;
  }

  #count(rects: number): void {
    this.#rects += rects;
    if (this.#rects <= MAX_SVG_RECTS) return;
    throw new Error(
      `an SVG of this moment has more than ${MAX_SVG_RECTS.toLocaleString('en')} rectangles, which viewers are slow to show; save it as PNG`,
    );
  }
}

function escaped(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
