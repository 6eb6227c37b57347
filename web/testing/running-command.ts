import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** How a command ended, and what it had written by then. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built `nbdscope` command as a process of its own; for tests. */
export class RunningCommand implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    if (!existsSync(resolve(ROOT, 'dist/node/cli.js')))
      throw new Error('not built; run "npm run build" first');
    this.child = spawn(process.execPath, [resolve(ROOT, 'bin/nbdscope.mjs'), ...args], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = once(this.child, 'close').then(([code]) => ({
      code,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
  }

  /** The address it prints; rejects when it ends without one. */
  async url(): Promise<string> {
    for (;;) {
      const url = /^http:\/\/127\.0\.0\.1:\d+\/\?token=\S+$/m.exec(this.#stdout);
      if (url !== null) return url[0];
      if (this.child.exitCode !== null) throw new Error(`ended without an address: ${this.#stderr}`);
      await new Promise((wait) => setTimeout(wait, 20));
    }
  }

  /** Waits until it has printed so many lines; rejects when it ends before. */
  async lines(count: number): Promise<void> {
    while (this.#stdout.split('\n').length <= count) {
      if (this.child.exitCode !== null) throw new Error(`ended with "${this.#stdout}": ${this.#stderr}`);
      await new Promise((wait) => setTimeout(wait, 20));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }
}
