import { type PointerEvent, useEffect, useRef } from 'react';
import { moveDiskTo } from '../control/disk-deeds.ts';
import type { WindowApp } from '../control/window-app.ts';

/** A press that moves no farther than this is none. */
const SLOP_PX = 6;

interface HeaderPointer {
  readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerMove: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerUp: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerCancel: () => void;
  readonly onClickCapture: (event: { stopPropagation(): void; preventDefault(): void }) => void;
}

/** Dragging a panel by its header to where another stands; Escape drops it where it was. */
export function usePanelDrag(app: WindowApp, disk: number): HeaderPointer {
  const press = useRef<{ readonly x: number; readonly y: number } | null>(null);
  const dragged = useRef(false);
  const end = (): void => {
    press.current = null;
    if (app.state.drag !== null) app.store.setState({ drag: null });
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || app.state.drag?.disk !== disk) return;
      event.preventDefault();
      press.current = null;
      app.store.setState({ drag: null });
    };
    document.addEventListener('keydown', onKey, { capture: true });
    return () => document.removeEventListener('keydown', onKey, { capture: true });
  }, [app, disk]);
  return {
    onPointerDown: (event) => {
      const onControl = event.target instanceof Element && event.target.closest('input, [role="switch"]');
      if (event.button !== 0 || onControl) return;
      press.current = { x: event.clientX, y: event.clientY };
      dragged.current = false;
    },
    onPointerMove: (event) => {
      const from = press.current;
      if (from === null) return;
      if (!dragged.current && Math.hypot(event.clientX - from.x, event.clientY - from.y) <= SLOP_PX) return;
      if (!dragged.current) event.currentTarget.setPointerCapture(event.pointerId);
      dragged.current = true;
      const over = panelAt(app, event.clientX, event.clientY);
      const { drag } = app.state;
      if (drag?.over !== over || drag.disk !== disk) app.store.setState({ drag: { disk, over } });
    },
    onPointerUp: () => {
      const over = app.state.drag?.disk === disk ? app.state.drag.over : null;
      end();
      if (over !== null && over !== disk) moveDiskTo(app, disk, over);
    },
    onPointerCancel: end,
    // The press that ended a drag is no press of the name it began on.
    onClickCapture: (event) => {
      if (!dragged.current) return;
      dragged.current = false;
      event.stopPropagation();
      event.preventDefault();
    },
  };
}

/** The disk whose panel lies under a point of the page; null for none. */
function panelAt(app: WindowApp, x: number, y: number): number | null {
  const area = app.picture?.canvas.getBoundingClientRect();
  if (area === undefined) return null;
  const tile = app.state.tiles.find(
    (one) =>
      x >= area.left + one.xPx &&
      y >= area.top + one.yPx &&
      x < area.left + one.xPx + one.widthPx &&
      y < area.top + one.yPx + one.heightPx,
  );
  return tile?.disk ?? null;
}
