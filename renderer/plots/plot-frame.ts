import { type TimeWindow, usAt, xOf } from '../timeline/time-window.ts';

/** A rectangle in CSS px of a plot's canvas. */
export interface PlotRect {
  readonly xPx: number;
  readonly yPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Room for the names of the left axis, and for those of the moments below. */
const LEFT_PX = 76;
const RIGHT_PX = 10;
const TOP_PX = 6;
const BOTTOM_PX = 20;

/** Where on a canvas of this size the plot itself lies, inside its axes. */
export function plotRect(widthPx: number, heightPx: number): PlotRect {
  return {
    xPx: LEFT_PX,
    yPx: TOP_PX,
    widthPx: Math.max(0, widthPx - LEFT_PX - RIGHT_PX),
    heightPx: Math.max(0, heightPx - TOP_PX - BOTTOM_PX),
  };
}

/** Where a moment lies on the canvas. */
export function xOfMoment(rect: PlotRect, window: TimeWindow, us: number): number {
  return rect.xPx + xOf(window, rect.widthPx, us);
}

/** The moment at a place of the canvas; null beside the plot. */
export function momentAt(rect: PlotRect, window: TimeWindow, xPx: number): number | null {
  if (xPx < rect.xPx || xPx >= rect.xPx + rect.widthPx) return null;
  return usAt(window, rect.widthPx, xPx - rect.xPx);
}

/** The column in which a moment lies; null where it is in none. */
export function columnAt(window: TimeWindow, columns: number, us: number): number | null {
  const at = Math.floor(((us - window.fromUs) / (window.toUs - window.fromUs)) * columns);
  return at >= 0 && at < columns ? at : null;
}
