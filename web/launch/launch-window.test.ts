import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WindowCommand } from '#engine/cli/arguments.ts';
import { READY_LINE } from '#engine/cli/launch-request.ts';
import { DiskHost } from '#engine/nbd/disk-host.ts';
import { enter, openSocket } from '../testing/web-client.ts';
import { launchWindow } from './launch-window.ts';

const desk = { platform: 'linux', root: false, display: true } as const;

let root: string;
let said: string;
let printed: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nbdscope-launch-'));
  said = '';
  printed = '';
  // No browser can be found, so that none opens.
  vi.stubEnv('PATH', root);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

function command(): WindowCommand {
  return {
    kind: 'window',
    logs: [join(root, 'not-there-yet.log')],
    set: null,
    captions: null,
    compare: null,
    stdin: false,
    sizeBytes: null,
    browser: false,
    open: true,
    images: [],
    record: null,
    webPort: null,
  };
}

/** A desktop shell that does what the shell script says. */
function installShell(script: string): void {
  const packageDir = join(root, 'node_modules/electron');
  mkdirSync(join(packageDir, 'dist'), { recursive: true });
  writeFileSync(join(packageDir, 'path.txt'), 'electron');
  writeFileSync(join(packageDir, 'dist/electron'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(packageDir, 'dist/electron'), 0o755);
}

const launch = () =>
  launchWindow(
    command(),
    { root, version: '1.2.3', stateDir: join(root, 'state'), fetchElectron: false },
    desk,
  );

/** Opens and closes a window by the address that was printed, as a person would who has to. */
async function visit(): Promise<void> {
  const url = await vi.waitFor(() => {
    const [found] = /http:\S+/.exec(printed) ?? [];
    if (found === undefined) throw new Error('no address yet');
    return found;
  }, 30_000);
  const socket = await openSocket(Number(new URL(url).port), { cookie: await enter(url) });
  socket.close();
}

it('runs the desktop shell where it is installed, and ends as it ends', async () => {
  installShell(`echo '${READY_LINE}'; exit 0`);
  expect(await launch()).toBe(0);
  expect(said).toBe('nbdscope: in a desktop window, as the Electron runtime is here\n');
  expect(printed).toBe('');
});

it('goes on in the browser when the desktop shell fails before its window is up', async () => {
  installShell('exit 7');
  const ended = launch();
  await visit();
  expect(await ended).toBe(0);
  expect(said).toContain('nbdscope: in the browser, as the desktop shell ended early (exit code 7)\n');
});

it('goes to the browser where there is no desktop shell, and prints the address where there is no browser either', async () => {
  const ended = launch();
  await visit();
  expect(await ended).toBe(0);
  expect(said).toContain('nbdscope: in the browser, as the Electron runtime is not installed\n');
  expect(said).toContain('no browser could be started');
});

it('ends the disk that it was to show when there can be no window', async () => {
  const path = join(root, 'disk.sock');
  const diskHost = await DiskHost.start({
    plugin: 'memory',
    filters: [],
    parameters: [['size', '1M']],
    addFilters: true,
    exportName: '',
    address: { kind: 'unix', path },
  });
  const other = createServer();
  const webPort = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => {
      const address = other.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const context = {
    root,
    version: '1.2.3',
    stateDir: join(root, 'state'),
    fetchElectron: false,
    diskHosts: [diskHost],
  };
  expect(await launchWindow({ ...command(), browser: true, open: false, webPort }, context, desk)).toBe(1);
  other.close();
  expect(said).toContain(`port ${webPort} is in use`);
  expect(existsSync(path)).toBe(false);
});
