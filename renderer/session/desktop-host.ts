import type { DesktopHost } from '#shared/contract/host.ts';

declare global {
  interface Window {
    /** Put there by the desktop shell's preload; absent in a browser. */
    readonly nbdscopeHost?: DesktopHost;
  }
}

/** The desktop shell around this window; null in a browser. */
export function desktopHost(): DesktopHost | null {
  return window.nbdscopeHost ?? null;
}
