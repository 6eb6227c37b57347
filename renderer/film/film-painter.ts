import type { Disposable } from '#shared/channel/channel.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import type { Theme } from '#shared/theme/theme.ts';
import { FramePainter } from '../grid/frame-painter.ts';
import type { FrameInput, LayerFilter } from '../grid/grid-renderer.ts';
import type { Alignment } from '../words/compare-form.ts';
import type { Zone } from '../words/zone.ts';
import { CanvasDrawing } from './drawing.ts';
import { type FilmLayout, gridPanels } from './film-layout.ts';
import { legendEntries, legendKinds } from './film-legend.ts';
import { FilmOverlay, type FilmStructures } from './film-overlay.ts';
import { clockWords, diskLines, factsWords } from './film-words.ts';
import { type FrameWords, Furniture } from './furniture.ts';

/** What all frames of a film have in common. */
export interface FilmLook {
  readonly layout: FilmLayout;
  readonly theme: Theme;
  readonly filter: LayerFilter;
  readonly title: string;
  readonly skipIdle: boolean;
  /** Whose clock is shown. */
  readonly zone: Zone;
  /** Where two compared recordings coincide: time is counted from there then. Null where none are compared. */
  readonly alignment: Alignment | null;
}

/** A moment to be drawn. */
export interface FilmMoment {
  /** As after the last row at or before the moment. */
  readonly state: SessionState;
  /** µs since the epoch. */
  readonly clockUs: number;
  /** Seconds of the recording in a second of watching. */
  readonly speed: number;
  /** The words shown then; empty for none. */
  readonly caption: string;
  /** What is to be shown of what lies on the disks; absent for nothing. */
  readonly structures?: FilmStructures;
}

/** Everything that the words of a frame follow from. */
export function frameWords(look: FilmLook, { state, clockUs, speed, caption }: FilmMoment): FrameWords {
  const { layout, filter, skipIdle } = look;
  const disks = layout.panels.map(({ disk }) => disk);
  return {
    title: look.title,
    facts: factsWords(layout, { speed, skipIdle }),
    clock: clockWords(clockUs, speed, look),
    caption,
    legend: legendEntries(legendKinds(layout, filter), state, disks),
    disks: layout.panels.some(({ name }) => name !== null) ? diskLines(state, clockUs, disks) : [],
  };
}

/** What the grids of a frame follow from. */
export function frameInput(look: FilmLook, { state, clockUs, speed }: FilmMoment): FrameInput {
  const { layout, theme, filter } = look;
  return {
    state,
    panels: gridPanels(layout),
    clockUs,
    speed,
    theme: theme.grid,
    filter,
    reducedMotion: false,
  };
}

/**
 * Draws the frames of a film, each on the canvas of the one before it: the px of a frame follow from look and moment alone. Only
 * what changed is painted, so that a quiet frame costs next to nothing.
 */
export class FilmPainter implements Disposable {
  readonly canvas: OffscreenCanvas;
  readonly #look: FilmLook;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #data: ImageData;
  readonly #painter: FramePainter;
  readonly #furniture: Furniture;
  readonly #overlay: FilmOverlay;

  constructor(look: FilmLook) {
    const { widthPx, heightPx } = look.layout;
    this.#look = look;
    this.canvas = new OffscreenCanvas(widthPx, heightPx);
    // Frames are read back, one and all: a canvas in the processor's memory spares each the way from the graphics card.
    const context = this.canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (context === null) throw new Error('this browser has no 2D canvas to draw a film on');
    this.#context = context;
    this.#data = new ImageData(widthPx, heightPx);
    this.#painter = new FramePainter({ pixels: new Uint32Array(this.#data.data.buffer), widthPx, heightPx });
    this.#overlay = new FilmOverlay(look.layout, look.theme);
    this.#furniture = new Furniture(new CanvasDrawing(context), look.layout, look.theme);
  }

  /** Draws a moment. */
  draw(moment: FilmMoment): void {
    const { changed, all } = this.#painter.paint(frameInput(this.#look, moment));
    const isOtherOverlay = this.#overlay.update(moment.structures);
    if (all) this.#context.putImageData(this.#data, 0, 0);
    const grids = this.#look.layout.panels.map(({ grid }) => grid);
    for (const box of all || isOtherOverlay ? grids : changed) {
      const { xPx, yPx, widthPx, heightPx } = box;
      if (!all) this.#context.putImageData(this.#data, 0, 0, xPx, yPx, widthPx, heightPx);
      this.#overlay.layOver(this.#context, box);
    }
    this.#furniture.draw(frameWords(this.#look, moment));
  }

  /** The px of the frame drawn last: RGBA, row by row. */
  pixels(): ImageData {
    return this.#context.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  dispose(): void {
    this.#painter.dispose();
  }
}
