import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseArguments } from '#engine/cli/arguments.ts';

const ROOT = resolve(import.meta.dirname, '..');
const GUIDE = readFileSync(resolve(ROOT, 'docs/guide.md'), 'utf8');
const blocks = (kind: string): string[] =>
  [...GUIDE.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, 'gms'))].map(([, code = '']) => code);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-guide-'));
  mkdirSync(join(folder, 'bin'));
  const command = join(folder, 'bin/nbdscope');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${ROOT}/bin/nbdscope.mjs' "$@"\n`);
  chmodSync(command, 0o755);
  symlinkSync(join(ROOT, 'assets'), join(folder, 'assets'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function shell(code: string): string {
  return execFileSync('sh', ['-euc', code], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 100_000,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, XDG_STATE_HOME: folder, PATH: `${folder}/bin:/usr/sbin:${process.env['PATH']}` },
  });
}

describe('docs/guide.md', () => {
  it('has commands that do what it says, one after another', () => {
    const said = blocks('sh').map(shell);
    expect(said).toHaveLength(6);
    expect(said[0]).toMatch(/zero +\d+ +6\d\.\d MiB/);
    expect(said[1]).toContain('export "disk1"');
    expect(said[2]?.trim().split('\n')).toHaveLength(3);
    expect(said[2]).toMatch(/^ +\d+ 2026-11-20T22:2\d:\d\d$/m);
    expect(readFileSync(join(folder, 'words.txt'), 'utf8')).toContain('+12.5 A partition table\n');
    expect(readFileSync(join(folder, 'report.csv'), 'utf8').split('\n').length).toBeGreaterThan(50);
    expect(said[5]).toContain('wrote 1048576/1048576 bytes');
  });

  it('has commands for windows that the command line understands', () => {
    const lines = blocks('console').flatMap((block) => block.trim().split('\n'));
    const own = lines.filter((line) => line.startsWith('$ nbdscope '));
    expect(own.length).toBeGreaterThan(8);
    for (const line of own) {
      const words = line.replace('$ nbdscope ', '').split(' ');
      const command = parseArguments(words, { version: '0', exists: (path) => !/^\d+M$/.test(path) });
      expect(command.kind, line).toMatch(/^(window|host|render)$/);
    }
  });

  it('names keys, pictures and pages that are there', () => {
    const paths = [...GUIDE.matchAll(/\]\(([\w/.-]+\.\w+)\)/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !existsSync(resolve(ROOT, 'docs', path)))).toEqual([]);
    const keys = readFileSync(resolve(ROOT, 'docs/keys.md'), 'utf8');
    for (const [, key = ''] of GUIDE.matchAll(/`((?:Shift|Alt)\+[A-Z]|[A-Z]|F\d)`/g))
      expect(keys, key).toContain(`\`${key}\``);
  });
});
