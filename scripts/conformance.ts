import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROBE_DISK_BYTES } from '#engine/nbd/testing/probe.ts';
import { ask, isAllowed, PROBES } from '#engine/nbd/testing/probes.ts';
import { serve } from '#engine/nbd/testing/served.ts';

const START_MS = 5000;
/** nbd-server wants a TCP port besides its socket. */
const NBD_SERVER_PORT = 10_977;

interface Peer {
  readonly name: string;
  readonly socket: string;
  readonly exportName: string;
  stop(): Promise<void>;
}

/**
 * `npm run conformance`: puts every probe to our NBD server, nbdkit, qemu-nbd and nbd-server, those that are installed,
 * and prints their answers as a table. An answer that the protocol does not allow is marked with `!`. Fails when one of
 * ours is.
 */
export async function run(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'nbdscope-conformance-'));
  const peers: Peer[] = [];
  try {
    peers.push(await ours());
    for (const start of [nbdkit, qemuNbd, nbdServer]) {
      const peer = await start(directory);
      if (peer !== null) peers.push(peer);
    }
    if (await printMatrix(peers)) process.exitCode = 1;
  } finally {
    await Promise.all(peers.map((peer) => peer.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Returns whether ours, the first, deviates. */
async function printMatrix(peers: readonly Peer[]): Promise<boolean> {
  const row = (cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`);
  row(['probe', ...peers.map((peer) => peer.name)]);
  row(['---', ...peers.map(() => '---')]);
  const deviations = peers.map(() => 0);
  for (const probe of PROBES) {
    const answers = [];
    for (const [i, peer] of peers.entries()) {
      const answer = await ask(probe, peer.socket, peer.exportName).catch((error: unknown) => String(error));
      const allowed = isAllowed(probe, answer);
      if (!allowed) deviations[i] = (deviations[i] ?? 0) + 1;
      answers.push(allowed ? answer : `! ${answer}`);
    }
    row([probe.name, ...answers]);
  }
  row(['**deviations**', ...deviations.map(String)]);
  console.log(
    '\nnbdkit serves its one memory disk under every name: what it says of an unknown export is no fault of it.',
  );
  return deviations[0] !== 0;
}

async function ours(): Promise<Peer> {
  const served = await serve({ parameters: [['size', `${PROBE_DISK_BYTES}`]] });
  return { name: 'nbdscope', socket: served.socket, exportName: '', stop: () => served.close() };
}

function nbdkit(directory: string): Promise<Peer | null> {
  const socket = join(directory, 'nbdkit.sock');
  return started('nbdkit', socket, ['-f', '-U', socket, 'memory', `size=${PROBE_DISK_BYTES}`]);
}

function qemuNbd(directory: string): Promise<Peer | null> {
  const socket = join(directory, 'qemu.sock');
  const image = diskImage(directory, 'qemu.img');
  return started('qemu-nbd', socket, [
    '-k',
    socket,
    '-f',
    'raw',
    '-t',
    '-e',
    '10',
    '-x',
    '',
    '--discard=unmap',
    image,
  ]);
}

async function nbdServer(directory: string): Promise<Peer | null> {
  const socket = join(directory, 'nbd-server.sock');
  const config = join(directory, 'nbd-server.conf');
  const image = diskImage(directory, 'nbd-server.img');
  writeFileSync(
    config,
    `[generic]\nunixsock=${socket}\nport=${NBD_SERVER_PORT}\nlistenaddr=127.0.0.1\nallowlist=true\n` +
      `[disk]\nexportname=${image}\nfilesize=${PROBE_DISK_BYTES}\ntrim=true\nflush=true\nfua=true\n`,
  );
  // In the foreground it serves one client and ends, so it runs as a daemon.
  const pidFile = join(directory, 'nbd-server.pid');
  const peer = await started('nbd-server', socket, ['-C', config, '-p', pidFile], 'disk');
  if (peer === null || !(await appears(pidFile))) return null;
  return {
    ...peer,
    stop: async () => {
      process.kill(Number(readFileSync(pidFile, 'utf8')));
    },
  };
}

function diskImage(directory: string, name: string): string {
  const path = join(directory, name);
  const fd = openSync(path, 'w');
  ftruncateSync(fd, PROBE_DISK_BYTES);
  closeSync(fd);
  return path;
}

/** Starts a server and waits for its socket; null when it is not installed or does not start. */
async function started(
  program: string,
  socket: string,
  args: readonly string[],
  exportName = '',
): Promise<Peer | null> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  if (!(await appears(socket))) {
    console.error(`${program} did not start; left out`);
    child.kill();
    return null;
  }
  const stop = (): Promise<void> => {
    child.kill();
    return gone;
  };
  return { name: program, socket, exportName, stop };
}

async function appears(path: string): Promise<boolean> {
  const until = performance.now() + START_MS;
  while (!existsSync(path)) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
