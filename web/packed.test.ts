import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** The tarball of `npm pack`, installed into an empty folder as a person would: no clone, no Electron. */

const ROOT = resolve(import.meta.dirname, '..');
const LOG = join(ROOT, 'assets/recordings/all-ops-10M/log');

let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-packed-'));
  // The command runs on the node that stands first in the path: the one these tests run on.
  mkdirSync(join(folder, 'node'));
  symlinkSync(process.execPath, join(folder, 'node/node'));
  env = {
    ...process.env,
    PATH: `${join(folder, 'node')}${delimiter}${process.env['PATH'] ?? ''}`,
    NBDSCOPE_STATE_DIR: join(folder, 'state'),
    NBDSCOPE_CACHE_DIR: join(folder, 'cache'),
  };
  const npm = (cwd: string, ...args: string[]): string =>
    execFileSync('npm', [...args, '--loglevel=error'], { cwd, encoding: 'utf8', env });
  npm(ROOT, 'pack', '--ignore-scripts', '--pack-destination', folder);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'no tarball';
  mkdirSync(join(folder, 'empty'));
  npm(join(folder, 'empty'), 'init', '-y');
  npm(join(folder, 'empty'), 'install', '--no-audit', '--no-fund', '--prefer-offline', `../${tarball}`);
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the installed command; resolves to its first line that matches, and what ends it. */
async function start(
  line: RegExp,
  ...args: string[]
): Promise<{ match: string; end: () => Promise<number | null> }> {
  const child = spawn(join(folder, 'empty/node_modules/.bin/nbdscope'), args, {
    cwd: join(folder, 'empty'),
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  for await (const text of createInterface({ input: child.stdout })) {
    const match = line.exec(text)?.[0];
    if (match === undefined) continue;
    const end = async (): Promise<number | null> => {
      child.kill('SIGTERM');
      const [code] = await closed;
      return typeof code === 'number' ? code : null;
    };
    return { match, end };
  }
  throw new Error(`nbdscope ${args.join(' ')} ended without a line like ${line}`);
}

it('hosts a disk that a real client uses', async () => {
  const disk = await start(/^nbd\+unix:.*/, 'host', '--no-window', 'memory', '64M');
  try {
    expect(execFileSync('nbdinfo', ['--size', disk.match], { encoding: 'utf8' })).toBe('67108864\n');
  } finally {
    expect(await disk.end()).toBe(0);
  }
});

it('serves its window, with everything that the page asks for', async () => {
  const host = await start(/^http:\/\/127\.0\.0\.1:\d+\/\?token=\S+$/, '--no-open', LOG);
  try {
    const entered = await fetch(host.match, { redirect: 'manual' });
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    const page = await fetch(new URL('/', host.match), { headers });
    expect(page.status).toBe(200);
    const wanted = [...(await page.text()).matchAll(/(?:src|href)="([^"]+\.(?:js|css|svg))"/g)].map(
      (found) => found[1] ?? '',
    );
    expect(wanted.length).toBeGreaterThan(1);
    for (const path of wanted) {
      const part = await fetch(new URL(path, host.match), { headers });
      expect([path, part.status]).toEqual([path, 200]);
    }
  } finally {
    await host.end();
  }
});

it('carries no Electron, and what it is made of is what it says', () => {
  const modules = readdirSync(join(folder, 'empty/node_modules'));
  expect(modules).toContain('nbdscope');
  expect(modules).not.toContain('electron');
  const counted = execFileSync(join(folder, 'empty/node_modules/.bin/nbdscope'), ['stats', LOG, '--json'], {
    encoding: 'utf8',
    env,
  });
  expect(JSON.parse(counted)).toMatchObject({ failed: [] });
});
