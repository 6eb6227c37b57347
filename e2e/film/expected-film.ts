import { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import type { GridTheme } from '#shared/theme/theme.ts';
import { type FilmLayout, gridPanels, layOutFilm } from '../../renderer/film/film-layout.ts';
import type { CellGrain } from '../../renderer/film/film-view.ts';
import { FramePainter } from '../../renderer/grid/frame-painter.ts';
import { ALL_LAYERS } from '../../renderer/grid/grid-renderer.ts';
import { planeOf } from '../../renderer/grid/plane.ts';
import { readLogs } from '../flash/recording-frames.ts';
import { recording } from '../support/app.ts';

/** The middle of a cell of the picture, px. */
export interface CellPlace {
  readonly xPx: number;
  readonly yPx: number;
}

/** What a film of the ext4 recording ought to show, from the log itself and the painter that the window's tests hold to. */
export class ExpectedFilm {
  readonly layout: FilmLayout;
  readonly firstUs: number;
  readonly #rows: EventBatch;
  readonly #size: { readonly widthPx: number; readonly heightPx: number };

  constructor(size: { readonly widthPx: number; readonly heightPx: number }, grain: CellGrain) {
    const { rows, sizes } = readLogs([recording('ext4-blog-64M/log')]);
    this.#rows = rows;
    this.#size = size;
    this.firstUs = rows.clockUs[0] ?? Number.NaN;
    this.layout = layOutFilm({
      ...size,
      disks: sizes.map((sizeBytes, id) => ({ id, name: 'log', sizeBytes })),
      grain,
      captions: true,
      legend: true,
      order: 'rows',
      cellShift: 12,
      rowCells: null,
    });
  }

  /** Middles of every cell. */
  cells(): readonly CellPlace[] {
    return this.layout.panels.flatMap(({ disk, grid }) => {
      const { view } = grid;
      const { cols, rows } = planeOf(disk.sizeBytes, view);
      return Array.from({ length: cols * rows }, (_, i) => ({
        xPx: grid.xPx - view.originXPx + (i % cols) * view.cellPx + (view.cellPx >> 1) - 1,
        yPx: grid.yPx - view.originYPx + Math.floor(i / cols) * view.cellPx + (view.cellPx >> 1) - 1,
      }));
    });
  }

  /** The grids as they are `seconds` after the beginning; everything else is ground. */
  frameAt(seconds: number, speed: number, theme: GridTheme): Uint8Array {
    const clockUs = this.firstUs + seconds * 1_000_000;
    const state = new SessionState();
    let end = 0;
    while (end < this.#rows.count && (this.#rows.clockUs[end] ?? 0) <= clockUs) end += 1;
    const due = new EventBatch(Math.max(1, end));
    due.appendRows(this.#rows, 0, end);
    due.firstSequence = 1;
    state.apply(due);
    const { widthPx, heightPx } = this.#size;
    const pixels = new Uint32Array(widthPx * heightPx);
    const painter = new FramePainter({ pixels, widthPx, heightPx });
    const panels = gridPanels(this.layout);
    painter.paint({ state, panels, clockUs, speed, theme, filter: ALL_LAYERS, reducedMotion: false });
    painter.dispose();
    return new Uint8Array(pixels.buffer);
  }
}

/** Cells whose colour is off by more than `tolerance` in red, green or blue. */
export function cellsThatDiffer(
  seen: Uint8Array,
  expected: Uint8Array,
  widthPx: number,
  cells: readonly CellPlace[],
  tolerance: number,
): number {
  const isOff = ({ xPx, yPx }: CellPlace): boolean => {
    const at = (yPx * widthPx + xPx) * 4;
    return [0, 1, 2].some(
      (part) => Math.abs((seen[at + part] ?? 0) - (expected[at + part] ?? 0)) > tolerance,
    );
  };
  return cells.filter(isOff).length;
}

/** Cells of one colour from edge to edge: players smooth colours within those of several states, whose parts are 1 or 2 px wide. */
export function wholeCells(
  frame: Uint8Array,
  widthPx: number,
  cells: readonly CellPlace[],
): readonly CellPlace[] {
  const pixels = new Uint32Array(frame.buffer, frame.byteOffset, frame.byteLength >> 2);
  // From a px left of and above the middle to one right of and below it: all that is within the gap of a 4 px cell.
  return cells.filter(({ xPx, yPx }) => {
    const middle = pixels[yPx * widthPx + xPx];
    return [-1, 0, 1].every((down) =>
      [-1, 0, 1].every((right) => pixels[(yPx + down) * widthPx + xPx + right] === middle),
    );
  });
}

/** Cells whose brightness, which films keep for each px, is off by more than `tolerance`. */
export function cellsOfOtherBrightness(
  seen: Uint8Array,
  expected: Uint8Array,
  widthPx: number,
  cells: readonly CellPlace[],
  tolerance: number,
): number {
  const brightness = (frame: Uint8Array, at: number): number =>
    0.2126 * (frame[at] ?? 0) + 0.7152 * (frame[at + 1] ?? 0) + 0.0722 * (frame[at + 2] ?? 0);
  return cells.filter(({ xPx, yPx }) => {
    const at = (yPx * widthPx + xPx) * 4;
    return Math.abs(brightness(seen, at) - brightness(expected, at)) > tolerance;
  }).length;
}

/** How many different colours the cells have. */
export function colorsOf(frame: Uint8Array, widthPx: number, cells: readonly CellPlace[]): number {
  return new Set(
    cells.map(({ xPx, yPx }) => {
      const at = (yPx * widthPx + xPx) * 4;
      return `${frame[at]},${frame[at + 1]},${frame[at + 2]}`;
    }),
  ).size;
}
