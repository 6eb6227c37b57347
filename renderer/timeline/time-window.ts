/** The part of the session's clock that the timeline shows, and how it moves. Pure; µs since the epoch throughout. */

/** A stretch of time, its end excluded. */
export interface TimeWindow {
  readonly fromUs: number;
  readonly toUs: number;
}

/** No window is shorter: a moment is told apart to the µs, and a double holds a quarter of one. */
export const MIN_WINDOW_US = 100;
/** A history of one moment is shown with this much around it. */
const LEAST_WHOLE_US = 1000;
/** Ground beside the history, so that its first and its last moment can be seen and taken hold of, as a part of its length. */
const MARGIN = 0.01;

/** All of a history that goes from `firstUs` to `lastUs`. */
export function wholeWindow(firstUs: number, lastUs: number): TimeWindow {
  const lengthUs = Math.max(lastUs - firstUs, LEAST_WHOLE_US);
  const marginUs = lengthUs * MARGIN;
  return { fromUs: firstUs - marginUs, toUs: firstUs + lengthUs + marginUs };
}

/** The stretch between two moments, whichever comes first. */
export function spanBetween(oneUs: number, otherUs: number): TimeWindow {
  return { fromUs: Math.min(oneUs, otherUs), toUs: Math.max(oneUs, otherUs) };
}

export function lengthUs(window: TimeWindow): number {
  return window.toUs - window.fromUs;
}

/** Where a moment lies in a window drawn `widthPx` wide; outside of it for one that is not in it. */
export function xOf(window: TimeWindow, widthPx: number, us: number): number {
  return ((us - window.fromUs) / lengthUs(window)) * widthPx;
}

/** The moment that lies at `xPx`. */
export function usAt(window: TimeWindow, widthPx: number, xPx: number): number {
  return widthPx > 0 ? window.fromUs + (xPx / widthPx) * lengthUs(window) : window.fromUs;
}

/** Brings a window into `whole`: as long as before where it fits, else all of it. */
export function clampWindow(window: TimeWindow, whole: TimeWindow): TimeWindow {
  const length = Math.max(lengthUs(window), MIN_WINDOW_US);
  if (length >= lengthUs(whole)) return whole;
  const fromUs = Math.min(Math.max(window.fromUs, whole.fromUs), whole.toUs - length);
  return { fromUs, toUs: fromUs + length };
}

/** Shows `factor` times as much time, with `atUs` staying where it is on the screen as far as `whole` allows. */
export function zoomWindow(window: TimeWindow, atUs: number, factor: number, whole: TimeWindow): TimeWindow {
  const before = lengthUs(window);
  const length = Math.min(Math.max(before * factor, MIN_WINDOW_US), lengthUs(whole));
  const fromUs = atUs - (atUs - window.fromUs) * (length / before);
  return clampWindow({ fromUs, toUs: fromUs + length }, whole);
}

export function panWindow(window: TimeWindow, byUs: number, whole: TimeWindow): TimeWindow {
  return clampWindow({ fromUs: window.fromUs + byUs, toUs: window.toUs + byUs }, whole);
}

/** Whether the end of the history is in sight: a window that shows it follows as it grows. */
export function showsEnd(window: TimeWindow, lastUs: number): boolean {
  return window.toUs >= lastUs;
}

/** Where a page that is turned begins: this part of it before the moment that left the one before. */
const PAGE_LEAD = 0.1;

/** A window as long as this one with `us` in sight: itself where it is, else the page that a reader would turn to. */
export function revealMoment(window: TimeWindow, us: number, whole: TimeWindow): TimeWindow {
  if (us >= window.fromUs && us < window.toUs) return window;
  const fromUs = us - lengthUs(window) * PAGE_LEAD;
  return clampWindow({ fromUs, toUs: fromUs + lengthUs(window) }, whole);
}
