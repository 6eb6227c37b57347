/**
 * Our NBD server beside its peers, in pairs within one run: the bare server and nbdkit's memory plugin; the server with
 * its event stream and nbdkit with its log filter; a disk in a file and nbdkit's file plugin; the product hosting a disk with its window open and nbdkit's log
 * followed by the same window; the server with what lies on the disk being explained and without; qemu-nbd for scale. The two of a pair take turns, so that both meet the same machine.
 * Prints a table of medians.
 *
 *     npm run build && node bench/nbd/nbd-bench.ts [--seconds 3] [--rounds 3] [--pair bare|events|explained|file|window|scale]
 *         [--only PART OF A WORKLOAD'S NAME]
 *         [--folder where images and sockets are to be, else /dev/shm]
 */

import { execFileSync, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineLine } from '../support/machine.ts';
import { watchCommand } from '../support/window.ts';
import { type Measured, processorSeconds, residentMib, type Workload, workloads } from './measure.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    pair: { type: 'string' },
    only: { type: 'string' },
    folder: { type: 'string' },
  },
});
const SECONDS = Number(values.seconds);
const ROUNDS = Number(values.rounds);
const START_MS = 10_000;

interface Contestant {
  readonly name: string;
  readonly uri: string;
  readonly pid: number;
  stop(): Promise<void>;
}

interface Pair {
  readonly name: string;
  readonly title: string;
  readonly contestants: readonly (readonly [name: string, command: Starter])[];
  /** Whether what is copied has a partition table and a file system on it; random bytes otherwise. */
  readonly formatted?: boolean;
}

/** A command line, or how to bring a server up that takes more than that. */
type Starter = (socket: string) => readonly string[] | Promise<Contestant>;

const folder = mkdtempSync(
  join(values.folder ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir()), 'nbdscope-bench-'),
);
const SERVE = join(import.meta.dirname, 'serve.ts');

const WATCHED_LOG = join(folder, 'watched-log');

/** The product with a hosted disk and its window, as a person has it. */
async function hostedAndWatched(socket: string): Promise<Contestant> {
  const window = await watchCommand(['host', '-U', socket, 'memory', '1G'], join(folder, 'host'));
  return { name: '', uri: uriOf(socket), pid: window.process.pid ?? 0, stop: () => window.close() };
}

/** nbdkit with its log filter, and the same window following the log. */
async function loggedAndWatched(socket: string): Promise<Contestant> {
  const window = await watchCommand([WATCHED_LOG], join(folder, 'log-state'));
  const nbdkit = await startCommand('nbdkit, watched', socket, [
    'nbdkit',
    '-f',
    '-U',
    socket,
    '--filter=log',
    'memory',
    '1G',
    `logfile=${WATCHED_LOG}`,
  ]);
  return {
    ...nbdkit,
    stop: async () => {
      await nbdkit.stop();
      await window.close();
    },
  };
}

const PAIRS: readonly Pair[] = [
  {
    name: 'bare',
    title: 'The bare server',
    contestants: [
      ['nbdscope', (socket) => [process.execPath, SERVE, socket, '1G', 'bare']],
      ['nbdkit memory', (socket) => ['nbdkit', '-f', '-U', socket, 'memory', '1G']],
    ],
  },
  {
    name: 'events',
    title: 'With every request told',
    contestants: [
      ['nbdscope, events', (socket) => [process.execPath, SERVE, socket, '1G', 'events']],
      [
        'nbdkit, log filter',
        (socket) => [
          'nbdkit',
          '-f',
          '-U',
          socket,
          '--filter=log',
          'memory',
          '1G',
          `logfile=${join(folder, 'log')}`,
        ],
      ],
    ],
  },
  {
    name: 'explained',
    title: 'A GPT and ext4 that are explained, written all over',
    contestants: [
      ['nbdscope, explained', (socket) => [process.execPath, SERVE, socket, '1G', 'explained']],
      ['nbdscope, events', (socket) => [process.execPath, SERVE, socket, '1G', 'events']],
    ],
    formatted: true,
  },
  {
    name: 'file',
    title: 'A disk in a file',
    contestants: [
      ['nbdscope file', (socket) => [process.execPath, SERVE, socket, emptyImage('ours'), 'file']],
      ['nbdkit file', (socket) => ['nbdkit', '-f', '-U', socket, 'file', emptyImage('theirs')]],
    ],
  },
  {
    name: 'window',
    title: 'With a window watching',
    contestants: [
      ['nbdscope, hosting', hostedAndWatched],
      ['nbdkit, its log followed', loggedAndWatched],
    ],
  },
  {
    name: 'scale',
    title: 'For scale',
    contestants: [
      [
        'qemu-nbd on tmpfs',
        (socket) => [
          'qemu-nbd',
          '-k',
          socket,
          '-f',
          'raw',
          '-t',
          '-e',
          '8',
          '--discard=unmap',
          emptyImage('qemu'),
        ],
      ],
    ],
  },
];

function emptyImage(name: string): string {
  const path = join(folder, `${name}.img`);
  const fd = openSync(path, 'w');
  ftruncateSync(fd, 1 << 30);
  closeSync(fd);
  return path;
}

function randomImage(): string {
  const path = join(folder, 'random.img');
  const fd = openSync(path, 'w');
  const block = Buffer.alloc(16 << 20);
  for (let i = 0; i < 64; i += 1) writeSync(fd, randomFillSync(block));
  closeSync(fd);
  return path;
}

/** Puts a partition table and ext4 on an image. */
function format(path: string): void {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const run = (program: string, args: readonly string[]) =>
    execFileSync(program, args, { env, stdio: 'pipe' });
  run('sgdisk', ['-n', '1:2048:0', path]);
  run('mke2fs', [
    '-q',
    '-F',
    '-t',
    'ext4',
    '-E',
    `offset=${1 << 20},nodiscard`,
    path,
    `${(1 << 20) - 2048}k`,
  ]);
}

const uriOf = (socket: string) => `nbd+unix:///?socket=${socket}`;

async function start(name: string, starter: Starter): Promise<Contestant> {
  const socket = join(folder, `${name.replace(/\W+/g, '-')}.sock`);
  const command = starter(socket);
  if (command instanceof Promise) return { ...(await command), name };
  return startCommand(name, socket, command);
}

async function startCommand(name: string, socket: string, command: readonly string[]): Promise<Contestant> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const until = performance.now() + START_MS;
  while (!existsSync(socket)) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`${name} did not start`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    name,
    uri: uriOf(socket),
    pid: child.pid ?? 0,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

interface Cell {
  readonly runs: Measured[];
  processorUs: number;
}

async function measurePair(pair: Pair, works: readonly Workload[]): Promise<void> {
  const contestants: Contestant[] = [];
  try {
    for (const [name, command] of pair.contestants) contestants.push(await start(name, command));
    console.log(`\n## ${pair.title}\n`);
    const head = contestants.map((contestant) => `${contestant.name} (p99, processor)`);
    console.log(`| workload | ${head.join(' | ')} | ratio |\n|---|${head.map(() => '---|').join('')}---|`);
    for (const work of works) {
      const cells: Cell[] = contestants.map(() => ({ runs: [], processorUs: 0 }));
      for (let round = 0; round < ROUNDS; round += 1) {
        // Who goes first has the machine as the workload before left it: that is each one's turn.
        const turns = [...contestants.entries()];
        for (const [i, contestant] of round % 2 === 0 ? turns : turns.reverse()) {
          const before = processorSeconds(contestant.pid);
          const measured = await work.run(contestant.uri, SECONDS);
          const cell = cells[i];
          if (cell === undefined) continue;
          cell.runs.push(measured);
          const units = work.unit === 'IOPS' ? measured.rate * SECONDS : 1024;
          cell.processorUs += ((processorSeconds(contestant.pid) - before) * 1e6) / units / ROUNDS;
        }
      }
      const rates = cells.map((cell) => median(cell.runs.map((run) => run.rate)));
      const words = cells.map((cell, i) => inWords(cell, rates[i] ?? 0, work));
      const ratio = rates.length > 1 ? ((rates[0] ?? 0) / (rates[1] ?? 1)).toFixed(2) : '-';
      console.log(`| ${work.name}, ${work.unit} | ${words.join(' | ')} | ${ratio} |`);
    }
    const memory = contestants.map((contestant) => residentMib(contestant.pid).toFixed(0));
    console.log(`| resident memory, MiB | ${memory.join(' | ')} | |`);
  } finally {
    for (const contestant of contestants) await contestant.stop();
  }
}

function inWords(cell: Cell, rate: number, work: Workload): string {
  const p99 = cell.runs.map((run) => run.p99Us).filter((us) => us !== null);
  const unit = work.unit === 'IOPS' ? 'request' : 'MiB';
  const tail = p99.length === 0 ? '' : `${median(p99).toFixed(0)} µs, `;
  return `${Math.round(rate)} (${tail}${cell.processorUs.toFixed(1)} µs a ${unit})`;
}

try {
  console.log(`${machineLine()}; medians of ${ROUNDS}, ${SECONDS} s each`);
  const wanted = PAIRS.filter(({ name }) => values.pair === undefined || values.pair === name);
  // What is formatted goes last: there is one image of random bytes.
  const image = randomImage();
  // What is copied in is what the others find.
  const works = workloads(image).filter(({ name }, i) => i === 0 || name.includes(values.only ?? ''));
  for (const pair of wanted) if (pair.formatted !== true) await measurePair(pair, works);
  if (wanted.some(({ formatted }) => formatted === true)) format(image);
  for (const pair of wanted) if (pair.formatted === true) await measurePair(pair, works);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
