import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NBDKIT_PLUGINS, type NbdkitForm, NEW_NBDKIT, nbdkitLine } from './nbdkit-line.ts';

function lineOf(change: Partial<NbdkitForm>): string {
  const made = nbdkitLine({ ...NEW_NBDKIT, ...change });
  if ('errors' in made) throw new Error(JSON.stringify(made.errors));
  return made.line;
}

function errorsOf(change: Partial<NbdkitForm>) {
  const made = nbdkitLine({ ...NEW_NBDKIT, ...change });
  return 'errors' in made ? made.errors : {};
}

describe('the line for nbdkit', () => {
  it('has the log outside of the errors, so that the picture shows them', () => {
    expect(lineOf({ errorFile: '/tmp/error1' })).toBe(
      '--filter=log --filter=error --filter=delay memory size=64M error-rate=100% error-file=/tmp/error1 rdelay=40ms wdelay=40ms',
    );
  });

  it('leaves out the filters that are not asked for', () => {
    expect(lineOf({ delayMs: '0', readOnly: true })).toBe('-r --filter=log memory size=64M');
  });

  it('says at the field what is wrong', () => {
    expect(errorsOf({ size: '64Q' }).size).toMatch(/unknown size suffix "Q"/);
    expect(errorsOf({ plugin: 'file' }).path).toBeDefined();
    expect(errorsOf({ plugin: 'file', path: '/x', size: 'any' })).toEqual({});
    expect(errorsOf({ delayMs: 'long' }).delayMs).toMatch(/whole ms/);
    expect(errorsOf({ errorFile: 'error1' }).errorFile).toMatch(/whole path/);
  });

  it.each(NBDKIT_PLUGINS)('is one that a real nbdkit takes: %s', (plugin) => {
    const folder = mkdtempSync(join(tmpdir(), "nbdscope it's "));
    const file = join(folder, 'disk');
    writeFileSync(file, new Uint8Array(1 << 20));
    const line = lineOf({ plugin, size: '1M', path: file, errorFile: join(folder, 'error') });
    const script = `nbdkit -U - -f ${line} logfile=/dev/null --run 'nbdinfo --size "$uri"'`;
    const ran = spawnSync('sh', ['-c', script], { timeout: 60_000 });
    expect(ran.stderr.toString()).toBe('');
    expect(ran.stdout.toString().trim()).toBe('1048576');
    rmSync(folder, { recursive: true });
  });

  it('leaves the home directory to whoever reads the line', () => {
    const line = lineOf({ plugin: 'file', path: '~/my disks/one', delayMs: '0' });
    const script = `set -- ${line}; printf %s "$3"`;
    const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8', env: { HOME: '/home/me' } });
    expect(stdout).toBe('/home/me/my disks/one');
  });

  it('gives a path to the shell in one piece', () => {
    const line = lineOf({ plugin: 'file', path: "/tmp/it's a $disk" });
    const words = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`])
      .toString()
      .split('\0');
    expect(words).toContain("/tmp/it's a $disk");
  });
});
