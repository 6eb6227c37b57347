import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PATIENCE_MS = 60_000;

// Debian's libnbd is a module of Debian's Python: another python3 that stands first in the PATH lacks it.
const env = { ...process.env, PATH: `/usr/bin:${process.env['PATH']}` };

/** `attempt(f)` is the name of the error with which f fails, "lost" where the connection is gone, else "ok". */
const PRELUDE = `
import sys, time
def attempt(f):
    try:
        f()
        return "ok"
    except nbd.Error as e:
        return e.errno or "lost"
`;

/** What a real client prints that runs Python lines with `h` connected, and `attempt` at hand. */
export async function askNbdsh(uri: string, script: string): Promise<string> {
  const { stdout } = await run('nbdsh', ['-u', uri, '-c', PRELUDE + script], { timeout: PATIENCE_MS, env });
  return stdout.trim();
}

/** A real client on a disk, which stays until it is hung up on or its test ends. */
export class NbdshClient {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(uri: string, script: string) {
    this.#child = spawn('nbdsh', ['-u', uri, '-c', script], { stdio: ['pipe', 'ignore', 'ignore'], env });
    this.ended = new Promise((done) => this.#child.once('exit', done));
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
