import type { Disposable } from '#shared/channel/channel.ts';

/** What a person does to the picture with mouse, pen, touch pad or fingers. Points are CSS px in the grid area. */
export interface PointerActions {
  hover(xPx: number, yPx: number): void;
  leave(): void;
  pick(xPx: number, yPx: number): void;
  zoom(xPx: number, yPx: number, steps: number): void;
  /** Selects from the point where a drag with Shift began to where it is; a click with Shift selects where it is. */
  select(fromXPx: number, fromYPx: number, toXPx: number, toYPx: number): void;
  /** Moves the picture that was under the point where the drag began. */
  drag(fromXPx: number, fromYPx: number, dxPx: number, dyPx: number): void;
}

/** A press that moves no farther than this is a click. */
const CLICK_SLOP_PX = 4;
/** Wheel travel of one zoom step: a notch of a mouse wheel is about 100, a pinch on a touch pad comes in small bits. */
const WHEEL_STEP_PX = 60;
const PINCH_WHEEL_STEP_PX = 12;
/** Fingers spreading by this factor zoom in one step. */
const PINCH_STEP_FACTOR = 1.25;

interface Press {
  readonly startX: number;
  readonly startY: number;
  readonly selects: boolean;
  x: number;
  y: number;
}

/** Listens to the pointer over `element` and says what is meant. */
export function listenToPointer(element: HTMLElement, actions: PointerActions): Disposable {
  const stop = new AbortController();
  const presses = new Map<number, Press>();
  let dragging = false;
  let wheelTravel = 0;
  let pinchDistance = 0;

  const pointOf = (event: MouseEvent): { x: number; y: number } => {
    const rect = element.getBoundingClientRect();
    return { x: event.clientX - rect.left, y: event.clientY - rect.top };
  };

  const pinch = (): void => {
    const [a, b] = [...presses.values()];
    if (a === undefined || b === undefined) return;
    const distance = Math.hypot(a.x - b.x, a.y - b.y);
    if (pinchDistance === 0) pinchDistance = distance;
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    while (distance > pinchDistance * PINCH_STEP_FACTOR) {
      pinchDistance *= PINCH_STEP_FACTOR;
      actions.zoom(middle.x, middle.y, 1);
    }
    while (distance < pinchDistance / PINCH_STEP_FACTOR) {
      pinchDistance /= PINCH_STEP_FACTOR;
      actions.zoom(middle.x, middle.y, -1);
    }
  };

  const onDown = (event: PointerEvent): void => {
    const onControl =
      event.target instanceof Element && event.target.closest('button, input, form, a, [data-own-pointer]');
    if (event.button !== 0 || onControl) return;
    const { x, y } = pointOf(event);
    presses.set(event.pointerId, { startX: x, startY: y, selects: event.shiftKey, x, y });
    pinchDistance = 0;
    if (presses.size === 1) dragging = false;
    element.setPointerCapture(event.pointerId);
  };

  const onMove = (event: PointerEvent): void => {
    const { x, y } = pointOf(event);
    const press = presses.get(event.pointerId);
    if (press === undefined) {
      actions.hover(x, y);
      return;
    }
    const dx = x - press.x;
    const dy = y - press.y;
    if (!dragging && Math.hypot(x - press.startX, y - press.startY) <= CLICK_SLOP_PX) return;
    dragging = true;
    press.x = x;
    press.y = y;
    if (presses.size >= 2) pinch();
    else if (press.selects) actions.select(press.startX, press.startY, x, y);
    else actions.drag(press.startX, press.startY, dx, dy);
  };

  const onUp = (event: PointerEvent): void => {
    const press = presses.get(event.pointerId);
    if (press === undefined) return;
    presses.delete(event.pointerId);
    pinchDistance = 0;
    if (dragging || event.type !== 'pointerup') return;
    if (press.selects) actions.select(press.startX, press.startY, press.startX, press.startY);
    else actions.pick(press.startX, press.startY);
  };

  const onWheel = (event: WheelEvent): void => {
    if (event.target instanceof Element && event.target.closest('[data-own-pointer]')) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    wheelTravel += event.deltaY * lines;
    const stepPx = event.ctrlKey ? PINCH_WHEEL_STEP_PX : WHEEL_STEP_PX;
    const steps = Math.trunc(wheelTravel / stepPx);
    if (steps === 0) return;
    wheelTravel -= steps * stepPx;
    const { x, y } = pointOf(event);
    // One step for a notch, however far a fast wheel says it went.
    actions.zoom(x, y, -Math.sign(steps) * Math.min(2, Math.abs(steps)));
    wheelTravel = Math.abs(steps) > 2 ? 0 : wheelTravel;
  };

  const { signal } = stop;
  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  element.addEventListener('pointerup', onUp, { signal });
  element.addEventListener('pointercancel', onUp, { signal });
  element.addEventListener('pointerleave', () => actions.leave(), { signal });
  element.addEventListener('wheel', onWheel, { signal, passive: false });
  return { dispose: () => stop.abort() };
}
