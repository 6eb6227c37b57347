import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real nbdkit with a memory disk of 64 MiB behind its log filter, on a Unix socket. */
export class Nbdkit {
  readonly logPath: string;
  readonly socketPath: string;
  readonly #filters: readonly string[];
  readonly #parameters: readonly string[];
  #child: ChildProcess | null = null;

  /** @param filters names of filters behind `log`, with their parameters in `parameters`. */
  constructor(folder: string, filters: readonly string[] = [], parameters: readonly string[] = []) {
    this.logPath = join(folder, 'log');
    this.socketPath = join(folder, 'sock');
    this.#filters = filters;
    this.#parameters = parameters;
  }

  get uri(): string {
    return `nbd+unix:///?socket=${this.socketPath}`;
  }

  /** Starts it and waits for its socket. A second start truncates the log, as nbdkit does. */
  async start(): Promise<void> {
    // nbdkit leaves its socket behind, and will not listen where one lies.
    rmSync(this.socketPath, { force: true });
    const filters = ['log', ...this.#filters].map((name) => `--filter=${name}`);
    const child = spawn(
      'nbdkit',
      [
        '-f',
        '-U',
        this.socketPath,
        ...filters,
        'memory',
        '64M',
        `logfile=${this.logPath}`,
        ...this.#parameters,
      ],
      { stdio: 'inherit' },
    );
    this.#child = child;
    for (let waited = 0; !existsSync(this.socketPath); waited += 20) {
      if (waited > 30_000 || child.exitCode !== null) throw new Error('nbdkit opened no socket in 30 s');
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
  }

  /** Runs Python lines with `h` connected, as nbdsh(1) does; an NBD error ends it. */
  async client(script: string): Promise<void> {
    // Debian's libnbd is a module of Debian's Python: another python3 that stands first in the PATH lacks it.
    const env = { ...process.env, PATH: `/usr/bin:${process.env['PATH']}` };
    await run('nbdsh', ['-u', this.uri, '-c', script], { timeout: 60_000, env });
  }
}
