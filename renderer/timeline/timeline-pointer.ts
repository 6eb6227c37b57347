import type { Disposable } from '#shared/channel/channel.ts';

/** What a drag over the timeline does. */
export type DragKind = 'scrub' | 'select' | 'pan';

/** What a person does to the timeline with mouse, pen, touch pad or finger. Points are CSS px in it. */
export interface TimelinePointerActions {
  hover(xPx: number, yPx: number): void;
  leave(): void;
  begin(kind: DragKind, xPx: number, yPx: number): void;
  /** The pointer has moved on, to `xPx`, from `fromXPx`. */
  drag(xPx: number, fromXPx: number): void;
  /** `moved` is false for a click. */
  end(moved: boolean): void;
  /** `factor` times as much time is to be seen, about `xPx`. */
  zoom(xPx: number, factor: number): void;
  /** Goes on in time by as much as `dxPx` show. */
  pan(dxPx: number): void;
}

/** A press that moves no farther than this is a click. */
const CLICK_SLOP_PX = 3;
/** Wheel travel, in px, that shows half or twice as much. A pinch on a touch pad comes as a wheel in small bits. */
const WHEEL_OCTAVE_PX = 240;
const PINCH_OCTAVE_PX = 60;
/** What one event may do, however far a fast wheel says it went. */
const MOST_OCTAVES = 1;

/** Listens to the pointer over `element` and says what is meant. `selects` makes every drag one that selects. */
export function listenToTimeline(
  element: HTMLElement,
  actions: TimelinePointerActions,
  selects: () => boolean,
): Disposable {
  const stop = new AbortController();
  let press: { readonly id: number; readonly startX: number; x: number; moved: boolean } | null = null;

  const pointOf = (event: MouseEvent): { x: number; y: number } => {
    const rect = element.getBoundingClientRect();
    return { x: event.clientX - rect.left, y: event.clientY - rect.top };
  };

  const onDown = (event: PointerEvent): void => {
    if (press !== null || (event.button !== 0 && event.button !== 1)) return;
    // The middle button would begin to scroll.
    if (event.button === 1) event.preventDefault();
    const { x, y } = pointOf(event);
    press = { id: event.pointerId, startX: x, x, moved: false };
    element.setPointerCapture(event.pointerId);
    const kind = event.button === 1 ? 'pan' : event.shiftKey || selects() ? 'select' : 'scrub';
    actions.begin(kind, x, y);
  };

  const onMove = (event: PointerEvent): void => {
    const { x, y } = pointOf(event);
    actions.hover(x, y);
    if (press === null || press.id !== event.pointerId) return;
    if (!press.moved && Math.abs(x - press.startX) <= CLICK_SLOP_PX) return;
    press.moved = true;
    actions.drag(x, press.x);
    press.x = x;
  };

  const onUp = (event: PointerEvent): void => {
    if (press === null || press.id !== event.pointerId) return;
    const { moved } = press;
    press = null;
    actions.end(moved);
  };

  const onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const unitPx = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    const acrossPx = (event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX) * unitPx;
    const alongPx = event.shiftKey && event.deltaX === 0 ? 0 : event.deltaY * unitPx;
    if (Math.abs(acrossPx) > Math.abs(alongPx)) {
      actions.pan(acrossPx);
      return;
    }
    const octaves = alongPx / (event.ctrlKey ? PINCH_OCTAVE_PX : WHEEL_OCTAVE_PX);
    if (octaves === 0) return;
    actions.zoom(pointOf(event).x, 2 ** Math.min(Math.max(octaves, -MOST_OCTAVES), MOST_OCTAVES));
  };

  const { signal } = stop;
  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  element.addEventListener('pointerup', onUp, { signal });
  element.addEventListener('pointercancel', onUp, { signal });
  element.addEventListener('pointerleave', () => press === null && actions.leave(), { signal });
  element.addEventListener('wheel', onWheel, { signal, passive: false });
  return { dispose: () => stop.abort() };
}
