import { expect, it } from 'vitest';
import { cacheDir } from './cache-dir.ts';

it("is where each system keeps a program's caches", () => {
  expect(cacheDir({}, 'linux', '/home/ann')).toBe('/home/ann/.cache/nbdscope');
  expect(cacheDir({ XDG_CACHE_HOME: '/cache' }, 'linux', '/home/ann')).toBe('/cache/nbdscope');
  expect(cacheDir({ XDG_CACHE_HOME: '' }, 'linux', '/home/ann')).toBe('/home/ann/.cache/nbdscope');
  expect(cacheDir({}, 'darwin', '/Users/ann')).toBe('/Users/ann/Library/Caches/nbdscope');
});

it('is elsewhere when NBDSCOPE_CACHE_DIR says so', () => {
  expect(cacheDir({ NBDSCOPE_CACHE_DIR: '/tmp/x' }, 'darwin', '/Users/ann')).toBe('/tmp/x');
});
