import { niceStepUs } from './time-steps.ts';
import { lengthUs, type TimeWindow } from './time-window.ts';

/** A column is at least this wide, CSS px: the narrowest that leaves room for a gap. */
const COLUMN_PX = 3;
/** What is asked for beside the window on both sides, as a part of its length, so that moving on shows something at once. */
const BESIDE = 0.25;
/** As the engine accepts. */
const MAX_COLUMNS = 4096;

/** What to ask the engine for. */
export interface WantedColumns {
  readonly window: TimeWindow;
  readonly columns: number;
}

/**
 * The columns to ask for, to show `window` on `widthPx` CSS px. They are as long as people count and begin at multiples of
 * that, wherever the window stands: a histogram that moves or grows keeps its columns, and none of them flickers. What lies
 * outside of `kept` is not asked for.
 */
export function wantedColumns(window: TimeWindow, widthPx: number, kept: TimeWindow): WantedColumns | null {
  if (!(widthPx > 0 && lengthUs(window) > 0)) return null;
  const besideUs = lengthUs(window) * BESIDE;
  const fromUs = Math.max(window.fromUs - besideUs, kept.fromUs);
  const toUs = Math.min(window.toUs + besideUs, kept.toUs);
  if (!(fromUs <= toUs)) return null;
  let stepUs = niceStepUs((lengthUs(window) / widthPx) * COLUMN_PX);
  while ((toUs - fromUs) / stepUs > MAX_COLUMNS - 2) stepUs = niceStepUs(stepUs * 1.01);
  const first = Math.floor(fromUs / stepUs);
  const end = Math.floor(toUs / stepUs) + 1;
  return { window: { fromUs: first * stepUs, toUs: end * stepUs }, columns: end - first };
}
