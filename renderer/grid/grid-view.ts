/**
 * The camera: which part of a disk's plane a panel shows, and how large. Positions are whole device px as doubles,
 * relative to the plane's top left; at 2^63 bytes and 64 px a cell they stay below 2^37.
 */
import { blockCount, type CellOrder, layoutOf, type PlaneLayout, planeOf } from './plane.ts';
import { type DiskPlace, drawnRectOf, isOnDisk, placeOfCell } from './plane-place.ts';

export { defaultRowCells, rowCellsRange } from './plane.ts';
export type { DiskPlace } from './plane-place.ts';

/** What one panel shows. A change makes a new one. */
export interface GridView extends PlaneLayout {
  /** Device px along the side of a drawn cell, whole, at least {@link MIN_CELL_PX}. */
  readonly cellPx: number;
  /** The panel's left and top within the plane, whole device px; negative where ground shows before the disk. */
  readonly originXPx: number;
  readonly originYPx: number;
}

/** A rectangle within a panel, device px from its left top. */
export interface RectPx {
  readonly xPx: number;
  readonly yPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Below this a cell could not show the states it stands for side by side. */
export const MIN_CELL_PX = 2;
export const MAX_CELL_PX = 64;

/** Cell sizes of the zoom, device px. Above level 0 only the first two: 4 px there is 2 px one level below. */
const LADDER_PX = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64] as const;
const RUNGS_PER_LEVEL = 2;
/** Zooming out ends when the whole disk is this small, device px. */
const SMALLEST_PLANE_PX = 48;

function largestCellPx(sizeBytes: bigint, layout: PlaneLayout, widthPx: number, heightPx: number): number {
  const { cols, rows } = planeOf(sizeBytes, layout);
  return Math.min(Math.floor(widthPx / cols), Math.floor(heightPx / Math.max(rows, 1)), MAX_CELL_PX);
}

function centred(
  sizeBytes: bigint,
  layout: PlaneLayout,
  cellPx: number,
  widthPx: number,
  heightPx: number,
): GridView {
  const { cols, rows } = planeOf(sizeBytes, layout);
  return {
    ...layout,
    cellPx,
    originXPx: -Math.floor((widthPx - cols * cellPx) / 2) || 0,
    originYPx: -Math.floor((heightPx - rows * cellPx) / 2) || 0,
  };
}

/**
 * The view that shows the whole disk as large as a panel allows, centred: whole px a cell, aggregated only where 2 px
 * a cell (`minCellPx` where that is more) would not fit. Where the row is too long for the panel at any level, the top level's smallest cells.
 */
export function fitView(
  sizeBytes: bigint,
  widthPx: number,
  heightPx: number,
  options: {
    readonly cellShift?: number;
    readonly rowCells?: number;
    readonly order?: CellOrder;
    readonly minCellPx?: number;
  } = {},
): GridView {
  const minCellPx = Math.max(MIN_CELL_PX, options.minCellPx ?? 0);
  const finest = layoutOf(sizeBytes, options);
  const lastLevel = Math.log2(finest.rowCells);
  for (let level = 0; level <= lastLevel; level += 1) {
    const layout = { ...finest, level };
    const cellPx = largestCellPx(sizeBytes, layout, widthPx, heightPx);
    if (cellPx >= minCellPx) return centred(sizeBytes, layout, cellPx, widthPx, heightPx);
  }
  return centred(sizeBytes, { ...finest, level: lastLevel }, MIN_CELL_PX, widthPx, heightPx);
}

/** Rungs of the ladder, counted from the top of level 0 downwards: a higher number is farther out. */
function rungOf(view: GridView, towards: number): number {
  if (view.level > 0) {
    const within = view.cellPx >= 3 ? 0 : 1;
    return LADDER_PX.length + (view.level - 1) * RUNGS_PER_LEVEL + within;
  }
  // Between two rungs, as a fitted view may be, count from the one that the step moves away from.
  const above = LADDER_PX.findIndex((px) => px >= view.cellPx);
  if (above < 0) return 0;
  const onRung = LADDER_PX[above] === view.cellPx;
  return LADDER_PX.length - 1 - (onRung || towards < 0 ? above : above - 1);
}

function rungAt(rung: number): { readonly level: number; readonly cellPx: number } {
  if (rung < LADDER_PX.length)
    return { level: 0, cellPx: LADDER_PX[LADDER_PX.length - 1 - rung] ?? MIN_CELL_PX };
  const past = rung - LADDER_PX.length;
  return { level: Math.floor(past / RUNGS_PER_LEVEL) + 1, cellPx: past % RUNGS_PER_LEVEL === 0 ? 3 : 2 };
}

/**
 * Zooms by `steps` rungs (in when positive) and keeps the cell under the pointer under it, to the nearest px. `xPx` and
 * `yPx` are the pointer's place in the panel. The same view comes back where the ladder ends.
 */
export function zoomAbout(
  view: GridView,
  sizeBytes: bigint,
  xPx: number,
  yPx: number,
  steps: number,
): GridView {
  const lastLevel = Math.log2(view.rowCells);
  const start = rungOf(view, steps);
  let rung = start;
  const direction = Math.sign(steps);
  for (let left = Math.abs(Math.trunc(steps)); left > 0; left -= 1) {
    const next = rung - direction;
    if (next < 0) break;
    const { level, cellPx } = rungAt(next);
    if (level > lastLevel) break;
    const { cols, rows } = planeOf(sizeBytes, { ...view, level });
    if (direction < 0 && Math.max(cols, rows) * cellPx < SMALLEST_PLANE_PX) break;
    rung = next;
  }
  const { level, cellPx } = rungAt(rung);
  if (rung === start && steps !== 0 && level === view.level && cellPx === view.cellPx) return view;
  if (steps === 0) return view;
  const scale = (cellPx / view.cellPx) * 2 ** (view.level - level);
  // The pointer's px as a whole stays over what it covered: its centre, not its corner, is kept.
  const keep = (originPx: number, atPx: number): number =>
    Math.round((originPx + atPx + 0.5) * scale - atPx - 0.5) || 0;
  return {
    ...view,
    level,
    cellPx,
    originXPx: keep(view.originXPx, xPx),
    originYPx: keep(view.originYPx, yPx),
  };
}

/** Moves the picture by whole px: positive moves it right and down. Clamp afterwards. */
export function panBy(view: GridView, dxPx: number, dyPx: number): GridView {
  return {
    ...view,
    originXPx: Math.round(view.originXPx - dxPx) || 0,
    originYPx: Math.round(view.originYPx - dyPx) || 0,
  };
}

/** Keeps the disk in the panel: wholly inside where it is smaller, covering the panel where it is larger. */
export function clampView(view: GridView, sizeBytes: bigint, widthPx: number, heightPx: number): GridView {
  const { cols, rows } = planeOf(sizeBytes, view);
  const clamp = (originPx: number, planePx: number, panelPx: number): number =>
    Math.min(Math.max(originPx, Math.min(0, planePx - panelPx)), Math.max(0, planePx - panelPx)) || 0;
  const originXPx = clamp(view.originXPx, cols * view.cellPx, widthPx);
  const originYPx = clamp(view.originYPx, rows * view.cellPx, heightPx);
  if (originXPx === view.originXPx && originYPx === view.originYPx) return view;
  return { ...view, originXPx, originYPx };
}

/**
 * What lies under a px of the panel, null beside the disk. Where a cell stands for several blocks it is the one at that
 * part of the cell, or the disk's last where that part lies past its end.
 */
export function placeAt(view: GridView, sizeBytes: bigint, xPx: number, yPx: number): DiskPlace | null {
  const planeX = view.originXPx + Math.floor(xPx);
  const planeY = view.originYPx + Math.floor(yPx);
  const drawnX = Math.floor(planeX / view.cellPx);
  const drawnY = Math.floor(planeY / view.cellPx);
  if (!isOnDisk(view, planeOf(sizeBytes, view), drawnX, drawnY)) return null;
  const perPx = 2 ** view.level / view.cellPx;
  const place = placeOfCell(view, Math.floor((planeX + 0.5) * perPx), Math.floor((planeY + 0.5) * perPx));
  const last = blockCount(sizeBytes) - 1;
  return place.block <= last ? place : { block: last, sector: 0 };
}

/** The block under a px of the panel, null beside the disk; see {@link placeAt}. */
export function blockAt(view: GridView, sizeBytes: bigint, xPx: number, yPx: number): number | null {
  return placeAt(view, sizeBytes, xPx, yPx)?.block ?? null;
}

/** Where a block is drawn, in px from the panel's left top; a block drawn within a larger cell gives that cell. */
export function cellRectOf(view: GridView, block: number): RectPx {
  const { col, row, cols, rows } = drawnRectOf(view, block);
  return {
    xPx: col * view.cellPx - view.originXPx,
    yPx: row * view.cellPx - view.originYPx,
    widthPx: cols * view.cellPx,
    heightPx: rows * view.cellPx,
  };
}

/** Pans so that a block is in sight; the same view where it already is. */
export function revealBlock(
  view: GridView,
  sizeBytes: bigint,
  block: number,
  widthPx: number,
  heightPx: number,
): GridView {
  const rect = cellRectOf(view, block);
  const shift = (atPx: number, lengthPx: number, panelPx: number): number =>
    atPx >= 0 && atPx + lengthPx <= panelPx ? 0 : Math.round((panelPx - lengthPx) / 2 - atPx);
  const dxPx = shift(rect.xPx, rect.widthPx, widthPx);
  const dyPx = shift(rect.yPx, rect.heightPx, heightPx);
  if (dxPx === 0 && dyPx === 0) return view;
  return clampView(panBy(view, dxPx, dyPx), sizeBytes, widthPx, heightPx);
}
