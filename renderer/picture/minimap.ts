import type { Disposable } from '#shared/channel/channel.ts';
import { Canvas2dRenderer } from '../grid/canvas2d-renderer.ts';
import type { FrameInput, Panel } from '../grid/grid-renderer.ts';
import type { GridView } from '../grid/grid-view.ts';
import { type MinimapPlace, minimapPlace, viewAround } from './minimap-place.ts';

/** Overviews are drawn at most this often. */
const DRAW_MS = 100;

/** What an overview asks of the picture. */
export interface MinimapHost {
  /** The frame as it would be drawn now, its panels left out. */
  frame(): Omit<FrameInput, 'panels'>;
  /** Shows this part of the disk, as near as it can be. */
  look(view: GridView): void;
}

/**
 * The overview in the corner of a disk's grid while only a part of the disk is in sight: the whole disk small, on a canvas of
 * its own, and a frame around what is shown. Pressing or dragging in it moves the view; the keyboard has its own keys
 * for that, so it takes no focus.
 */
export class Minimap implements Disposable {
  readonly #element = document.createElement('div');
  readonly #canvas = document.createElement('canvas');
  readonly #frame = document.createElement('div');
  readonly #host: MinimapHost;
  #renderer: Canvas2dRenderer | null = null;
  #panel: Panel | null = null;
  #place: MinimapPlace | null = null;
  #ratio = 1;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #drawnClockUs = Number.NaN;

  /** @param parent the grid's element, which it is laid over. */
  constructor(parent: HTMLElement, host: MinimapHost) {
    this.#host = host;
    this.#element.className = 'minimap';
    this.#element.dataset['ownPointer'] = '';
    this.#element.dataset['testid'] = 'minimap';
    this.#element.setAttribute('aria-hidden', 'true');
    this.#element.hidden = true;
    this.#frame.className = 'minimap-view';
    this.#element.append(this.#canvas, this.#frame);
    parent.append(this.#element);
    this.#element.addEventListener('pointerdown', this.#onPointer);
    this.#element.addEventListener('pointermove', this.#onPointer);
  }

  /** Follows what the panel shows; call after each frame. */
  update(panel: Panel, ratio: number): void {
    this.#panel = panel;
    this.#ratio = ratio;
    const place = minimapPlace(panel, ratio);
    this.#place = place;
    if (this.#element.hidden !== (place === null)) this.#element.hidden = place === null;
    if (place === null) {
      this.#rest();
      return;
    }
    const { style } = this.#frame;
    set(style, 'left', place.frame.leftPx);
    set(style, 'top', place.frame.topPx);
    set(style, 'width', place.frame.widthPx);
    set(style, 'height', place.frame.heightPx);
    this.#drawSoon();
  }

  dispose(): void {
    this.#rest();
    this.#element.remove();
  }

  /** Gives back what drawing took: a disk that is shown whole has no second set of cells. */
  #rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#renderer?.dispose();
    this.#renderer = null;
  }

  #drawSoon(): void {
    if (this.#timer !== null) return;
    const waitMs = Math.max(0, this.#drawnMs + DRAW_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#draw();
    }, waitMs);
  }

  #draw(): void {
    const { widthPx, heightPx, view } = this.#place ?? {};
    if (this.#panel === null || widthPx === undefined || heightPx === undefined || view === undefined) return;
    this.#drawnMs = performance.now();
    this.#renderer ??= Canvas2dRenderer.create(this.#canvas);
    if (this.#renderer === null) return;
    this.#renderer.resize(widthPx, heightPx);
    set(this.#canvas.style, 'width', widthPx / this.#ratio);
    set(this.#canvas.style, 'height', heightPx / this.#ratio);
    const frame = this.#host.frame();
    const panel: Panel = { ...this.#panel, xPx: 0, yPx: 0, widthPx, heightPx, view, cursorBlock: null };
    const fades = this.#renderer.render({ ...frame, panels: [panel] });
    const moves = frame.clockUs !== this.#drawnClockUs;
    this.#drawnClockUs = frame.clockUs;
    if (fades && moves) this.#drawSoon();
  }

  readonly #onPointer = (event: PointerEvent): void => {
    // The grid below must not take it for a pointer over its blocks.
    event.stopPropagation();
    if (event.type === 'pointerdown') this.#element.setPointerCapture(event.pointerId);
    if ((event.buttons & 1) === 0 || this.#panel === null || this.#place === null) return;
    event.preventDefault();
    const box = this.#canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * this.#ratio;
    const y = (event.clientY - box.top) * this.#ratio;
    this.#host.look(viewAround(this.#panel, this.#place, x, y));
  };
}

/** Writes a length only where it has changed. */
function set(style: CSSStyleDeclaration, name: 'left' | 'top' | 'width' | 'height', lengthPx: number): void {
  const text = `${Math.round(lengthPx * 100) / 100}px`;
  if (style[name] !== text) style[name] = text;
}
