import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AppBrowser } from './browsers.ts';

/** A browser that cannot run (no display to be had, a missing library) ends within this time. */
const EARLY_END_MS = 1_500;

export interface Opened {
  /** Completes "the window opens in ..."; null when nothing could be started. */
  readonly how: string | null;
}

/** Opens `url` as an app window of the first of `browsers` that starts, else in the default browser. */
export async function openWindow(
  url: string,
  stateDir: string,
  browsers: readonly AppBrowser[],
  platform: NodeJS.Platform = process.platform,
): Promise<Opened> {
  for (const browser of browsers) {
    const profileDir = profileFor(browser, stateDir);
    mkdirSync(profileDir, { recursive: true });
    if (await starts(browser.executable, appArguments(url, profileDir))) {
      return { how: `an app window of ${browser.name}` };
    }
  }
  const [opener, args] = defaultOpener(url, platform);
  return { how: (await starts(opener, args)) ? 'the default browser' : null };
}

/** A profile of its own keeps the window apart from the person's tabs, extensions and history. */
export function appArguments(url: string, profileDir: string): string[] {
  return [
    `--app=${url}`,
    `--user-data-dir=${profileDir}`,
    '--no-first-run',
    '--no-default-browser-check',
    '--window-size=1280,860',
  ];
}

/** A browser from a snap sees no hidden folders, so its profile goes where snaps keep theirs. */
function profileFor(browser: AppBrowser, stateDir: string): string {
  return browser.executable.startsWith('/snap/')
    ? join(homedir(), 'snap', 'chromium', 'common', 'nbdscope')
    : join(stateDir, 'browser');
}

export function defaultOpener(url: string, platform: NodeJS.Platform): [string, string[]] {
  if (platform === 'darwin') return ['open', [url]];
  // explorer.exe, unlike `start`, takes the address as it is, without a shell.
  if (platform === 'win32') return ['explorer.exe', [url]];
  return ['xdg-open', [url]];
}

/** Whether a program starts and does not fail at once. It outlives us: its last window is the person's to close. */
function starts(executable: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(executable, [...args], { stdio: 'ignore', detached: true });
    const timer = setTimeout(() => resolve(true), EARLY_END_MS);
    child.unref();
    child.once('error', () => {
      clearTimeout(timer);
      resolve(false);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      // explorer.exe answers 1 even when it has opened the address.
      resolve(code === 0 || executable === 'explorer.exe');
    });
  });
}
