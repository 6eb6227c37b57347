import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunningCommand } from '../testing/running-command.ts';
import { formatFindings } from './format-findings.ts';
import { installAdvice, packageSystem } from './packages.ts';
import { findPlace } from './places.ts';
import { versionIn } from './programs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-doctor-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const Report = v.object({
  groups: v.array(
    v.object({
      title: v.string(),
      findings: v.array(
        v.object({
          what: v.string(),
          state: v.string(),
          found: v.string(),
          advice: v.nullable(v.string()),
        }),
      ),
    }),
  ),
});

async function doctor(env: Readonly<Record<string, string>>) {
  const places = { NBDSCOPE_STATE_DIR: join(folder, 'state'), NBDSCOPE_CACHE_DIR: join(folder, 'cache') };
  await using command = new RunningCommand(['doctor', '--json'], { ...places, ...env });
  const { code, stdout } = await command.ended;
  const { groups } = v.parse(Report, JSON.parse(stdout));
  const findings = new Map(groups.flatMap((group) => group.findings.map((one) => [one.what, one] as const)));
  return { code, findings };
}

describe('nbdscope doctor', () => {
  it('finds the programs that are here, with the versions that they tell', async () => {
    const { code, findings } = await doctor({});
    const nbdkit = execFileSync('nbdkit', ['--version'], { encoding: 'utf8' });
    expect(nbdkit).toContain(`nbdkit ${findings.get('nbdkit')?.found} `.trim());
    const qemu = execFileSync('qemu-img', ['--version'], { encoding: 'utf8' });
    expect(qemu).toContain(`version ${findings.get('qemu-img')?.found}`);
    expect(findings.get('TLS with shared keys')?.state).toBe('there');
    expect(code).toBe(0);
  });

  it('says how to get what is missing, which is no failure', async () => {
    const { code, findings } = await doctor({ PATH: folder });
    expect(findings.get('nbdkit')).toMatchObject({ state: 'missing', found: 'not on the path' });
    expect(findings.get('nbdkit')?.advice).toMatch(/nbdkit/);
    expect(findings.get('browser')).toMatchObject({ state: 'missing', found: 'no Chromium, Chrome or Edge' });
    expect(code).toBe(0);
  });

  it('fails where a folder that it needs cannot be had', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, findings } = await doctor({ NBDSCOPE_CACHE_DIR: join(folder, 'file/cache') });
    expect(findings.get('history')?.found).toContain('cannot be written');
    expect(findings.get('history')?.advice).toContain('NBDSCOPE_CACHE_DIR');
    expect(code).toBe(1);
  });
});

it('knows how packages are installed', () => {
  const debian = packageSystem('linux', () => 'NAME="Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n');
  const names = { debian: 'libnbd-bin', fedora: 'libnbd', homebrew: null };
  expect(installAdvice(names, debian)).toBe('sudo apt-get install libnbd-bin');
  expect(
    installAdvice(
      names,
      packageSystem('linux', () => 'ID="centos"\n'),
    ),
  ).toBe('sudo dnf install libnbd');
  expect(installAdvice(names, packageSystem('darwin'))).toContain('not in Homebrew');
  expect(packageSystem('linux', () => 'ID=arch\n')).toBeNull();
});

it('reads versions from what programs say of themselves', () => {
  expect(versionIn('nbdkit 1.32.5 (nbdkit-1.32.5-1)')).toBe('1.32.5');
  expect(versionIn('qemu-img version 7.2.22 (Debian 1:7.2+dfsg-7)')).toBe('7.2.22');
  expect(versionIn('This is nbd-client, from nbd 3.24\n')).toBe('3.24');
  expect(versionIn('no number in here')).toBeNull();
});

it('takes a folder without room, or with a name too long for a socket, for trouble', async () => {
  const place = { what: 'history', folder, use: 'the past' };
  expect(await findPlace({ ...place, roomBytes: 1 })).toMatchObject({ state: 'there', advice: null });
  expect(await findPlace({ ...place, roomBytes: Number.MAX_SAFE_INTEGER })).toMatchObject({
    state: 'trouble',
  });
  const long = join(folder, 'x'.repeat(80));
  expect(await findPlace({ what: 'sockets', folder: long, use: 'sockets', roomBytes: 1 })).toMatchObject({
    state: 'trouble',
    found: expect.stringContaining('too long'),
  });
});

it('prints a line for each finding, how to get what is missing, and what it comes to', () => {
  const there = { what: 'nbdkit', state: 'there', found: '1.32.5', use: 'logs', advice: null } as const;
  const gone = {
    what: 'mdadm',
    state: 'missing',
    found: 'not on the path',
    use: 'arrays',
    advice: 'get it',
  } as const;
  const text = formatFindings([{ title: 'Programs', findings: [there, gone] }]);
  expect(text).toBe(
    'Programs\n  ✓ nbdkit  1.32.5\n  - mdadm   not on the path; arrays\n            → get it\n\n' +
      'nbdscope works here; 1 missing that it does without (-).\n',
  );
  const bad = { ...gone, state: 'trouble' } as const;
  expect(formatFindings([{ title: 'Programs', findings: [there, bad] }])).toContain('1 to be put right');
});
