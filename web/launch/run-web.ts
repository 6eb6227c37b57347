import type { WindowCommand } from '#engine/cli/arguments.ts';
import { cacheDir } from '#engine/cli/cache-dir.ts';
import { Engine } from '#engine/engine.ts';
import { lostWords } from '#engine/lost-words.ts';
import type { DiskHost } from '#engine/nbd/disk-host.ts';
import { LastWindow } from '../last-window.ts';
import { WebHost } from '../web-host.ts';
import { findBrowsers } from './browsers.ts';
import type { OpenWindow } from './choose-host.ts';
import { onEndSignal } from './end-signals.ts';
import { openWindow } from './open-window.ts';

export interface WebContext {
  readonly version: string;
  readonly stateDir: string;
  readonly rendererDir: string;
  readonly assetsDir: string;
  /** Disks to show instead of logs. */
  readonly diskHosts: readonly DiskHost[];
}

/** Ending may wait for open files and sockets, but not longer than this. */
const END_LIMIT_MS = 3_000;

/** Serves the window on loopback, opens it, and stays until it is over; resolves to the exit code. */
export async function runWeb(command: WindowCommand, open: OpenWindow, context: WebContext): Promise<number> {
  const engine = new Engine({
    version: context.version,
    host: 'web',
    stateDir: context.stateDir,
    assetsDir: context.assetsDir,
    cacheDir: cacheDir(),
  });
  const host = await WebHost.listen({
    port: command.webPort ?? 0,
    rendererDir: context.rendererDir,
    attach: (channel) => engine.attach(channel),
  }).catch((error: NodeJS.ErrnoException) => error);
  if (host instanceof Error) {
    await Promise.all([engine.dispose(), ...context.diskHosts.map((disk) => disk.stop())]);
    process.stderr.write(`nbdscope: ${portError(host, command.webPort ?? 0)}\n`);
    return 1;
  }
  startSources(engine, command, context.diskHosts);

  const over = new Promise<number>((end) => {
    const lastWindow = new LastWindow({
      windowCount: () => host.windowCount,
      hosting: () => engine.hosting,
      end: () => end(0),
      stay: () => say(`still hosting; open ${host.mintUrl()} to see it again, press Ctrl-C to stop`),
    });
    host.onWindowsChanged = () => lastWindow.windowsChanged();
    host.onPageLoad = () => lastWindow.pageLoads();
    onEndSignal(() => end(0));
  });
  await show(host, open, context.stateDir);
  const code = await over;
  const lost = lostWords(engine.atStake.flatMap(({ unsaved, name }) => (unsaved ? [name] : [])));
  if (lost !== null) say(lost);
  await within(END_LIMIT_MS, Promise.allSettled([host.close(), engine.dispose()]));
  return code;
}

function startSources(engine: Engine, command: WindowCommand, diskHosts: readonly DiskHost[]): void {
  engine.structures.expectImages(command.images);
  const starts: Promise<void>[] = diskHosts.map((host) => engine.addHost(host));
  if (command.logs.length > 0) starts.push(engine.openLogs(command.logs, command.sizeBytes));
  if (command.set !== null) starts.push(engine.openSet(command.set));
  if (command.compare !== null) starts.push(engine.compare(command.compare));
  if (command.stdin) starts.push(engine.openStdin(process.stdin, command.sizeBytes));
  if (command.captions !== null) engine.captionFiles.add(command.captions);
  if (starts.length === 0) starts.push(engine.openSample());
  if (command.record !== null) starts.push(engine.record(command.record));
  for (const start of starts) start.catch((error: unknown) => say(String(error)));
}

/** Opens a browser on the window, or prints the address with what to do. The address alone stands on stdout. */
async function show(host: WebHost, open: OpenWindow, stateDir: string): Promise<void> {
  const url = host.mintUrl();
  if (!open.open) {
    say(`${open.advice.replaceAll('PORT', String(host.port))} (it works once; Ctrl-C stops):`);
    process.stdout.write(`${url}\n`);
    return;
  }
  const opened = await openWindow(url, stateDir, findBrowsers());
  if (opened.how !== null) say(`the window opens in ${opened.how}`);
  else say('no browser could be started');
  say('if no window comes, open this address (it works once; Ctrl-C stops):');
  process.stdout.write(`${host.mintUrl()}\n`);
}

function portError(error: NodeJS.ErrnoException, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `port ${port} is in use; give another with --web-port, or leave it out to get a free one`;
  }
  if (error.code === 'EACCES') return `port ${port} needs rights that you do not have; use one above 1023`;
  return `cannot listen on 127.0.0.1 port ${port}: ${error.message}`;
}

function within(limitMs: number, work: Promise<unknown>): Promise<unknown> {
  const limit = new Promise<void>((resolve) => setTimeout(resolve, limitMs).unref());
  return Promise.race([work, limit]);
}

function say(text: string): void {
  process.stderr.write(`nbdscope: ${text}\n`);
}
