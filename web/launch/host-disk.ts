import { readFile } from 'node:fs/promises';
import type { HostCommand } from '#engine/cli/host-arguments.ts';
import { DiskHost } from '#engine/nbd/disk-host.ts';
import { ParameterError } from '#engine/nbd/filters/parameters.ts';
import { RefusedError } from '#engine/refused-error.ts';
import type { FaultRule } from '#shared/contract/faults.ts';
import { parseFaultFile } from '#shared/faults/fault-file.ts';
import { type LaunchContext, launchWindow } from './launch-window.ts';

/** Hosts a disk, prints its address first, and shows it in a window or serves until interrupted. */
export async function hostDisk(command: HostCommand, context: LaunchContext): Promise<number> {
  const host = await start(command);
  if (typeof host === 'number') return host;
  process.stdout.write(`${host.uri}\n`);
  if (command.window) {
    const { browser, open, webPort } = command;
    const window = {
      kind: 'window',
      logs: [],
      stdin: false,
      sizeBytes: null,
      browser,
      open,
      webPort,
    } as const;
    return launchWindow(window, { ...context, diskHost: host });
  }
  host.source.start(NOBODY);
  await new Promise<void>((end) => {
    process.once('SIGINT', () => end()).once('SIGTERM', () => end());
  });
  await host.stop();
  return 0;
}

/** Without a window nobody looks at the rows. */
const NOBODY = {
  rows: () => undefined,
  disk: () => {},
  progress: () => {},
  notice: ({ text }: { readonly text: string }) => say(text),
};

/** The host, or the exit code when it cannot be had. */
async function start(command: HostCommand): Promise<DiskHost | number> {
  try {
    const faultRules = command.faults === null ? [] : await readFaults(command.faults);
    return await DiskHost.start({ ...command, faultRules }, command.verbose ? say : () => {});
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return error instanceof ParameterError || error instanceof RefusedError ? 2 : 1;
  }
}

/** @throws RefusedError naming the place in the file that will not do, or Error when it cannot be read. */
async function readFaults(path: string): Promise<readonly FaultRule[]> {
  const parsed = parseFaultFile(await readFile(path, 'utf8'));
  if ('error' in parsed) throw new RefusedError(`${path}: ${parsed.error}`);
  return parsed.file.rules;
}

function say(text: string): void {
  process.stderr.write(`nbdscope: ${text}\n`);
}
