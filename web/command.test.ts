import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { peer } from '#engine/nbd/testing/peers.ts';
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
    await new Promise((wait) => setTimeout(wait, 100));
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

describe('nbdscope raid and a set of hosted disks', () => {
  /** A set of two finished logs is open, and the Error switch of the first disk is on. */
  async function withErrorOn(): Promise<RunningCommand> {
    for (const i of [1, 2]) copyFileSync(LOG, join(state, `log${i}`));
    const command = start('raid', '2', '10M', join(state, 'log%d'), join(state, 'error%d'), '--no-open');
    const url = await command.url();
    const channel = channelOf(await openSocket(Number(new URL(url).port), { cookie: await enter(url) }));
    const named = new Promise<void>((answer) => {
      channel.onFrame = (frame) => {
        const { type, payload } = decodeFrame(frame);
        if (type !== FrameType.Json) return;
        const message = v.parse(MessageSchema, JSON.parse(new TextDecoder().decode(payload)));
        if (message.message !== 'session') return;
        const [first] = message.session.disks;
        if (message.session.disks.length !== 2 || first?.faults.errorSwitch == null) return;
        expect(message.session.disks.map(({ name }) => name)).toEqual(['disk 1', 'disk 2']);
        const { on } = first.faults.errorSwitch;
        if (on) answer();
        else
          channel.send(
            encodeJsonFrame({ command: 'setDiskError', disk: first.id, on: true, removeForeign: false }),
          );
      };
    });
    channel.send(encodeJsonFrame({ command: 'hello', protocol: 1 }));
    await named;
    expect(existsSync(join(state, 'error1'))).toBe(true);
    return command;
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'takes away on %s the error files that it made',
    async (signal) => {
      await using command = await withErrorOn();
      command.child.kill(signal);
      expect((await command.ended).code).toBe(0);
      expect(existsSync(join(state, 'error1'))).toBe(false);
    },
  );

  it('takes away after a crash, at the next start, the error files that it made', async () => {
    await using command = await withErrorOn();
    command.child.kill('SIGKILL');
    await command.ended;
    expect(existsSync(join(state, 'error1'))).toBe(true);
    await using next = start('--no-open');
    await next.url();
    expect(existsSync(join(state, 'error1'))).toBe(false);
  });

  it('prints the address of each hosted disk first, one on a line, and leaves no socket', async () => {
    const socket = join(state, 'sock%d');
    await using command = start('host', '--disks', '3', '--no-window', '-U', socket, 'memory', '1M');
    const uris = [1, 2, 3].map((i) => `nbd+unix:///disk${i}?socket=${join(state, `sock${i}`)}`);
    await command.lines(3);
    for (const uri of uris) expect(await peer('nbdinfo', '--size', uri)).toBe('1048576\n');
    command.child.kill('SIGHUP');
    const ended = await command.ended;
    expect(ended).toMatchObject({ code: 0, stdout: `${uris.join('\n')}\n` });
    expect(ended.stderr).toContain('3 disks, which take 2 GiB of memory at most together');
    expect(readdirSync(state).filter((name) => name.startsWith('sock'))).toEqual([]);
  });

  it.each([['--no-window'], ['--no-open']])(
    'says at Ctrl-C what is lost that was written (%s)',
    async (how) => {
      const socket = join(state, 'sock%d');
      await using command = start('host', '--disks', '3', how, '-U', socket, 'memory', '1M');
      await command.lines(how === '--no-open' ? 4 : 3);
      for (const i of [1, 3]) {
        const uri = `nbd+unix:///disk${i}?socket=${join(state, `sock${i}`)}`;
        await peer('nbdsh', '-u', uri, '-c', 'h.pwrite(b"x" * 512, 0)');
      }
      command.child.kill('SIGINT');
      const { code, stderr } = await command.ended;
      expect(code).toBe(0);
      const told = stderr.split('\n').filter((line) => line.includes('lost'));
      expect(told).toEqual([
        expect.stringContaining('nbdscope: disk1, disk3 were written to and not saved, and that is lost now'),
      ]);
    },
  );

  it('hosts none of a set when one of its addresses is not to be had', async () => {
    const socket = join(state, '%d', 'sock');
    mkdirSync(join(state, '1'));
    const ended = await finish('host', '--disks', '2', '--no-window', '-U', socket, 'memory', '1M');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain(join(state, '2', 'sock'));
    expect(readdirSync(join(state, '1'))).toEqual([]);
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
