import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WindowCommand } from '#engine/cli/arguments.ts';
import { decodeLaunchRequest, LAUNCH_VARIABLE, READY_LINE } from '#engine/cli/launch-request.ts';
import { runElectron } from './run-electron.ts';

const command: WindowCommand = {
  kind: 'window',
  logs: ['-odd name.log'],
  set: null,
  captions: null,
  compare: null,
  stdin: false,
  sizeBytes: 1n << 62n,
  browser: false,
  open: true,
  images: [],
  record: null,
  webPort: null,
};

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nbdscope-shell-'));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Runs `script` in the desktop shell's place: Node, as Electron would, runs the folder it is given. */
function runShell(script: string, readyLimitMs = 60_000) {
  writeFileSync(join(root, 'index.js'), script);
  return runElectron(process.execPath, command, { root }, readyLimitMs);
}

const ready = `console.log(${JSON.stringify(READY_LINE)});`;

describe('running the desktop shell', () => {
  it('hands over what to open, names and sizes exact', async () => {
    const written = join(root, 'request');
    await runShell(
      `require('fs').writeFileSync(${JSON.stringify(written)}, process.env.${LAUNCH_VARIABLE}); ${ready}`,
    );
    expect(decodeLaunchRequest(readFileSync(written, 'utf8'))).toEqual({
      logs: [resolve('-odd name.log')],
      set: null,
      captions: null,
      compare: null,
      stdin: false,
      images: [],
      record: null,
      sizeBytes: 1n << 62n,
    });
  });

  it('passes the exit code on once the window has been up', async () => {
    expect(await runShell(`${ready} process.exitCode = 3;`)).toEqual({ exitCode: 3 });
  });

  it('gives way when the shell fails before its window is up', async () => {
    expect(await runShell('process.exit(7)')).toEqual({
      failure: 'the desktop shell ended early (exit code 7)',
    });
    expect(await runShell('process.kill(process.pid, "SIGSEGV")')).toEqual({
      failure: 'the desktop shell ended early (SIGSEGV)',
    });
  });

  it('ends and gives way when the window is not up in time, even where the shell will not end by itself', async () => {
    const end = await runShell('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);', 500);
    expect(end).toEqual({ failure: 'the desktop window was not up within 1 s' });
  });

  it('takes a window that was closed before it was up for closed, not for broken', async () => {
    expect(await runShell('process.exit(0)')).toEqual({ exitCode: 0 });
  });

  it('gives way when there is no such program', async () => {
    const end = await runElectron(join(root, 'electron'), command, { root });
    expect(end).toEqual({ failure: expect.stringContaining('did not start') });
  });

  it('ends, and does not open the browser, when it is told to end before the window is up', async () => {
    const started = join(root, 'started');
    const end = runShell(
      `require('fs').writeFileSync(${JSON.stringify(started)}, ''); setInterval(() => {}, 1000);`,
    );
    while (!existsSync(started)) await new Promise((wait) => setTimeout(wait, 10));
    process.kill(process.pid, 'SIGTERM');
    expect(await end).toEqual({ exitCode: 0 });
  });
});
