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
  /** Tells the shell that the picture is up, so that it need not fall back to the browser. */
  reportReady(): void;
}
