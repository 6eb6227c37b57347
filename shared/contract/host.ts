/**
 * What the Electron preload puts at `window.nbdscopeHost`; absent in a browser. Kept this small on purpose: everything
 * else goes through the channel.
 */
export interface DesktopHost {
  readonly kind: 'electron';
  /** Shows the system's open dialog; resolves to the chosen paths, none when it was dismissed. */
  pickLogs(): Promise<readonly string[]>;
  /** The path of a file dropped on the window; empty when it has none. */
  pathForFile(file: unknown): string;
  /** Makes the window's contents so large, DIP, as far as the screen allows; resolves once it is. */
  resizeContent(widthPx: number, heightPx: number): Promise<void>;
  /** Tells the shell that the picture is up, so that it need not fall back to the browser. */
  reportReady(): void;
}

/** What the page posts to itself so that the preload asks the shell for a port to the engine. */
export const CONNECT_REQUEST = 'nbdscope:connect';
/** What the preload posts back, with the port. */
export const PORT_ANSWER = 'nbdscope:port';
