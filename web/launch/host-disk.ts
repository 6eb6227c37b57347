import { readFile } from 'node:fs/promises';
import type { HostCommand } from '#engine/cli/host-arguments.ts';
import { windowCommand } from '#engine/cli/window-options.ts';
import { lostWords } from '#engine/lost-words.ts';
import { DiskHost } from '#engine/nbd/disk-host.ts';
import { startDiskSet } from '#engine/nbd/disk-host-set.ts';
import { RequestError } from '#engine/nbd/filters/parameters.ts';
import { RefusedError } from '#engine/refused-error.ts';
import { formatBytes } from '#shared/bytes/size.ts';
import type { FaultRule } from '#shared/contract/faults.ts';
import { parseFaultFile } from '#shared/faults/fault-file.ts';
import { onEndSignal } from './end-signals.ts';
import { type LaunchContext, launchWindow } from './launch-window.ts';

/** Hosts a disk or a set, prints the addresses first, and shows them in a window or serves until interrupted. */
export async function hostDisk(command: HostCommand, context: LaunchContext): Promise<number> {
  const hosts = await start(command);
  if (typeof hosts === 'number') return hosts;
  process.stdout.write(hosts.map((host) => `${host.uri}\n`).join(''));
  const limitBytes = hosts[0]?.info().memoryLimitBytes ?? 0;
  if (hosts.length > 1)
    say(`${hosts.length} disks, which take ${formatBytes(limitBytes)} of memory at most together`);
  if (command.window) {
    const { browser, open, webPort, record } = command;
    const window = { ...windowCommand({ browser, open }), webPort, record };
    return launchWindow(window, { ...context, diskHosts: hosts });
  }
  // What a card would say of them.
  for (const warning of new Set(hosts.flatMap((host) => host.info().warnings))) say(warning);
  for (const host of hosts) host.source.start(NOBODY);
  await new Promise<void>((end) => {
    onEndSignal(end);
  });
  const lost = lostWords(hosts.flatMap((host) => (host.unsaved ? [host.source.name] : [])));
  if (lost !== null) say(lost);
  await Promise.all(hosts.map((host) => host.stop()));
  return 0;
}

/** Without a window nobody looks at the rows. */
const NOBODY = {
  rows: () => undefined,
  disk: () => {},
  progress: () => {},
  notice: ({ text }: { readonly text: string }) => say(text),
};

/** The hosts, or the exit code when they cannot be had. */
async function start(command: HostCommand): Promise<DiskHost[] | number> {
  const log = command.verbose ? say : null;
  try {
    const faultRules = command.faults === null ? [] : await readFaults(command.faults);
    const request = { ...command, faultRules };
    if (command.disks !== null) return await startDiskSet(request, command.disks, log);
    return [await DiskHost.start(request, log)];
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return error instanceof RequestError || error instanceof RefusedError ? 2 : 1;
  }
}

/** @throws RefusedError naming the file that cannot be read, or the place in it that will not do. */
async function readFaults(path: string): Promise<readonly FaultRule[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new RefusedError(`--faults ${path} cannot be read: ${whyUnread(error)}`);
  });
  const parsed = parseFaultFile(text);
  if ('error' in parsed) throw new RefusedError(`${path}: ${parsed.error}`);
  return parsed.file.rules;
}

function whyUnread(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  return error instanceof Error ? error.message : String(error);
}

function say(text: string): void {
  process.stderr.write(`nbdscope: ${text}\n`);
}
