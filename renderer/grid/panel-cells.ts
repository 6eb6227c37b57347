import type { Disposable } from '#shared/channel/channel.ts';
import type { HeatKind } from '#shared/model/heat.ts';
import { MemoryBudget } from '#shared/model/memory-budget.ts';
import { DiskState } from '#shared/model/session-state.ts';
import { CellGrid, type CellWindow, VALUE_ROW_CELLS } from './cell-grid.ts';
import type { FrameInput, Panel } from './grid-renderer.ts';
import { MarkField, type RangeMark } from './marks.ts';
import { type Plane, type PlaneLayout, planeOf } from './plane.ts';

/** Up to this many drawn cells a whole disk is kept, so that panning needs no rebuild. */
const WHOLE_DISK_CELLS = 1 << 20;
/** Else what is in view, and an eighth more on each side. */
const MARGIN = 1 / 8;

/** Stands for every disk that no row has named yet. */
const UNTOUCHED_DISK = new DiskState(new MemoryBudget(0));

/** A panel and the cells it shows. */
export interface PanelCells {
  readonly panel: Panel;
  readonly disk: DiskState;
  readonly grid: CellGrid;
  /** Null where nothing is marked. */
  readonly marks: MarkField | null;
}

interface Range {
  readonly from: number;
  readonly count: number;
}

function visible(
  originPx: number,
  lengthPx: number,
  cellPx: number,
  all: number,
  marginShare: number,
): Range {
  const margin = Math.ceil((lengthPx / cellPx) * marginShare);
  const from = Math.min(Math.max(Math.floor(originPx / cellPx) - margin, 0), all);
  const end = Math.min(Math.max(Math.ceil((originPx + lengthPx) / cellPx) + margin, from), all);
  return { from, count: end - from };
}

/** The drawn cells of a plane that a panel shows, and a share of their number more on each side. */
export function windowAround(
  panel: Pick<Panel, 'view' | 'widthPx' | 'heightPx'>,
  plane: Plane,
  marginShare: number,
): CellWindow {
  const { view } = panel;
  const across = visible(view.originXPx, panel.widthPx, view.cellPx, plane.cols, marginShare);
  const down = visible(view.originYPx, panel.heightPx, view.cellPx, plane.rows, marginShare);
  return { col: across.from, row: down.from, cols: across.count, rows: down.count };
}

function covers(outer: CellWindow, inner: CellWindow): boolean {
  return (
    outer.col <= inner.col &&
    outer.row <= inner.row &&
    outer.col + outer.cols >= inner.col + inner.cols &&
    outer.row + outer.rows >= inner.row + inner.rows
  );
}

function sameLayout(a: PlaneLayout, b: PlaneLayout): boolean {
  return (
    a.cellShift === b.cellShift &&
    a.rowCells === b.rowCells &&
    a.level === b.level &&
    a.order === b.order &&
    a.squareShift === b.squareShift
  );
}

function fieldOf(panel: Panel, grid: CellGrid): MarkField | null {
  if (panel.marks.length === 0) return null;
  return new MarkField(panel.sizeBytes, grid.layout, grid.window, panel.marks, VALUE_ROW_CELLS);
}

interface Kept {
  readonly disk: DiskState;
  readonly sizeBytes: bigint;
  readonly grid: CellGrid;
  marks: readonly RangeMark[];
  field: MarkField | null;
}

/**
 * The cells behind each panel of a canvas, by the panel's place in the list. A grid is made anew when its disk's state,
 * size, layout or heat is another, or when the view has left the part that was kept.
 */
export class PanelCellsKeeper implements Disposable {
  readonly #kept: (Kept | null)[] = [];
  readonly #gone: (grid: CellGrid) => void;

  /** @param gone called for each grid that is no longer kept, so that what was made for it can be given back. */
  constructor(gone: (grid: CellGrid) => void) {
    this.#gone = gone;
  }

  /** The cells of each panel, refreshed. */
  update(frame: Pick<FrameInput, 'state' | 'panels' | 'heat'>): readonly PanelCells[] {
    const { state, panels, heat } = frame;
    while (this.#kept.length > panels.length) this.#drop(this.#kept.length - 1, true);
    return panels.map((panel, i) => {
      const disk = state.disks[panel.disk] ?? UNTOUCHED_DISK;
      const kept = this.#keptFor(i, panel, disk, heat?.kind ?? null);
      kept.grid.refresh();
      if (kept.marks !== panel.marks) {
        kept.marks = panel.marks;
        kept.field = fieldOf(panel, kept.grid);
      }
      return { panel, disk, grid: kept.grid, marks: kept.field };
    });
  }

  #keptFor(i: number, panel: Panel, disk: DiskState, heat: HeatKind | null): Kept {
    const plane = planeOf(panel.sizeBytes, panel.view);
    const whole = plane.cols * plane.rows <= WHOLE_DISK_CELLS;
    const needed = whole
      ? { col: 0, row: 0, cols: plane.cols, rows: plane.rows }
      : windowAround(panel, plane, 0);
    const kept = this.#kept[i];
    if (
      kept &&
      kept.disk === disk &&
      kept.sizeBytes === panel.sizeBytes &&
      kept.grid.heat === heat &&
      sameLayout(kept.grid.layout, panel.view) &&
      covers(kept.grid.window, needed)
    ) {
      return kept;
    }
    this.#drop(i, false);
    const { cellShift, rowCells, level, order, squareShift } = panel.view;
    const window = whole ? needed : windowAround(panel, plane, MARGIN);
    const layout = { cellShift, rowCells, level, order, squareShift };
    const grid = new CellGrid(disk, panel.sizeBytes, layout, window, heat);
    const made = {
      disk,
      sizeBytes: panel.sizeBytes,
      grid,
      marks: panel.marks,
      field: fieldOf(panel, grid),
    };
    this.#kept[i] = made;
    return made;
  }

  #drop(i: number, forGood: boolean): void {
    const kept = this.#kept[i];
    if (kept) {
      kept.grid.dispose();
      this.#gone(kept.grid);
    }
    if (forGood) this.#kept.length = i;
    else this.#kept[i] = null;
  }

  dispose(): void {
    while (this.#kept.length > 0) this.#drop(this.#kept.length - 1, true);
  }
}
