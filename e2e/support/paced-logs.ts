import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { recording } from './app.ts';

/** A file that appears while logs are written: where, and at which time of day of the recording. */
export interface AppearingFile {
  readonly path: string;
  readonly at: string;
}

/** Times of day of a recording between which it goes at its own speed. */
export interface Spell {
  readonly from: string;
  readonly to: string;
}

/** The logs of a recorded array, written live to `log1`, `log2` and so on of a folder, with the recording's timing. */
export class PacedLogs {
  readonly #child: ChildProcess;
  /** The writer's exit code, once all is written. */
  readonly ended: Promise<number | null>;

  constructor(
    name: string,
    disks: number,
    folder: string,
    speed: number,
    files: readonly AppearingFile[] = [],
    spell: Spell | null = null,
  ) {
    const logs = Array.from(
      { length: disks },
      (_, i) => `${recording(`${name}/log${i + 1}`)}=${join(folder, `log${i + 1}`)}`,
    );
    const appearing = files.map(({ path, at }) => `@${at}=${path}`);
    const slowly = spell === null ? [] : [`~${spell.from}=${spell.to}`];
    this.#child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'paced-log-writer.ts'), String(speed), ...logs, ...appearing, ...slowly],
      { stdio: 'inherit' },
    );
    this.ended = new Promise((done) => this.#child.once('exit', done));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM');
    await this.ended;
  }
}
