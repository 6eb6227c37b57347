import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RunningCommand } from '../../web/testing/running-command.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** The built command, running with a state folder of its own. */
export interface RunningApp {
  /** The address to open, once: it carries the token. */
  readonly url: string;
  /** A folder for the test's own files, removed with the app. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** A new folder under the system's temporary one. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'nbdscope-e2e-'));
}

/** Starts `nbdscope ARGS --no-open`; rejects when it ends without an address. */
export async function startApp(args: readonly string[], folder = temporaryFolder()): Promise<RunningApp> {
  const command = new RunningCommand([...args, '--browser', '--no-open'], {
    XDG_STATE_HOME: join(folder, 'state'),
  });
  const stop = async (): Promise<void> => {
    await command[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { url: await command.url(), folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where a recording of assets/recordings lies. */
export function recording(name: string): string {
  return join(ROOT, 'assets/recordings', name);
}
