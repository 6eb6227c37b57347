import { resolve } from 'node:path';
import type { WindowCommand } from '#engine/cli/arguments.ts';
import type { DiskHost } from '#engine/nbd/disk-host.ts';
import { chooseHost, mayOpen, type Surroundings, surroundings } from './choose-host.ts';
import { findElectron } from './electron-runtime.ts';
import { runElectron } from './run-electron.ts';
import { runWeb } from './run-web.ts';

export interface LaunchContext {
  /** The folder that holds package.json, dist/ and assets/. */
  readonly root: string;
  readonly version: string;
  readonly stateDir: string;
  readonly fetchElectron: boolean;
  /** Disks that this process hosts, to be shown instead of logs; they end with the window's host. */
  readonly diskHosts?: readonly DiskHost[];
}

/**
 * Shows the window in the best host there is and stays until it has ended; resolves to the exit code. Electron where
 * it can run, else (or when it fails before its window is up) the browser. Says in one line which, and why.
 */
export async function launchWindow(
  command: WindowCommand,
  context: LaunchContext,
  around: Surroundings = surroundings(),
): Promise<number> {
  const chosen = chooseHost(command, around);
  const web = (why: string) => {
    say(`in the browser, as ${why}`);
    return runWeb(command, mayOpen(command, around), {
      version: context.version,
      stateDir: context.stateDir,
      rendererDir: resolve(context.root, 'dist/renderer'),
      assetsDir: resolve(context.root, 'assets'),
      diskHosts: context.diskHosts ?? [],
    });
  };
  if (chosen.host === 'web') return web(chosen.why);
  if (context.diskHosts !== undefined) return web('this command itself hosts the disk');

  const electron = await findElectron(context, say);
  if ('missing' in electron) return web(electron.missing);
  say('in a desktop window, as the Electron runtime is here');
  const ended = await runElectron(electron.executable, command, context);
  return 'exitCode' in ended ? ended.exitCode : web(ended.failure);
}

function say(text: string): void {
  process.stderr.write(`nbdscope: ${text}\n`);
}
