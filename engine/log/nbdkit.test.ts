import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OfflineSession } from '#engine/stats/offline-session.ts';
import { Op } from '#shared/events/vocabulary.ts';
import type { DiskCounters } from '#shared/model/disk-counters.ts';
import { createLogSource } from './log-source.ts';
import { until } from './source-probe.ts';

/** Every operation once or more, and 1,000 writes with up to 16 in flight. */
const SCRIPT = `
import nbd, sys
h = nbd.NBD()
h.connect_unix(sys.argv[1])
h.pwrite(bytearray(4096), 0, nbd.CMD_FLAG_FUA)
h.pread(512, 0)
h.trim(65536, 0x100000)
h.zero(65536, 0x200000, nbd.CMD_FLAG_NO_HOLE)
h.flush()
data = nbd.Buffer(4096)
cookies = []
for i in range(1000):
    while h.aio_in_flight() >= 16:
        h.poll(-1)
        cookies = [c for c in cookies if not h.aio_command_completed(c)]
    cookies.append(h.aio_pwrite(data, i * 4096))
while h.aio_in_flight() > 0:
    h.poll(-1)
    cookies = [c for c in cookies if not h.aio_command_completed(c)]
h.shutdown()
`;

let folder = '';
let nbdkit: ChildProcess | null = null;

/** The system's own Python: Debian's python3-libnbd is installed for no other. */
const PYTHON = '/usr/bin/python3';

/** Fails, and says how to get what is missing: a skipped test would promise what nobody has seen. */
function need(command: string, args: readonly string[], pkg: string): void {
  if (spawnSync(command, args).status === 0) return;
  throw new Error(`this test needs ${pkg}: sudo apt-get install -y ${pkg}`);
}

beforeEach(() => {
  need('nbdkit', ['--version'], 'nbdkit');
  need(PYTHON, ['-c', 'import nbd'], 'python3-libnbd');
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-nbdkit-'));
});

afterEach(async () => {
  await stopNbdkit();
  rmSync(folder, { recursive: true, force: true });
});

async function startNbdkit(log: string, socket: string): Promise<void> {
  rmSync(socket, { force: true });
  // The delay has several writes under way at once, however seldom the client gets to send one.
  const words = ['--filter=log', '--filter=delay', 'memory', '64M', `logfile=${log}`, 'wdelay=5ms'];
  nbdkit = spawn('nbdkit', ['-f', '-U', socket, ...words], { stdio: 'inherit' });
  await until(
    () => existsSync(socket),
    () => 'nbdkit did not open its socket',
  );
}

async function stopNbdkit(): Promise<void> {
  const child = nbdkit;
  nbdkit = null;
  if (child === null || child.exitCode !== null) return;
  await new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill();
  });
}

function drive(socket: string): void {
  const { status, stderr } = spawnSync(PYTHON, ['-c', SCRIPT, socket], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
}

describe('nbdkit and libnbd', () => {
  it('are followed live, through a restart that truncates the log', async () => {
    const log = join(folder, 'log');
    const socket = join(folder, 'socket');
    const session = new OfflineSession();
    const source = createLogSource(log);
    const notices: string[] = [];
    source.start({
      rows: (batch) => session.rows(batch),
      disk: (disk) => session.disk(disk),
      notice: ({ text }) => notices.push(text),
      progress: () => {},
    });
    const counted = (): DiskCounters => session.state.disk(0).counters;
    try {
      for (const run of [1, 2]) {
        await startNbdkit(log, socket);
        drive(socket);
        await until(
          () => counted().requests[Op.Write] === 1001 * run && counted().inFlight === 0,
          () => [...counted().requests],
        );
        expect([...counted().requests].slice(0, 5)).toEqual([run, 1001 * run, run, run, run]);
        await stopNbdkit();
      }
      expect(session.disks.get(0)?.sizeBytes).toBe(64n * 1024n * 1024n);
      expect(counted().mostInFlight).toBeGreaterThan(1);
      expect(counted().mostInFlight).toBeLessThanOrEqual(16);
      expect(session.state.clears).toBe(1);
      expect([...counted().errors]).toEqual([0, 0, 0, 0, 0, 0, 0]);
      expect(notices).toEqual(['The log was truncated; reading goes on from its start']);
    } finally {
      await source.stop();
    }
  });
});
