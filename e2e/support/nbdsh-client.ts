import { type ChildProcess, spawn } from 'node:child_process';

/** A real client on a disk, which stays until it is hung up on or its test ends. */
export class NbdshClient {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(uri: string, script: string) {
    // Debian's libnbd is a module of Debian's Python: another python3 that stands first in the PATH lacks it.
    const env = { ...process.env, PATH: `/usr/bin:${process.env['PATH']}` };
    this.#child = spawn('nbdsh', ['-u', uri, '-c', script], { stdio: ['pipe', 'ignore', 'ignore'], env });
    this.ended = new Promise((done) => this.#child.once('exit', done));
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}
