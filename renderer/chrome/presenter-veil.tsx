import { type ReactElement, useEffect, useRef } from 'react';
import { useAppState } from './app-context.ts';

/** What lies over everything in presenter mode: a black screen while it is wanted, a ring that follows the pointer. */
export function PresenterVeil(): ReactElement {
  const blanked = useAppState((state) => state.blanked);
  const ring = useAppState((state) => state.pointerRing);
  return (
    <>
      {ring && !blanked && <PointerRing />}
      {blanked && <div className="blank" data-testid="blank" />}
    </>
  );
}

function PointerRing(): ReactElement {
  const ring = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const show = (event: PointerEvent): void => {
      const element = ring.current;
      if (element === null) return;
      element.hidden = false;
      element.style.transform = `translate(${event.clientX}px, ${event.clientY}px)`;
    };
    const hide = (): void => {
      if (ring.current !== null) ring.current.hidden = true;
    };
    document.addEventListener('pointermove', show, { signal });
    document.addEventListener('pointerdown', show, { signal });
    document.documentElement.addEventListener('pointerleave', hide, { signal });
    return () => stop.abort();
  }, []);
  return <div ref={ring} className="pointer-ring" data-testid="pointer-ring" aria-hidden="true" hidden />;
}
