import { FramePainter } from './frame-painter.ts';
import type { FrameInput, GridRenderer } from './grid-renderer.ts';

function imageOf(data: ImageData) {
  return { pixels: new Uint32Array(data.data.buffer), widthPx: data.width, heightPx: data.height };
}

/** Draws with a 2D context where there is no WebGL2: the processor paints what changed, the canvas takes it over. */
export class Canvas2dRenderer implements GridRenderer {
  readonly backend = 'canvas2d';
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #data: ImageData;
  readonly #painter: FramePainter;

  private constructor(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D) {
    this.#canvas = canvas;
    this.#context = context;
    this.#data = new ImageData(Math.max(canvas.width, 1), Math.max(canvas.height, 1));
    this.#painter = new FramePainter(imageOf(this.#data));
  }

  /** Null where the canvas has no 2D context to give. */
  static create(canvas: HTMLCanvasElement): Canvas2dRenderer | null {
    const context = canvas.getContext('2d', { alpha: false });
    return context === null ? null : new Canvas2dRenderer(canvas, context);
  }

  resize(widthPx: number, heightPx: number): void {
    if (this.#canvas.width !== widthPx) this.#canvas.width = widthPx;
    if (this.#canvas.height !== heightPx) this.#canvas.height = heightPx;
    if (this.#data.width === widthPx && this.#data.height === heightPx) return;
    this.#data = new ImageData(Math.max(widthPx, 1), Math.max(heightPx, 1));
    this.#painter.resize(imageOf(this.#data));
  }

  render(frame: FrameInput): boolean {
    const { fades, changed, all } = this.#painter.paint(frame);
    if (all) {
      this.#context.putImageData(this.#data, 0, 0);
      return fades;
    }
    for (const { xPx, yPx, widthPx, heightPx } of changed) {
      this.#context.putImageData(this.#data, 0, 0, xPx, yPx, widthPx, heightPx);
    }
    return fades;
  }

  dispose(): void {
    this.#painter.dispose();
  }
}
