import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import { MessageSchema } from '#shared/contract/messages.ts';
import { RunningCommand } from './testing/running-command.ts';
import { ask, channelOf, enter, openSocket } from './testing/web-client.ts';

const ROOT = resolve(import.meta.dirname, '..');
const LOG = resolve(ROOT, 'assets/recordings/all-ops-10M/log');

let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'nbdscope-state-'));
});

afterEach(() => {
  rmSync(state, { recursive: true, force: true });
});

const start = (...args: string[]) => new RunningCommand(args, { NBDSCOPE_STATE_DIR: state });

async function finish(...args: string[]) {
  await using command = start(...args);
  return await command.ended;
}

describe('the nbdscope command', () => {
  it('ends with code 2 and one line for what it does not understand', async () => {
    for (const args of [['--colour'], ['disk.log', '64X'], ['--web-port', 'x'], ['stats']]) {
      const ended = await finish(...args);
      expect(ended.code).toBe(2);
      expect(ended.stdout).toBe('');
      expect(ended.stderr).toMatch(/^nbdscope: .+\n$/);
    }
  });

  it('prints its version and its help', async () => {
    expect(await finish('--version')).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
    expect((await finish('--help')).stdout).toContain('nbdscope stats LOG... [--json]');
  });

  it('stays when nobody reads its messages any more', async () => {
    await using command = start('--no-open', LOG);
    command.child.stderr?.destroy();
    const cookie = await enter(await command.url());
    expect(cookie).not.toBe('');
    command.child.kill('SIGTERM');
    expect((await command.ended).code).toBe(0);
  });

  it('serves a log to a window, and ends soon after the last window has closed', async () => {
    await using command = start('--no-open', LOG);
    const url = await command.url();
    const cookie = await enter(url);
    const port = Number(new URL(url).port);
    const socket = await openSocket(port, { cookie });
    const channel = channelOf(socket);
    const welcome = new Promise<string>((answer) => {
      channel.onFrame = (frame) => {
        const { type, payload } = decodeFrame(frame);
        if (type !== FrameType.Json) return;
        const message = v.parse(MessageSchema, JSON.parse(new TextDecoder().decode(payload)));
        if (message.message === 'welcome') answer(`${message.host} ${message.version}`);
      };
    });
    channel.send(encodeJsonFrame({ command: 'hello', protocol: 1 }));
    expect(await welcome).toBe('web 0.1.0');

    socket.close();
    await once(socket, 'close');
    // A reload: the window comes back within the grace.
    await new Promise((wait) => setTimeout(wait, 500));
    const again = await openSocket(port, { cookie });
    await new Promise((wait) => setTimeout(wait, 2_500));
    expect(command.child.exitCode).toBeNull();

    const closedMs = performance.now();
    again.close();
    const ended = await command.ended;
    expect(ended.code).toBe(0);
    expect(performance.now() - closedMs).toBeGreaterThan(1_500);
    expect(ended.stderr).toContain('in the browser, as --no-open asks for an address');
    expect(ended.stdout).toBe(`${url}\n`);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends cleanly on %s, with a window open', async (signal) => {
    await using command = start('--no-open', LOG);
    const url = await command.url();
    const socket = await openSocket(Number(new URL(url).port), { cookie: await enter(url) });
    socket.on('error', () => {});
    command.child.kill(signal);
    expect((await command.ended).code).toBe(0);
  });

  it('listens where it is told to, and says in one line when that port is taken', async () => {
    await using first = start('--no-open');
    const { port } = new URL(await first.url());
    const second = await finish('--no-open', '--web-port', port);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`nbdscope: port ${port} is in use; give another with --web-port`);
    expect((await ask(Number(port), '/')).status).toBe(403);
  });

  it('reads standard input for -', async () => {
    await using command = start('--no-open', '-', '64M');
    await command.url();
    command.child.stdin?.end();
    command.child.kill('SIGTERM');
    expect((await command.ended).code).toBe(0);
  });
});

it('an older Node ends with one line that names what was found, what is needed and how to get it', () => {
  const check = pathToFileURL(resolve(ROOT, 'bin/require-node.mjs')).href;
  const ended = spawnSync(
    process.execPath,
    ['-e', `import('${check}').then((m) => m.requireNode('20.20.2'))`],
    {
      encoding: 'utf8',
    },
  );
  expect(ended.status).toBe(1);
  expect(ended.stderr).toMatch(
    /^nbdscope needs Node 24 or later and this is Node 20\.20\.2; .*npm start.*\n$/,
  );
});
