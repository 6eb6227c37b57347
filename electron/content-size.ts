import * as v from 'valibot';

const side = v.pipe(v.number(), v.integer(), v.minValue(320), v.maxValue(7680));
const ContentSize = v.tuple([side, side]);

/** Part of Electron's BrowserWindow, for the size of its contents. */
export interface SizedWindow {
  isFullScreen(): boolean;
  setFullScreen(on: boolean): void;
  once(event: 'leave-full-screen', listener: () => void): unknown;
  isMaximized(): boolean;
  unmaximize(): void;
  setContentSize(width: number, height: number): void;
}

/**
 * Makes a window's contents as large as its page asks, DIP; the system may allow less. A size that is none changes nothing.
 * @param asked width and height, as the page sent them.
 */
export async function resizeContent(window: SizedWindow, asked: readonly unknown[]): Promise<void> {
  const size = v.safeParse(ContentSize, asked);
  if (!size.success) return;
  if (window.isFullScreen()) {
    const left = new Promise<void>((resolve) => window.once('leave-full-screen', resolve));
    window.setFullScreen(false);
    await left;
  }
  if (window.isMaximized()) window.unmaximize();
  window.setContentSize(...size.output);
}
