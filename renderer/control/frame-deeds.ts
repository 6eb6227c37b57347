import { desktopHost } from '../session/desktop-host.ts';
import type { FrameSize } from '../store/app-store.ts';
import type { WindowApp } from './window-app.ts';

/** Sizes of the window for those who record the screen. */

/** What stands in the address of a window that was opened for a size. */
const IN_ADDRESS = /^#size=(\d{3,4})x(\d{3,4})$/;

/** How long a window may take to become as large as it was asked to. */
const RESIZE_MS = 300;

/** The size that this window was opened for; null for any. */
export function frameOfAddress(hash: string): FrameSize | null {
  const [, width, height] = IN_ADDRESS.exec(hash) ?? [];
  return width === undefined || height === undefined
    ? null
    : { widthPx: Number(width), heightPx: Number(height) };
}

/**
 * Makes the window's contents exactly so large: by its shell, by the browser where it lets this window be resized, else in a
 * window of their own. What is left of a larger window stays empty. The same size again gives the contents the whole window.
 */
export async function showAtSize(app: WindowApp, size: FrameSize): Promise<void> {
  const { frame } = app.state;
  if (frame?.widthPx === size.widthPx && frame.heightPx === size.heightPx) {
    app.store.setState({ frame: null });
    return;
  }
  const host = desktopHost();
  if (host !== null) await host.resizeContent(size.widthPx, size.heightPx);
  else if (!fits(size)) window.resizeBy(size.widthPx - innerWidth, size.heightPx - innerHeight);
  if (!fits(size)) await new Promise((resolve) => setTimeout(resolve, RESIZE_MS));
  const words = `${size.widthPx} x ${size.heightPx}`;
  if (fits(size)) {
    app.store.setState({ frame: size });
  } else if (host !== null || !opened(size)) {
    app.notify({
      level: 'warning',
      text: `there is no room for ${words} here: the window has ${innerWidth} x ${innerHeight}; enlarge it and ask again`,
      detail: null,
    });
  }
}

function fits({ widthPx, heightPx }: FrameSize): boolean {
  return innerWidth >= widthPx && innerHeight >= heightPx;
}

/** Opens a window of that size beside this one; false where the browser does not let it. */
function opened({ widthPx, heightPx }: FrameSize): boolean {
  const size = `${widthPx}x${heightPx}`;
  const other = window.open(
    `/#size=${size}`,
    `nbdscope-${size}`,
    `popup,width=${widthPx},height=${heightPx}`,
  );
  return other !== null;
}
