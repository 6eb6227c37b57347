import { describe, expect, it } from 'vitest';
import type { WindowCommand } from '#engine/cli/arguments.ts';
import { chooseHost, mayOpen, type Surroundings, surroundings } from './choose-host.ts';

const command: WindowCommand = {
  kind: 'window',
  logs: [],
  set: null,
  captions: null,
  compare: null,
  stdin: false,
  sizeBytes: null,
  browser: false,
  open: true,
  images: [],
  record: null,
  webPort: null,
};
const desk: Surroundings = { platform: 'linux', root: false, display: true };

describe('the choice of a host', () => {
  it('is the desktop shell where there is a display and an ordinary user', () => {
    expect(chooseHost(command, desk)).toEqual({ host: 'electron' });
    expect(chooseHost(command, { platform: 'darwin', root: true, display: true })).toEqual({
      host: 'electron',
    });
  });

  it('is the browser when an option asks for it, and says which', () => {
    expect(chooseHost({ ...command, browser: true }, desk)).toEqual({
      host: 'web',
      why: '--browser asks for it',
      openWindow: { open: true },
    });
    expect(chooseHost({ ...command, webPort: 0 }, desk)).toMatchObject({ why: '--web-port asks for it' });
    expect(chooseHost({ ...command, open: false }, desk)).toMatchObject({
      why: '--no-open asks for an address',
      openWindow: { open: false },
    });
  });

  it('is the browser, opened by hand, without a display or as root', () => {
    expect(chooseHost(command, { ...desk, display: false })).toMatchObject({
      host: 'web',
      why: 'there is no display here',
      openWindow: { open: false, advice: expect.stringContaining('ssh -L PORT:127.0.0.1:PORT') },
    });
    expect(chooseHost(command, { ...desk, root: true })).toMatchObject({
      host: 'web',
      openWindow: { open: false, advice: expect.stringContaining('sandbox') },
    });
  });

  it('never asks for a browser without its sandbox', () => {
    expect(mayOpen(command, { ...desk, root: true }).open).toBe(false);
    expect(mayOpen({ ...command, browser: true }, { ...desk, root: true }).open).toBe(false);
  });
});

describe('the surroundings', () => {
  it('has a display on Linux when X or Wayland names one, elsewhere always', () => {
    expect(surroundings({}, 'linux', 1000).display).toBe(false);
    expect(surroundings({ DISPLAY: '' }, 'linux', 1000).display).toBe(false);
    expect(surroundings({ DISPLAY: ':0' }, 'linux', 1000).display).toBe(true);
    expect(surroundings({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', 1000).display).toBe(true);
    expect(surroundings({}, 'darwin', 501).display).toBe(true);
  });

  it('knows root by its number, which Windows has none of', () => {
    expect(surroundings({}, 'linux', 0).root).toBe(true);
    expect(surroundings({}, 'win32', null).root).toBe(false);
  });
});
