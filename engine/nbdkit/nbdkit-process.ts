import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ASKS_TO_RUN } from '#shared/contract/agreement.ts';
import type { NbdkitInfo } from '#shared/contract/messages.ts';
import { atExit } from '../at-exit.ts';
import { removeStaleSocket } from '../nbd/private-socket.ts';
import { RefusedError } from '../refused-error.ts';
import { type NbdkitPlan, planNbdkit, readNbdkitLine } from './command-line.ts';
import { findNbdkit } from './installed.ts';
import { NbdkitFolder } from './nbdkit-folder.ts';
import { whatRunsPrograms } from './programs.ts';

/** How much of what it writes to standard error is kept: the last, in bytes. */
const STDERR_BYTES = 16 * 1024;
/** How long it may take to be ready: plugins fetch, format, unpack. */
const READY_LIMIT_MS = 30_000;
const READY_LOOK_MS = 10;
const LAST_WORDS_MS = 500;
/** How long it may take to end when it is asked to, before it is killed. */
const END_LIMIT_MS = 2_000;

/** An nbdkit that was started here, without a shell, and ends with nbdscope. */
export class NbdkitProcess {
  readonly plan: NbdkitPlan;
  /** Called when it has written to standard error, or has ended. */
  onChanged: () => void = () => {};
  readonly #child: ChildProcess;
  readonly #folder: NbdkitFolder;
  readonly #over: Promise<void>;
  #stderr: Buffer = Buffer.alloc(0);
  #ended: string | null = null;
  #stopping = false;
  readonly #callOff: () => void;

  private constructor(plan: NbdkitPlan, folder: NbdkitFolder) {
    this.plan = plan;
    this.#folder = folder;
    this.#child = spawn('nbdkit', plan.args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#callOff = atExit(() => this.#child.kill('SIGKILL'));
    this.#child.stderr?.on('data', (bytes: Buffer) => {
      this.#stderr = Buffer.concat([this.#stderr, bytes]).subarray(-STDERR_BYTES);
      this.onChanged();
    });
    this.#over = new Promise((resolve) => {
      const over = (words: string): void => {
        if (this.#ended !== null) return;
        this.#ended = words;
        this.#callOff();
        this.onChanged();
        resolve();
      };
      this.#child.once('error', (error) => over(`could not be started: ${error.message}`));
      // 'close' waits for standard error too, which a program that the plugin started may hold open.
      this.#child.once('exit', (code, signal) => {
        setImmediate(() => over(this.#endWords(code, signal)));
      });
    });
  }

  /**
   * Runs what stands on a line behind `nbdkit`; returns once it serves.
   * @param confirmed whether a line that runs other programs was agreed to.
   * @throws RefusedError naming what will not do, with nbdkit's own words when it ends at once.
   */
  static async start(line: string, confirmed: boolean): Promise<NbdkitProcess> {
    const read = readNbdkitLine(line);
    const installed = await findNbdkit();
    if (installed === null) {
      throw new RefusedError(
        'nbdkit is not installed here, or not on the path; install it: sudo apt-get install nbdkit',
      );
    }
    const folder = new NbdkitFolder();
    try {
      const plan = planNbdkit(read, folder.path, installed.exitWithParent);
      const why = whatRunsPrograms(plan.plugin, plan.filters, plan.parameters);
      if (why !== null && !confirmed) throw new RefusedError(`${why}; ${ASKS_TO_RUN}`);
      if (plan.socketPath !== null) await removeStaleSocket(plan.socketPath);
      const nbdkit = new NbdkitProcess(plan, folder);
      await nbdkit.#ready();
      return nbdkit;
    } catch (error) {
      folder.remove();
      throw error;
    }
  }

  get running(): boolean {
    return this.#ended === null;
  }

  info(): NbdkitInfo {
    return {
      command: this.plan.command,
      uri: this.plan.uri,
      pid: this.running ? (this.#child.pid ?? null) : null,
      running: this.running,
      ended: this.#ended,
      stderr: this.#said(),
    };
  }

  /** Ends it if it runs: asked at first, then killed. Returns once it has. Its log stays. */
  async stop(): Promise<void> {
    if (this.running) {
      this.#stopping = true;
      this.#child.kill('SIGTERM');
      const kill = setTimeout(() => this.#child.kill('SIGKILL'), END_LIMIT_MS);
      await this.#over;
      clearTimeout(kill);
    }
    // nbdkit leaves the socket that it was told to make.
    if (this.plan.socketPath !== null) await removeStaleSocket(this.plan.socketPath);
  }

  /** Ends it, and removes its private directory with the log. */
  async dispose(): Promise<void> {
    await this.stop();
    this.#child.stderr?.destroy();
    this.#folder.remove();
  }

  /** It writes its pid file once it accepts clients (nbdkit(1), --pidfile). */
  async #ready(): Promise<void> {
    const limitMs = performance.now() + READY_LIMIT_MS;
    while (!existsSync(this.plan.pidFile)) {
      if (!this.running) {
        await this.#lastWords();
        await this.dispose();
        const said = this.#said().trim();
        throw new RefusedError(`nbdkit ${this.#ended ?? 'ended'} at once${said === '' ? '' : `: ${said}`}`);
      }
      if (performance.now() > limitMs) {
        await this.dispose();
        throw new RefusedError(
          `nbdkit was not ready within ${READY_LIMIT_MS / 1000} s: ${this.#said().trim()}`,
        );
      }
      await sleep(READY_LOOK_MS);
    }
  }

  /** What it wrote before it ended may still be on its way. */
  #lastWords(): Promise<unknown> {
    const { stderr } = this.#child;
    if (stderr === null || stderr.readableEnded || stderr.destroyed) return Promise.resolve();
    return Promise.race([once(stderr, 'end'), sleep(LAST_WORDS_MS)]);
  }

  #said(): string {
    return new TextDecoder().decode(this.#stderr);
  }

  #endWords(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#stopping) return signal === 'SIGKILL' ? 'was killed, as it did not stop' : 'was stopped';
    if (signal !== null) return `was ended by ${signal}`;
    return code === 0 ? 'ended by itself' : `ended with exit code ${code}`;
  }
}
