import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** The built command, running with a state folder of its own. */
export interface RunningApp {
  /** The address to open, once: it carries the token. */
  readonly url: string;
  /** A folder for the test's own files, removed with the app. */
  readonly folder: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** A new folder under the system's temporary one. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'nbdscope-e2e-'));
}

/** Starts `nbdscope --no-open ARGS`; rejects when it prints no address within 20 s. */
export async function startApp(args: readonly string[], folder = temporaryFolder()): Promise<RunningApp> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/nbdscope.mjs'), '--browser', '--no-open', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') },
  });
  const url = await new Promise<string>((done, fail) => {
    let printed = '';
    const timer = setTimeout(
      () => fail(new Error(`nbdscope printed no address in 20 s: ${printed}`)),
      20_000,
    );
    child.once('exit', (code) => fail(new Error(`nbdscope ended with ${code}: ${printed}`)));
    child.stdout.on('data', (text: Buffer) => {
      printed += text.toString();
      const found = /http:\/\/\S+/.exec(printed);
      if (found === null) return;
      clearTimeout(timer);
      done(found[0]);
    });
  });
  return {
    url,
    folder,
    process: child,
    stop: async () => {
      if (child.exitCode === null) {
        const ended = new Promise((done) => child.once('exit', done));
        child.kill('SIGTERM');
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where a recording of assets/recordings lies. */
export function recording(name: string): string {
  return join(ROOT, 'assets/recordings', name);
}
