import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findBrowsers } from './browsers.ts';
import { appArguments, defaultOpener, openWindow } from './open-window.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-browser-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program that writes down its arguments and ends with `code`. */
function program(name: string, code: number): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" > '${path}.args'\nexit ${code}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('the installed browsers', () => {
  it('are looked for on the PATH under Linux, Chromium first', () => {
    const there = ['/usr/bin/google-chrome', '/usr/local/bin/chromium', '/usr/bin/microsoft-edge'];
    const found = findBrowsers('linux', { PATH: '/usr/bin:/usr/local/bin:relative' }, (path) =>
      there.includes(path),
    );
    expect(found.map((browser) => browser.executable)).toEqual([
      '/usr/local/bin/chromium',
      '/usr/bin/google-chrome',
      '/usr/bin/microsoft-edge',
    ]);
  });

  it('are looked for where macOS and Windows install them', () => {
    const mac = findBrowsers('darwin', {}, (path) => path.startsWith('/Applications/'));
    expect(mac.map((browser) => browser.name)).toEqual(['Chrome', 'Chromium', 'Edge']);
    const edge = 'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe';
    const windows = findBrowsers(
      'win32',
      { 'ProgramFiles(x86)': 'C:\\Program Files (x86)' },
      (path) => path === edge,
    );
    expect(windows).toEqual([{ name: 'Edge', executable: edge }]);
  });
});

describe('opening the window', () => {
  it('starts an app window with a profile of its own, sandboxed', async () => {
    const browser = { name: 'Chromium', executable: program('chromium', 0) };
    const opened = await openWindow('http://127.0.0.1:1/?token=x', join(folder, 'state'), [browser], 'linux');
    expect(opened).toEqual({ how: 'an app window of Chromium' });
    const args = readFileSync(`${browser.executable}.args`, 'utf8').trim().split('\n');
    expect(args).toEqual(appArguments('http://127.0.0.1:1/?token=x', join(folder, 'state/browser')));
    expect(args.join(' ')).not.toContain('sandbox');
    expect(existsSync(join(folder, 'state/browser'))).toBe(true);
  });

  it('goes on to the next browser when one does not start, then to the default one', async () => {
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
    const broken = { name: 'Chromium', executable: program('chromium', 127) };
    const missing = { name: 'Chrome', executable: join(folder, 'chrome') };
    program('xdg-open', 0);
    const opened = await openWindow('http://127.0.0.1:1/', folder, [broken, missing], 'linux');
    expect(opened).toEqual({ how: 'the default browser' });
    expect(readFileSync(join(folder, 'xdg-open.args'), 'utf8')).toBe('http://127.0.0.1:1/\n');
  });

  it('says so when nothing starts', async () => {
    vi.stubEnv('PATH', folder);
    expect(await openWindow('http://127.0.0.1:1/', folder, [], 'linux')).toEqual({ how: null });
  });

  it('hands the address to the system without a shell', () => {
    expect(defaultOpener('http://127.0.0.1:1/?a&b', 'darwin')).toEqual(['open', ['http://127.0.0.1:1/?a&b']]);
    expect(defaultOpener('http://127.0.0.1:1/?a&b', 'win32')).toEqual([
      'explorer.exe',
      ['http://127.0.0.1:1/?a&b'],
    ]);
  });
});
