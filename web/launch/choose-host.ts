import type { WindowCommand } from '#engine/cli/arguments.ts';

/** What there is to open a window with. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** Linux: an X or Wayland display is named. Elsewhere taken for granted. */
  readonly display: boolean;
}

export type Host =
  | { readonly host: 'electron' }
  | { readonly host: 'web'; readonly why: string; readonly openWindow: OpenWindow };

/** Whether the web host opens a window by itself, or why not and what the person can do. */
export type OpenWindow = { readonly open: true } | { readonly open: false; readonly advice: string };

export function surroundings(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  uid: number | null = process.getuid?.() ?? null,
): Surroundings {
  return {
    platform,
    root: uid === 0,
    display: platform !== 'linux' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']),
  };
}

/**
 * Picks the host before anything is started. Electron is possible unless something speaks against it; whether its
 * runtime is there is found out afterwards (electron-runtime.ts).
 */
export function chooseHost(command: WindowCommand, around: Surroundings): Host {
  const openWindow = mayOpen(command, around);
  const web = (why: string): Host => ({ host: 'web', why, openWindow });
  if (command.browser) return web('--browser asks for it');
  if (!command.open) return web('--no-open asks for an address');
  if (command.webPort !== null) return web('--web-port asks for it');
  if (!around.display) return web('there is no display here');
  if (around.root && around.platform === 'linux') {
    return web('the desktop shell keeps its sandbox, which root cannot have');
  }
  return { host: 'electron' };
}

/** Whether a browser can be opened here; also asked when the web host takes over from Electron. */
export function mayOpen(command: WindowCommand, around: Surroundings): OpenWindow {
  if (!command.open) return { open: false, advice: 'open this address in a browser on this machine' };
  if (!around.display) {
    return {
      open: false,
      advice:
        'there is no display here; open this address in a browser on this machine, or forward its port first ' +
        '(ssh -L PORT:127.0.0.1:PORT) and open it where you sit',
    };
  }
  if (around.root && around.platform === 'linux') {
    return {
      open: false,
      advice:
        'a browser that root starts has no sandbox, so none is started; open this address in a browser of your own ' +
        'user, or start nbdscope as that user',
    };
  }
  return { open: true };
}
