import type { Disposable } from '#shared/channel/channel.ts';

/** Controls that a person presses; after a click they keep the focus, though nobody asked for it. */
const PRESSED = 'button, a[href], summary';

/** Knows whether the control in focus came by it through the pointer. */
export interface PointedFocus extends Disposable {
  /** Takes the focus from a control that was only clicked, so that the next key is the window's. */
  release(): void;
}

/** Watches how the focus moves on this page until disposed of. */
export function watchPointedFocus(page: Document): PointedFocus {
  const stop = new AbortController();
  const options = { capture: true, signal: stop.signal };
  let pointed: Element | null = null;
  let byPointer = false;
  const note = (target: EventTarget | null): void => {
    pointed = byPointer && target instanceof Element ? target.closest(PRESSED) : null;
  };
  page.addEventListener(
    'pointerdown',
    (event) => {
      byPointer = true;
      // A control that has the focus already gets no focusin.
      note(event.target);
    },
    options,
  );
  page.addEventListener(
    'keydown',
    () => {
      byPointer = false;
    },
    options,
  );
  page.addEventListener('focusin', (event) => note(event.target), options);
  return {
    release: () => {
      const { activeElement } = page;
      if (pointed !== null && activeElement === pointed && activeElement instanceof HTMLElement) {
        activeElement.blur();
      }
      pointed = null;
    },
    dispose: () => stop.abort(),
  };
}
