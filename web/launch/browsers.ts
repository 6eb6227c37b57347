import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A browser that can show one page as a window of its own (`--app`). */
export interface AppBrowser {
  readonly name: string;
  readonly executable: string;
}

const LINUX: readonly (readonly [string, readonly string[]])[] = [
  ['Chromium', ['chromium', 'chromium-browser']],
  ['Chrome', ['google-chrome', 'google-chrome-stable']],
  ['Edge', ['microsoft-edge', 'microsoft-edge-stable']],
];

const MAC: readonly (readonly [string, string])[] = [
  ['Chrome', 'Google Chrome.app/Contents/MacOS/Google Chrome'],
  ['Chromium', 'Chromium.app/Contents/MacOS/Chromium'],
  ['Edge', 'Microsoft Edge.app/Contents/MacOS/Microsoft Edge'],
];

const WINDOWS: readonly (readonly [string, string])[] = [
  ['Chrome', 'Google\\Chrome\\Application\\chrome.exe'],
  ['Edge', 'Microsoft\\Edge\\Application\\msedge.exe'],
  ['Chromium', 'Chromium\\Application\\chrome.exe'],
];

/** The installed browsers of the Chromium family, best first. */
export function findBrowsers(
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
  exists: (path: string) => boolean = existsSync,
): AppBrowser[] {
  return candidates(platform, env).filter((browser) => exists(browser.executable));
}

function candidates(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): AppBrowser[] {
  if (platform === 'darwin') {
    return ['/Applications', join(homedir(), 'Applications')].flatMap((folder) =>
      MAC.map(([name, path]) => ({ name, executable: `${folder}/${path}` })),
    );
  }
  if (platform === 'win32') {
    const folders = [env['ProgramFiles'], env['ProgramFiles(x86)'], env['LOCALAPPDATA']];
    return folders.flatMap((folder) =>
      folder === undefined ? [] : WINDOWS.map(([name, path]) => ({ name, executable: `${folder}\\${path}` })),
    );
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return LINUX.flatMap(([name, files]) =>
    files.flatMap((file) => folders.map((folder) => ({ name, executable: `${folder}/${file}` }))),
  );
}
