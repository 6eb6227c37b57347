import type { Panel } from '../grid/grid-renderer.ts';

/** So many marks are written out; there may be thousands. */
const TOLD_MARKS = 8;

/**
 * Writes to a grid's element where its cells lie on the canvas, in device px, so that a test or a tool can find
 * the pixel of a block: the same numbers that the frame was drawn from.
 */
export function describePanel(element: HTMLElement, panel: Panel): void {
  const { view } = panel;
  set(element, 'xPx', panel.xPx);
  set(element, 'yPx', panel.yPx);
  set(element, 'widthPx', panel.widthPx);
  set(element, 'heightPx', panel.heightPx);
  set(element, 'layout', view.order);
  set(element, 'squareShift', view.squareShift);
  set(element, 'cellPx', view.cellPx);
  set(element, 'cellShift', view.cellShift);
  set(element, 'rowCells', view.rowCells);
  set(element, 'level', view.level);
  set(element, 'originXPx', view.originXPx);
  set(element, 'originYPx', view.originYPx);
  set(element, 'cursorBlock', panel.cursorBlock ?? '');
  set(element, 'marks', marksText(panel.marks));
}

/** The first marks as `kind:first-end`, enough to find them by. */
function marksText(marks: Panel['marks']): string {
  return marks
    .slice(0, TOLD_MARKS)
    .map(({ kind, firstBlock, endBlock }) => `${kind}:${firstBlock}-${endBlock}`)
    .join(' ');
}

/** Writes only what has changed: a style recalculation per frame would cost more than the frame. */
function set(element: HTMLElement, name: string, value: number | string): void {
  const text = String(value);
  if (element.dataset[name] !== text) element.dataset[name] = text;
}
