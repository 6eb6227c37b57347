import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';

const START_MS = 30_000;

/** Another NBD server on a Unix socket, which can be killed and started again. */
export class OtherServer {
  readonly socket: string;
  readonly #program: string;
  readonly #args: readonly string[];
  #child: ChildProcess | null = null;

  private constructor(program: string, args: readonly string[], socket: string) {
    this.#program = program;
    this.#args = args;
    this.socket = socket;
  }

  /** nbdkit with these words. */
  static async nbdkit(socket: string, ...args: string[]): Promise<OtherServer> {
    const server = new OtherServer('nbdkit', ['-f', '-U', socket, ...args], socket);
    await server.start();
    return server;
  }

  /** qemu-nbd on a raw image. */
  static async qemuNbd(socket: string, image: string, ...args: string[]): Promise<OtherServer> {
    const server = new OtherServer('qemu-nbd', ['-k', socket, '-f', 'raw', '-t', ...args, image], socket);
    await server.start();
    return server;
  }

  /** @param args in place of those it had. */
  async start(args: readonly string[] = this.#args): Promise<void> {
    rmSync(this.socket, { force: true });
    const child = spawn(this.#program, args, { stdio: 'ignore' });
    this.#child = child;
    const endMs = performance.now() + START_MS;
    while (!(await answers(this.socket))) {
      if (child.exitCode !== null || performance.now() > endMs)
        throw new Error(`${this.#program} did not start`);
      await new Promise((wait) => setTimeout(wait, 20));
    }
  }

  /** The URI of its default export, or of another. */
  uri(exportName = ''): string {
    return `nbd+unix:///${encodeURIComponent(exportName)}?socket=${this.socket}`;
  }

  /** Has it do nothing any more, with its connections open: what is sent to it lies there. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
