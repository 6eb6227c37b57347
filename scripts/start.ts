import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run as build } from './build.ts';

type Cli = typeof import('../web/cli.ts');

const CLI = resolve(import.meta.dirname, '../dist/node/cli.js');

/** `npm start [-- LOG ...]`: builds what has changed, then opens the window in the best host there is. */
export async function run(args: readonly string[]): Promise<void> {
  await build(['--if-stale']);
  const cli: Cli = await import(pathToFileURL(CLI).href);
  await cli.runToExit(args, { fetchElectron: true });
}
