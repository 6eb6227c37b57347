import type { Span } from '#shared/contract/time.ts';
import type { Theme } from '#shared/theme/theme.ts';
import { Pen } from '../timeline/pen.ts';
import { timeTicks } from '../timeline/time-ticks.ts';
import type { TimeWindow } from '../timeline/time-window.ts';
import type { Zone } from '../words/zone.ts';
import { latencyPixels, SEEK_CELL_PX, seekPixels } from './count-image.ts';
import {
  laneRects,
  latencyTicks,
  namePlaces,
  type ShownRows,
  shownRows,
  yOfLatency,
} from './latency-layout.ts';
import type { LatencyData, SeekData } from './plot-data.ts';
import { type PlotRect, xOfMoment } from './plot-frame.ts';
import { offsetTicks, yOfBlock } from './seek-layout.ts';

/** Of the typeface of numbers at the axis's size. */
const CHARACTER_PX = 6.6;

/** What every plot over time is drawn with. */
export interface PlotScene {
  readonly rect: PlotRect;
  readonly theme: Theme;
  readonly zone: Zone;
  /** The moment shown; NaN for none. */
  readonly shownUs: number;
  /** What the window plays; null for all. */
  readonly span: Span | null;
}

/** An image of counts, made once for each answer and theme. */
export class CountImage {
  readonly #canvas = document.createElement('canvas');
  #of: unknown = null;
  #theme: Theme | null = null;
  #variant = 0;

  /** The image of `of`, from `pixels` where it is not there yet; another `variant` is another image. */
  draw(
    of: unknown,
    theme: Theme,
    widthPx: number,
    pixels: () => Uint32Array<ArrayBuffer>,
    variant = 0,
  ): HTMLCanvasElement {
    if (this.#of === of && this.#theme === theme && this.#variant === variant) return this.#canvas;
    const made = pixels();
    this.#canvas.width = widthPx;
    this.#canvas.height = made.length / widthPx;
    const image = new ImageData(new Uint8ClampedArray(made.buffer), widthPx);
    this.#canvas.getContext('2d')?.putImageData(image, 0, 0);
    this.#of = of;
    this.#theme = theme;
    this.#variant = variant;
    return this.#canvas;
  }
}

function begin(context: CanvasRenderingContext2D, ratio: number, theme: Theme): Pen {
  const pen = new Pen(context, ratio);
  context.fillStyle = theme.chrome.panel;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.imageSmoothingEnabled = false;
  return pen;
}

function putImage(pen: Pen, image: HTMLCanvasElement, rect: PlotRect): void {
  const x = pen.device(rect.xPx);
  const y = pen.device(rect.yPx);
  const width = pen.device(rect.xPx + rect.widthPx) - x;
  const height = pen.device(rect.yPx + rect.heightPx) - y;
  if (width > 0 && height > 0) pen.context.drawImage(image, x, y, width, height);
}

/** A word right of which the axis begins. */
function axisWord(pen: Pen, rect: PlotRect, word: string, yPx: number, theme: Theme): void {
  pen.text(word, rect.xPx - 6 - pen.textPx(word), yPx, theme.chrome.mutedText);
}

/** The moments below a plot, what of it is not played, and where the window stands. */
function paintTime(pen: Pen, scene: PlotScene, window: TimeWindow): void {
  const { rect, theme, zone, span, shownUs } = scene;
  const bottomPx = rect.yPx + rect.heightPx;
  for (const { us, label } of timeTicks(window, rect.widthPx, CHARACTER_PX, zone)) {
    const xPx = xOfMoment(rect, window, us);
    pen.vertical(xPx, bottomPx, 4, theme.chrome.mutedText);
    const wordPx = pen.textPx(label);
    const leftPx = Math.min(xPx - wordPx / 2, rect.xPx + rect.widthPx - wordPx);
    pen.text(label, Math.max(rect.xPx, leftPx), bottomPx + 15, theme.chrome.mutedText);
  }
  if (span !== null) {
    for (const us of [span.fromUs, span.toUs]) {
      if (us > window.fromUs && us < window.toUs) {
        pen.vertical(xOfMoment(rect, window, us), rect.yPx, rect.heightPx, theme.chrome.accent);
      }
    }
  }
  if (shownUs >= window.fromUs && shownUs <= window.toUs) {
    pen.rect(xOfMoment(rect, window, shownUs) - 1, rect.yPx, 2, rect.heightPx, theme.chrome.text, 0.9);
  }
}

/** Draws how long requests took, a lane for each disk: time to the right, latency upwards. */
export function paintLatencyPlot(
  context: CanvasRenderingContext2D,
  ratio: number,
  scene: PlotScene,
  data: LatencyData,
  names: ReadonlyMap<number, string>,
  images: Map<number, CountImage>,
): void {
  const { rect, theme } = scene;
  const pen = begin(context, ratio, theme);
  const rects = laneRects(rect, data.lanes.length);
  const rows = shownRows(data, rects[0]?.heightPx ?? 0);
  data.lanes.forEach((lane, i) => {
    const place = rects[i];
    if (place === undefined) return;
    let image = images.get(lane.disk);
    if (image === undefined) {
      image = new CountImage();
      images.set(lane.disk, image);
    }
    const pixels = (): Uint32Array<ArrayBuffer> => latencyPixels(lane.counts, data.columns, rows, theme);
    putImage(pen, image.draw(lane, theme, data.columns, pixels, rows.perGroup), place);
    for (const { us, label } of latencyTicks(place, rows)) {
      const yPx = yOfLatency(place, rows, us);
      pen.rect(place.xPx - 4, yPx, 4, 1, theme.chrome.mutedText);
      axisWord(pen, place, label, yPx + 4, theme);
    }
  });
  if (data.lanes.length > 1) paintNames(pen, data, rects, rows, names, theme);
  paintTime(pen, scene, data.window);
}

function paintNames(
  pen: Pen,
  { lanes, columns }: LatencyData,
  rects: readonly PlotRect[],
  rows: ShownRows,
  names: ReadonlyMap<number, string>,
  theme: Theme,
): void {
  const named = lanes.flatMap(({ disk, counts }, i) => {
    const rect = rects[i];
    const name = names.get(disk) ?? '';
    return rect === undefined ? [] : [{ rect, counts, name, nameWidthPx: pen.textPx(name) + 8 }];
  });
  for (const [i, place] of namePlaces(named, rows, columns).entries()) {
    pen.rect(place.xPx, place.yPx, place.widthPx, place.heightPx, theme.chrome.panel, 0.85);
    pen.text(named[i]?.name ?? '', place.xPx + 4, place.yPx + 11, theme.chrome.text);
  }
}

/** Draws where requests went: time to the right, the disk from its beginning upwards. */
export function paintSeekPlot(
  context: CanvasRenderingContext2D,
  ratio: number,
  scene: PlotScene,
  data: SeekData,
  image: CountImage,
  /** The block in hand, and the blocks that are selected, of this disk. */
  marked: {
    readonly block: number | null;
    readonly selected: { readonly firstBlock: number; readonly endBlock: number } | null;
  },
): void {
  const { rect, theme } = scene;
  const pen = begin(context, ratio, theme);
  putImage(
    pen,
    image.draw(data, theme, data.columns * SEEK_CELL_PX, () => seekPixels(data, theme)),
    rect,
  );
  for (const { block, label } of offsetTicks(data.firstBlock, data.endBlock, rect.heightPx)) {
    const yPx = yOfBlock(rect, data, block);
    pen.rect(rect.xPx - 4, yPx, 4, 1, theme.chrome.mutedText);
    axisWord(pen, rect, label, Math.min(Math.max(yPx + 4, rect.yPx + 8), rect.yPx + rect.heightPx), theme);
  }
  paintTime(pen, scene, data.window);
  const { block, selected } = marked;
  if (selected !== null) {
    const topPx = yOfBlock(rect, data, Math.min(selected.endBlock, data.endBlock));
    const heightPx = Math.max(2, yOfBlock(rect, data, selected.firstBlock) - topPx);
    pen.rect(rect.xPx, topPx, rect.widthPx, heightPx, theme.grid.cursor, 0.18);
    pen.rect(rect.xPx, topPx, rect.widthPx, 1, theme.grid.cursor, 0.8);
    pen.rect(rect.xPx, topPx + heightPx - 1, rect.widthPx, 1, theme.grid.cursor, 0.8);
  }
  if (block !== null && block >= data.firstBlock && block < data.endBlock) {
    const yPx = (yOfBlock(rect, data, block) + yOfBlock(rect, data, block + 1)) / 2;
    pen.rect(rect.xPx, yPx - 0.5, rect.widthPx, 1, theme.grid.cursor);
    pen.rect(rect.xPx - 5, yPx - 3, 5, 6, theme.grid.cursor);
  }
}
