import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disposable } from '#shared/channel/channel.ts';
import type { AppBrowser } from '../launch/browsers.ts';

/** What is kept of what a browser writes to standard error: enough for why it ended. */
const KEPT_CHARS = 4_000;

/** Everything that keeps a browser that nobody sees from idling, asking or fetching. */
const QUIET = [
  '--headless=new',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-extensions',
  '--disable-sync',
  '--mute-audio',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-dev-shm-usage',
  '--window-size=800,600',
] as const;

/** The arguments of a browser without a window that opens `url`. */
export function headlessArguments(url: string, profileDir: string, asRoot: boolean): readonly string[] {
  // Root has no sandbox to run a browser in; all that this one is shown are our own pages.
  const sandbox = asRoot ? ['--no-sandbox'] : [];
  return [...QUIET, ...sandbox, `--user-data-dir=${profileDir}`, url];
}

/** A browser without a window, with a profile of its own that goes when it does. */
export class HeadlessBrowser implements Disposable {
  /** Resolves to why, in words, when the browser ends by itself. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #profileDir: string;
  #lastWords = '';

  constructor(browser: AppBrowser, url: string) {
    // A browser from a snap sees no hidden folders and not the system's temporary one.
    const parent = browser.executable.startsWith('/snap/') ? (process.env['HOME'] ?? tmpdir()) : tmpdir();
    this.#profileDir = mkdtempSync(join(parent, 'nbdscope-render-'));
    this.#child = spawn(
      browser.executable,
      [...headlessArguments(url, this.#profileDir, process.getuid?.() === 0)],
      // A group of its own, so that its helpers end with it.
      { stdio: ['ignore', 'ignore', 'pipe'], detached: process.platform !== 'win32' },
    );
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-KEPT_CHARS);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
      this.#child.once('exit', (code, signal) => {
        const words = this.#lastWords.trim().split('\n').at(-1) ?? '';
        resolve(`it ended with ${signal ?? `exit code ${code}`}${words === '' ? '' : `: ${words}`}`);
      });
    });
  }

  dispose(): void {
    this.#kill();
    try {
      rmSync(this.#profileDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    } catch {
      // A helper of the browser still writes there: the system clears its temporary folder.
    }
  }

  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null) return;
    try {
      if (process.platform === 'win32') this.#child.kill('SIGKILL');
      else process.kill(-pid, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL');
    }
  }
}
