import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './app.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const START_MS = 60_000;
const run = promisify(execFile);

/** What a client program printed, and with which code it ended. */
export interface ClientOutcome {
  readonly code: number;
  readonly printed: string;
}

/** Runs qemu-io commands on the disk at that address. */
export async function qemuIo(uri: string, ...commands: readonly string[]): Promise<ClientOutcome> {
  const args = ['-f', 'raw', ...commands.flatMap((command) => ['-c', command]), uri];
  try {
    const { stdout, stderr } = await run('qemu-io', args, { timeout: 60_000 });
    return { code: 0, printed: stdout + stderr };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'number')) throw error;
    const printed = 'stdout' in error && 'stderr' in error ? `${error.stdout}${error.stderr}` : '';
    return { code: error.code, printed };
  }
}

/** `nbdscope host ARGS` of the built command, with a state and a runtime folder of its own. */
export class HostingCommand {
  readonly process: ChildProcess;
  /** Where it makes the private directories of its sockets. */
  readonly runtimeFolder: string;
  readonly #folder: string;
  #printed = '';
  #said = '';
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>;

  constructor(args: readonly string[]) {
    this.#folder = temporaryFolder();
    this.runtimeFolder = temporaryFolder();
    this.process = spawn(process.execPath, [join(ROOT, 'bin/nbdscope.mjs'), 'host', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        XDG_STATE_HOME: join(this.#folder, 'state'),
        XDG_RUNTIME_DIR: this.runtimeFolder,
      },
    });
    this.process.stdout?.on('data', (text: Buffer) => {
      this.#printed += text.toString();
    });
    this.process.stderr?.on('data', (text: Buffer) => {
      this.#said += text.toString();
    });
    this.ended = new Promise((done) => this.process.once('exit', (code) => done(code)));
  }

  /** The lines it has printed so far. */
  get lines(): readonly string[] {
    return this.#printed.split('\n').slice(0, -1);
  }

  /** What it has said on standard error so far, in lines. */
  get said(): readonly string[] {
    return this.#said.split('\n').slice(0, -1);
  }

  /** The disk's address, which it prints first. */
  uri(): Promise<string> {
    return this.#line(/^nbd\S+$/);
  }

  /** The window's address, which carries the token. */
  windowUrl(): Promise<string> {
    return this.#line(/^http:\S+$/);
  }

  /** Runs qemu-io commands on the disk. */
  async qemuIo(...commands: readonly string[]): Promise<ClientOutcome> {
    return qemuIo(await this.uri(), ...commands);
  }

  /** Ends it as a person would, and removes its folders. Returns its exit code. */
  async stop(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal);
    const code = await this.ended;
    rmSync(this.#folder, { recursive: true, force: true });
    return code;
  }

  async #line(what: RegExp): Promise<string> {
    const endMs = performance.now() + START_MS;
    for (;;) {
      const found = this.lines.find((line) => what.test(line));
      if (found !== undefined) return found;
      if (this.process.exitCode !== null || performance.now() > endMs) {
        throw new Error(`nbdscope host printed no ${what}: ${this.#printed}${this.#said}`);
      }
      await new Promise((wait) => setTimeout(wait, 20));
    }
  }
}
