import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';

const PROGRAMS = { ...process.env, PATH: `/usr/bin:/usr/sbin:/bin:/sbin:${process.env['PATH'] ?? ''}` };

/** A disk as a file, by nbdfuse. */
export class FuseFile {
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'nbdscope-fuse-'));
  readonly #child: ChildProcess;
  #said = '';

  private constructor(where: readonly string[]) {
    this.path = join(this.#folder, 'disk');
    this.#child = spawn('nbdfuse', [this.path, ...where], {
      env: PROGRAMS,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#said += text.toString();
    });
  }

  /**
   * @param where the disk's address, or the words that nbdfuse takes for a server to start.
   * @throws Error with what nbdfuse said when there is no file.
   */
  static async mount(...where: readonly string[]): Promise<FuseFile> {
    const file = new FuseFile(where);
    await expect.poll(() => existsSync(file.path) || file.#hasEnded).toBe(true);
    if (!file.#hasEnded) return file;
    await file.unmount();
    throw new Error(file.#said.trim() || 'nbdfuse ended without a word');
  }

  async unmount(): Promise<void> {
    if (!this.#hasEnded) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGINT');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

/** Why nbdfuse can mount nothing here, whoever serves, as in a container without /dev/fuse; null when it can. */
export async function whyNoFuse(): Promise<string | null> {
  try {
    const file = await FuseFile.mount('[', 'nbdkit', 'null', '1M', ']');
    await file.unmount();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
