import type { DiskState, SessionState } from '#shared/model/session-state.ts';
import type { CellGrid } from './cell-grid.ts';
import { CELL_TRIMMED, CELL_WRITTEN, CELL_ZEROED } from './cell-value.ts';
import { FLUSH_FADE_MS, flushStrength, READ_TOTAL_MS } from './fade.ts';
import type { FrameInput, LayerFilter, Panel } from './grid-renderer.ts';
import { cellRectOf } from './grid-view.ts';
import { heatNow } from './heat.ts';
import { PATTERN_PX } from './mark-look.ts';
import { isAggregated, planeOf } from './plane.ts';

/** From this cell size on the last px of each cell, right and below, is ground: a grid line. */
export const GRID_LINE_FROM_PX = 6;
/** The flushed edge: this wide, and this far from the disk. */
export const EDGE_PX = 2;
export const EDGE_GAP_PX = 1;

/** A rectangle in panel px by its corners; the end is exclusive. */
export interface Corners {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

const NOWHERE: Corners = { x0: 0, y0: 0, x1: 0, y1: 0 };

/**
 * One panel's frame as small whole numbers, relative to the panel and to the window of cells, ready for 32-bit ints
 * in a shader. Px (x, y) of the panel shows window column `floor((x + offsetXPx) / cellPx) + baseCol`.
 */
export interface PanelFrame {
  readonly cellPx: number;
  /** Px of a cell that are not grid line. */
  readonly innerPx: number;
  readonly aggregated: boolean;
  readonly offsetXPx: number;
  readonly offsetYPx: number;
  /** Added to px (x + offsetXPx, y + offsetYPx): where they stand in patterns that run on over the plane. */
  readonly patternXPx: number;
  readonly patternYPx: number;
  readonly baseCol: number;
  readonly baseRow: number;
  readonly windowCols: number;
  readonly windowRows: number;
  /** Session ms of the frame, and how many of them pass in one ms of watching. */
  readonly nowMs: number;
  readonly speed: number;
  /** The same time as heats of age are counted from. */
  readonly heatNow: number;
  readonly flush: number;
  readonly edge: Corners;
  readonly cursor: Corners;
  readonly cursorPx: number;
  /** Whether a read or a flush will look different later. */
  readonly fades: boolean;
}

/** Kinds that the filter shows, as bits of a cell value. */
export function shownKinds(filter: LayerFilter): number {
  return (
    (filter.write ? CELL_WRITTEN : 0) | (filter.trim ? CELL_TRIMMED : 0) | (filter.zero ? CELL_ZEROED : 0)
  );
}

/** The frame's time as the models count it; 1 before the first. */
export function frameMs(state: SessionState, clockUs: number): number {
  return Number.isNaN(clockUs) || Number.isNaN(state.epochMs) ? 1 : state.msOf(clockUs);
}

/** Panels are far smaller than this; what lies farther out is as good as at this distance. */
const FAR_PX = 1 << 20;

/** A place on the plane within the patterns that repeat over it. */
function patternPx(planePx: number): number {
  return ((planePx % PATTERN_PX) + PATTERN_PX) % PATTERN_PX;
}

function near(px: number): number {
  return Math.min(Math.max(px, -FAR_PX), FAR_PX);
}

/** Everything that a panel's frame follows from, besides the cells. */
export function panelFrame(
  frame: FrameInput,
  panel: Panel,
  grid: Pick<CellGrid, 'window' | 'latestReadMs'>,
  disk: DiskState,
): PanelFrame {
  const { view } = panel;
  const { window, latestReadMs } = grid;
  const { lastFlushMs } = disk.model;
  const plane = planeOf(panel.sizeBytes, view);
  const firstCol = Math.floor(view.originXPx / view.cellPx);
  const firstRow = Math.floor(view.originYPx / view.cellPx);
  const nowMs = frameMs(frame.state, frame.clockUs);
  const speed = frame.speed > 0 ? frame.speed : 1;
  const flushAgeMs = lastFlushMs === 0 ? Number.POSITIVE_INFINITY : (nowMs - lastFlushMs) / speed;
  const readAgeMs = latestReadMs === 0 ? Number.POSITIVE_INFINITY : (nowMs - latestReadMs) / speed;
  const reach = EDGE_GAP_PX + EDGE_PX;
  return {
    cellPx: view.cellPx,
    innerPx: view.cellPx >= GRID_LINE_FROM_PX ? view.cellPx - 1 : view.cellPx,
    aggregated: isAggregated(view),
    offsetXPx: view.originXPx - firstCol * view.cellPx,
    offsetYPx: view.originYPx - firstRow * view.cellPx,
    patternXPx: patternPx(firstCol * view.cellPx),
    patternYPx: patternPx(firstRow * view.cellPx),
    baseCol: near(firstCol - window.col),
    baseRow: near(firstRow - window.row),
    windowCols: window.cols,
    windowRows: window.rows,
    nowMs,
    speed,
    heatNow: heatNow(nowMs),
    flush: flushStrength(flushAgeMs, frame.reducedMotion),
    edge: {
      x0: Math.max(0, near(-view.originXPx) - reach),
      y0: Math.max(0, near(-view.originYPx) - reach),
      x1: Math.min(panel.widthPx, near(plane.cols * view.cellPx - view.originXPx) + reach),
      y1: Math.min(panel.heightPx, near(plane.rows * view.cellPx - view.originYPx) + reach),
    },
    cursor: cursorCorners(panel),
    cursorPx: view.cellPx >= 16 ? 2 : 1,
    fades: (frame.filter.read && readAgeMs < READ_TOTAL_MS) || flushAgeMs < FLUSH_FADE_MS,
  };
}

function cursorCorners(panel: Panel): Corners {
  if (panel.cursorBlock === null) return NOWHERE;
  const rect = cellRectOf(panel.view, panel.cursorBlock);
  const line = panel.view.cellPx >= GRID_LINE_FROM_PX ? 1 : 0;
  return {
    x0: near(rect.xPx),
    y0: near(rect.yPx),
    x1: near(rect.xPx + rect.widthPx - line),
    y1: near(rect.yPx + rect.heightPx - line),
  };
}
