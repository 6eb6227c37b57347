import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ServeOptions } from './served.ts';

const PROGRAM = new URL('./serving-program.ts', import.meta.url).pathname;

/** A process that serves disks, started by another program. */
export interface ServedUnder {
  /** That other program, or the server itself where there is none. */
  readonly child: ChildProcess;
  /** Of the server itself. */
  readonly pid: number;
  /** One for each disk. */
  readonly sockets: readonly string[];
  /** The rows of requests that failed, as told so far: `disk 0: write 4096+512 failed with 5`. */
  readonly failures: readonly string[];
}

/**
 * Serves disks in a process of its own that `before` starts, as strace and prlimit do. Its sockets' directory is in
 * `directory` and goes with that.
 */
export async function serveUnder(
  before: readonly string[],
  directory: string,
  ...disks: readonly ServeOptions[]
): Promise<ServedUnder> {
  const [program = '', ...words] = [...before, process.execPath, PROGRAM, JSON.stringify(disks)];
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: directory },
  });
  const failures: string[] = [];
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the server ended: ${signal ?? code}`)));
    let started = false;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (started) {
        failures.push(line);
        return;
      }
      started = true;
      const [pid = '', ...sockets] = line.split(' ');
      resolve({ child, pid: Number(pid), sockets, failures });
    });
  });
}
