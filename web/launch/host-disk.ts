import type { HostCommand } from '#engine/cli/host-arguments.ts';
import { DiskHost } from '#engine/nbd/disk-host.ts';
import { RequestError } from '#engine/nbd/filters/parameters.ts';
import { onEndSignal } from './end-signals.ts';
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
  await new Promise<void>((end) => onEndSignal(end));
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
    return await DiskHost.start(command, command.verbose ? say : null);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return error instanceof RequestError ? 2 : 1;
  }
}

function say(text: string): void {
  process.stderr.write(`nbdscope: ${text}\n`);
}
