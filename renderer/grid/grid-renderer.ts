import type { Disposable } from '#shared/channel/channel.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import type { GridTheme } from '#shared/theme/theme.ts';
import type { GridView } from './grid-view.ts';
import type { GridHeat } from './heat.ts';
import type { RangeMark } from './marks.ts';

/** One disk's place on the shared canvas. All px are device pixels. */
export interface Panel {
  readonly disk: number;
  readonly sizeBytes: bigint;
  /** Where on the canvas the grid is drawn and clipped. */
  readonly xPx: number;
  readonly yPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly view: GridView;
  /** Block under the pointer or the keyboard cursor, outlined; null for none. */
  readonly cursorBlock: number | null;
  /** Drawn over the cells. Another array means other marks: where they are the same, give the same array. */
  readonly marks: readonly RangeMark[];
}

/** Which layers of the picture are shown; a hidden state shows as ground. */
export interface LayerFilter {
  readonly read: boolean;
  readonly write: boolean;
  readonly trim: boolean;
  readonly zero: boolean;
  readonly error: boolean;
  readonly inFlight: boolean;
}

export const ALL_LAYERS: LayerFilter = {
  read: true,
  write: true,
  trim: true,
  zero: true,
  error: true,
  inFlight: true,
};

/** Everything a frame depends on: the same input always draws the same pixels. */
export interface FrameInput {
  readonly state: SessionState;
  readonly panels: readonly Panel[];
  /** Session time of the frame, µs since the epoch. */
  readonly clockUs: number;
  /** Session seconds that pass in one second of watching: stretches fades so that a person sees them at any speed. */
  readonly speed: number;
  readonly theme: GridTheme;
  readonly filter: LayerFilter;
  /** Colours cells by how often or how lately they were touched, instead of by state; null or absent for state. */
  readonly heat?: GridHeat | null;
  readonly reducedMotion: boolean;
}

/** Draws the grids of all panels on one canvas. Two back ends, the same tests for both. */
export interface GridRenderer extends Disposable {
  readonly backend: 'webgl2' | 'canvas2d';
  /** Size of the canvas in device px. */
  resize(widthPx: number, heightPx: number): void;
  /** Draws one frame. True while something still fades, so that another frame is wanted without new rows. */
  render(frame: FrameInput): boolean;
}
