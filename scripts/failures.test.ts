import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  listFailures,
  listSkips,
  playwrightFailures,
  playwrightSkips,
  vitestFailures,
  vitestSkips,
} from './failures.ts';
import { STRAY_ERRORS } from './stray-errors.ts';

const MODULES = resolve(import.meta.dirname, '../node_modules');

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nbdscope-failures-'));
  symlinkSync(MODULES, join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(file: string, text: string): void {
  mkdirSync(join(root, 'part'), { recursive: true });
  writeFileSync(join(root, 'part', file), text);
}

/** Runs a test runner of ours on the folder's files, and returns what its reports are found to say. */
function run(name: string, ...args: string[]): void {
  const { VITEST: _vitest, FORCE_COLOR: _color, ...env } = process.env;
  const ran = spawnSync(process.execPath, [join(MODULES, '.bin', name), ...args], { cwd: root, env });
  expect(ran.status, `${ran.stdout}${ran.stderr}`).toBe(1);
}

function runVitest(): ReturnType<typeof vitestFailures> {
  const report = join(root, 'vitest.json');
  const strays = `--reporter=${join(import.meta.dirname, 'stray-errors.ts')}`;
  run('vitest', 'run', '--root', root, '--reporter=json', strays, `--outputFile.json=${report}`);
  return vitestFailures(report, join(root, STRAY_ERRORS), root);
}

describe('what vitest reports', () => {
  it('is told by file, full title and message, and nothing of what passed', () => {
    write(
      'a.test.ts',
      `import { describe, expect, it } from 'vitest';
       describe('a disk', () => {
         it('holds its bytes', () => { expect('read').toBe('written'); });
         it('works', () => {});
         it.skip('is not asked', () => {});
         it('is not there', ({ task, skip }) => { task.meta.skippedAs = 'nobody has it'; skip(); });
       });`,
    );
    const failures = runVitest();
    expect(failures).toMatchObject([{ file: 'part/a.test.ts', title: 'a disk > holds its bytes' }]);
    const list = listFailures(failures);
    expect(list).toMatch(
      /^FAILED: part\/a\.test\.ts > a disk > holds its bytes\n {4}AssertionError: expected 'read'/,
    );
    expect(list).toContain('part/a.test.ts:3:');
    expect(list).not.toContain('node_modules');
    expect(listSkips(vitestSkips(join(root, 'vitest.json'), root))).toBe(
      'SKIPPED: part/a.test.ts > a disk > is not asked\n' +
        'SKIPPED: part/a.test.ts > a disk > is not there, as nobody has it\n',
    );
  });

  it('is told of what failed outside of tests: a rejection nobody handled, a hook, a module that does not load', () => {
    write(
      'hook.test.ts',
      `import { beforeAll, describe, it } from 'vitest';
       describe('a host', () => { beforeAll(() => { throw new Error('no host'); }); it('serves', () => {}); });`,
    );
    write('load.test.ts', `import './nowhere.ts';`);
    write(
      'stray.test.ts',
      `import { it } from 'vitest';
       it('leaves a promise', async () => {
         void Promise.reject(new Error('left alone'));
         await new Promise((wait) => setTimeout(wait, 50));
       });`,
    );
    const failures = runVitest();
    expect(failures.map(({ file, title }) => [file, title]).sort()).toEqual([
      ['part/hook.test.ts', ''],
      ['part/load.test.ts', ''],
      ['part/stray.test.ts', ''],
    ]);
    const list = listFailures(failures);
    for (const message of ['no host', 'nowhere.ts', 'left alone']) expect(list).toContain(message);
  });
});

describe('what Playwright reports', () => {
  it('is told by file, project, full title and message, also where the config lies deeper', () => {
    write(
      'a.spec.ts',
      `import { expect, test } from '@playwright/test';
       test.describe('a window', () => {
         test('shows the disk', () => { expect('sda').toBe('sdb'); });
         test('opens', () => {});
         test('is seen', () => { test.skip(true, 'nobody looks'); });
       });`,
    );
    write(
      'playwright.config.ts',
      `export default {
         reporter: [['json', { outputFile: '../playwright.json' }]], projects: [{ name: 'chromium' }],
       };`,
    );
    run('playwright', 'test', '--config', join(root, 'part/playwright.config.ts'));
    const failures = playwrightFailures(join(root, 'playwright.json'), root);
    expect(failures).toMatchObject([
      { file: 'part/a.spec.ts', title: '[chromium] > a window > shows the disk' },
    ]);
    expect(listFailures(failures)).toMatch(/Error: expect\(received\)\.toBe\(expected\).*"sdb"/s);
    expect(listSkips(playwrightSkips(join(root, 'playwright.json'), root))).toBe(
      'SKIPPED: part/a.spec.ts > [chromium] > a window > is seen, as nobody looks\n',
    );
  });

  it('is told of a test that passed at the second try, with what went wrong at the first', () => {
    write(
      'a.spec.ts',
      `import { expect, test } from '@playwright/test';
       test('opens', ({}, { retry }) => { expect('closed').toBe(retry > 0 ? 'closed' : 'open'); });
       test('stays', () => { expect('gone').toBe('there'); });`,
    );
    write(
      'playwright.config.ts',
      `export default { retries: 1, reporter: [['json', { outputFile: '../playwright.json' }]] };`,
    );
    run('playwright', 'test', '--config', join(root, 'part/playwright.config.ts'));
    const list = listFailures(playwrightFailures(join(root, 'playwright.json'), root));
    expect(list).toMatch(/^FAILED AT FIRST, then passed: part\/a\.spec\.ts > .*opens\n {4}Error: .*"open"/s);
    expect(list).toMatch(/^FAILED: part\/a\.spec\.ts > .*stays\n/m);
  });

  it('is told of what failed outside of tests', () => {
    write('a.spec.ts', `throw new Error('no tests in here');`);
    write(
      'playwright.config.ts',
      `export default { reporter: [['json', { outputFile: '../playwright.json' }]] };`,
    );
    run('playwright', 'test', '--config', join(root, 'part/playwright.config.ts'));
    const failures = playwrightFailures(join(root, 'playwright.json'), root);
    expect(listFailures(failures)).toMatch(/^FAILED: outside of any test\n {4}Error: no tests in here/);
  });
});

describe('a report', () => {
  it('that was never written, or broke off, tells of no test', () => {
    const broken = join(root, 'broken.json');
    writeFileSync(broken, '{"testResults":[{"na');
    expect(vitestFailures(join(root, 'none.json'), broken, root)).toEqual([]);
    expect(vitestFailures(broken, join(root, 'none.json'), root)).toEqual([]);
    expect(playwrightFailures(broken, root)).toEqual([]);
  });
});

describe('the list', () => {
  const failure = { file: 'a.test.ts', title: 'works', message: 'it did not' };

  it('cuts long messages, drops colours and leaves nothing empty', () => {
    const list = listFailures([{ ...failure, message: `\u001b[31mred\u001b[39m\n\n${'x'.repeat(5000)}` }]);
    expect(list).toBe(`FAILED: a.test.ts > works\n    red\n    ${'x'.repeat(596)}…\n`);
  });

  it('names twenty, and says how many more there are', () => {
    const list = listFailures(Array.from({ length: 23 }, (_, i) => ({ ...failure, title: `test ${i}` })));
    expect(list.match(/^FAILED: /gm)).toHaveLength(20);
    expect(list).toMatch(/> test 19\n {4}it did not\nand 3 more\n$/);
    expect(listFailures([failure])).toBe('FAILED: a.test.ts > works\n    it did not\n');
  });
});
