import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findElectron } from './electron-runtime.ts';

let root: string;
let packageDir: string;
let said: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nbdscope-runtime-'));
  packageDir = join(root, 'node_modules/electron');
  mkdirSync(packageDir, { recursive: true });
  said = [];
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

const find = (fetchElectron: boolean, limitMs = 60_000) =>
  findElectron({ root, stateDir: join(root, 'state'), fetchElectron }, (text) => said.push(text), limitMs);

const installer = (script: string) => writeFileSync(join(packageDir, 'install.js'), script);

describe('the Electron runtime', () => {
  it('is found where its installer has put it', async () => {
    mkdirSync(join(packageDir, 'dist'));
    writeFileSync(join(packageDir, 'dist/electron'), '');
    writeFileSync(join(packageDir, 'path.txt'), 'electron');
    expect(await find(false)).toEqual({ executable: join(packageDir, 'dist/electron') });
  });

  it('is fetched only when that is allowed, and this is said', async () => {
    installer(`
      const fs = require('fs');
      fs.mkdirSync(__dirname + '/dist');
      fs.writeFileSync(__dirname + '/dist/electron', '');
      fs.writeFileSync(__dirname + '/path.txt', 'electron');`);
    expect(await find(false)).toEqual({ missing: 'the Electron runtime is not installed' });
    expect(said).toEqual([]);
    expect(await find(true)).toEqual({ executable: join(packageDir, 'dist/electron') });
    expect(said).toEqual(['fetching the Electron runtime, for at most 60 s ...']);
  });

  it('is not fetched again within a day of a failure, so that later starts are quick', async () => {
    installer('console.error("no route"); process.exit(1);');
    expect(await find(true)).toEqual({ missing: 'the Electron runtime could not be fetched (no route)' });
    const again = await find(true);
    expect(again).toEqual({ missing: expect.stringContaining('tried within a day') });
    expect(said).toHaveLength(1);

    const note = join(root, 'state/electron-fetch-failed');
    const dayBefore = Date.now() / 1000 - 25 * 3600;
    utimesSync(note, dayBefore, dayBefore);
    await find(true);
    expect(said).toHaveLength(2);
    expect(existsSync(note)).toBe(true);
  });

  it('is waited for no longer than the limit', async () => {
    installer('setInterval(() => {}, 1000);');
    expect(await find(true, 300)).toEqual({
      missing: 'the Electron runtime could not be fetched (it took too long)',
    });
  });
});
