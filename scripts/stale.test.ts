import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BUILT_STAMP, isBuildStale } from './stale.ts';

let root: string;

/** Writes a file whose time is `seconds` after the first of the test. */
function write(path: string, seconds: number): void {
  writeFileSync(join(root, path), '');
  utimesSync(join(root, path), seconds, seconds);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nbdscope-stale-'));
  mkdirSync(join(root, 'dist'));
  mkdirSync(join(root, 'engine/log'), { recursive: true });
  write('engine/log/tail.ts', 100);
  write('engine/log/tail.test.ts', 100);
  utimesSync(join(root, 'engine/log'), 100, 100);
  utimesSync(join(root, 'engine'), 100, 100);
  write(`dist/${BUILT_STAMP}`, 200);
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

it('what was built after its sources is not stale, even when a test or a README is newer', () => {
  write('engine/log/tail.test.ts', 300);
  write('engine/README.md', 300);
  utimesSync(join(root, 'engine'), 100, 100);
  expect(isBuildStale(root)).toBe(false);
});

it('a newer source, a file added or removed, or other packages make it stale', () => {
  write('engine/log/tail.ts', 300);
  expect(isBuildStale(root)).toBe(true);
  write('engine/log/tail.ts', 100);
  utimesSync(join(root, 'engine/log'), 300, 300);
  expect(isBuildStale(root)).toBe(true);
  utimesSync(join(root, 'engine/log'), 100, 100);
  write('package-lock.json', 300);
  expect(isBuildStale(root)).toBe(true);
});

it('nothing built, or a build broken off, is stale', () => {
  rmSync(join(root, 'dist', BUILT_STAMP));
  expect(isBuildStale(root)).toBe(true);
});
