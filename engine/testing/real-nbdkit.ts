import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { runPeer } from '#engine/nbd/testing/peers.ts';

/** An nbdkit of the test's own, which nbdscope only sees the log of. */
export class RealNbdkit implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(socket: string, ...args: string[]): Promise<RealNbdkit> {
    const child = spawn('nbdkit', ['-f', '-U', socket, ...args], { stdio: 'inherit' });
    const endMs = performance.now() + 30_000;
    while (!existsSync(socket)) {
      if (child.exitCode !== null || performance.now() > endMs) {
        throw new Error('this test needs nbdkit, which did not start: sudo apt-get install -y nbdkit');
      }
      await new Promise((wait) => setTimeout(wait, 5));
    }
    return new RealNbdkit(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const over = once(this.#child, 'exit');
    this.#child.kill();
    await over;
  }
}

/** What libnbd gets for reading the first block, so many times: `ok`, or the error's name. */
export async function readResults(uri: string, times = 1): Promise<string[]> {
  const script = [
    'import errno',
    `for i in range(${times}):`,
    '    try:',
    '        h.pread(4096, 0)',
    '        print("ok")',
    '    except nbd.Error as error:',
    '        print(errno.errorcode[error.errnum])',
  ].join('\n');
  const { code, stdout, stderr } = await runPeer('nbdsh', ['-u', uri, '-c', script]);
  if (code !== 0) throw new Error(`this test needs libnbd (python3-libnbd, libnbd-bin): ${stderr}`);
  return stdout.trim().split('\n');
}
