import type { Panel } from '../grid/grid-renderer.ts';
import { fitView, type GridView } from '../grid/grid-view.ts';
import { planeOf } from '../grid/plane.ts';

/** Largest overview, CSS px, and the most of a panel's width and height that it may take. */
const MOST_WIDTH_PX = 160;
const MOST_HEIGHT_PX = 100;
const MOST_SHARE = 1 / 3;
/** A smaller one would show nothing. */
const LEAST_PX = 24;
/** The frame around what is in sight is at least this large, CSS px, so that it can be seen and taken hold of. */
const LEAST_FRAME_PX = 6;

/** An overview of a disk and what of it is in sight; all but the frame is in device px. */
export interface MinimapPlace {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly view: GridView;
  /** What is in sight, CSS px from the overview's left top. */
  readonly frame: {
    readonly leftPx: number;
    readonly topPx: number;
    readonly widthPx: number;
    readonly heightPx: number;
  };
}

/** Px of `view` along one cell of the disk's plane. */
function pxPerCell(view: GridView): number {
  return view.cellPx / 2 ** view.level;
}

/** The overview for a panel; null while the whole disk is in sight, or where there is no room for one. */
export function minimapPlace(panel: Panel, ratio: number): MinimapPlace | null {
  const { view, sizeBytes, widthPx, heightPx } = panel;
  const shown = planeOf(sizeBytes, view);
  if (shown.cols * view.cellPx <= widthPx && shown.rows * view.cellPx <= heightPx) return null;
  const mostWidth = Math.floor(Math.min(MOST_WIDTH_PX * ratio, widthPx * MOST_SHARE));
  const mostHeight = Math.floor(Math.min(MOST_HEIGHT_PX * ratio, heightPx * MOST_SHARE));
  if (Math.min(mostWidth, mostHeight) < LEAST_PX * ratio) return null;
  const { cellShift, rowCells, order } = view;
  const fitted = fitView(sizeBytes, mostWidth, mostHeight, { cellShift, rowCells, order });
  const plane = planeOf(sizeBytes, fitted);
  const mini = { ...fitted, originXPx: 0, originYPx: 0 };
  const width = Math.min(plane.cols * mini.cellPx, mostWidth);
  const height = Math.min(plane.rows * mini.cellPx, mostHeight);
  const scale = pxPerCell(mini) / pxPerCell(view);
  const span = (originPx: number, lengthPx: number, allPx: number): readonly [number, number] => {
    const from = Math.min(Math.max(originPx * scale, 0), allPx);
    const to = Math.min(Math.max((originPx + lengthPx) * scale, from), allPx);
    const length = Math.min(Math.max(to - from, LEAST_FRAME_PX * ratio), allPx);
    return [Math.min(from, allPx - length) / ratio, length / ratio];
  };
  const [leftPx, frameWidthPx] = span(view.originXPx, widthPx, width);
  const [topPx, frameHeightPx] = span(view.originYPx, heightPx, height);
  return {
    widthPx: width,
    heightPx: height,
    view: mini,
    frame: { leftPx, topPx, widthPx: frameWidthPx, heightPx: frameHeightPx },
  };
}

/** The panel's view moved so that what lies at a point of its overview, device px, is in the middle. Clamp afterwards. */
export function viewAround(panel: Panel, place: MinimapPlace, xPx: number, yPx: number): GridView {
  const scale = pxPerCell(panel.view) / pxPerCell(place.view);
  return {
    ...panel.view,
    originXPx: Math.round(xPx * scale - panel.widthPx / 2),
    originYPx: Math.round(yPx * scale - panel.heightPx / 2),
  };
}
