import { expect, it } from 'vitest';
import { stateDir } from './state-dir.ts';

it("is where each system keeps a program's state", () => {
  expect(stateDir({}, 'linux', '/home/ann')).toBe('/home/ann/.local/state/nbdscope');
  expect(stateDir({ XDG_STATE_HOME: '/state' }, 'linux', '/home/ann')).toBe('/state/nbdscope');
  expect(stateDir({ XDG_STATE_HOME: '' }, 'linux', '/home/ann')).toBe('/home/ann/.local/state/nbdscope');
  expect(stateDir({}, 'darwin', '/Users/ann')).toBe('/Users/ann/Library/Application Support/nbdscope');
  expect(stateDir({ LOCALAPPDATA: '/local' }, 'win32', '/Users/ann')).toBe('/local/nbdscope');
});

it('is elsewhere when NBDSCOPE_STATE_DIR says so', () => {
  expect(stateDir({ NBDSCOPE_STATE_DIR: '/tmp/x' }, 'darwin', '/Users/ann')).toBe('/tmp/x');
});
