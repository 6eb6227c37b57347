import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  askedTls,
  credentialProblem,
  isAboutCredentials,
  isTlsIncomplete,
  makingCommands,
  NO_TLS,
  type TlsForm,
} from './host-tls.ts';

const CERTIFICATES: TlsForm = { ...NO_TLS, mode: 'require', directory: ' /etc/pki ', verifyPeer: true };
const KEYS: TlsForm = { ...CERTIFICATES, mode: 'on', kind: 'psk', file: '/run/keys.psk' };

describe('what is asked of the engine', () => {
  it('is nothing while encryption is off, whatever was typed before', () => {
    expect(askedTls({ ...CERTIFICATES, mode: 'off' })).toEqual({});
    expect(isTlsIncomplete(NO_TLS)).toBe(false);
  });

  it('is the place of the credentials of the kind that is chosen', () => {
    expect(askedTls(CERTIFICATES)).toEqual({
      tls: { mode: 'require', kind: 'certificates', path: '/etc/pki', verifyPeer: true },
    });
    expect(askedTls(KEYS)).toEqual({
      tls: { mode: 'on', kind: 'psk', path: '/run/keys.psk', verifyPeer: false },
    });
  });

  it('waits for a place', () => {
    expect(isTlsIncomplete({ ...CERTIFICATES, directory: ' ' })).toBe(true);
    expect(isTlsIncomplete({ ...KEYS, directory: '' })).toBe(false);
    expect(isTlsIncomplete({ ...CERTIFICATES, kind: 'psk' })).toBe(true);
  });
});

describe('what is said of credentials', () => {
  it('stands at their own field, without what only a command line has', () => {
    const text = '--tls-certificates: there is no directory /x';
    expect(credentialProblem(text, 'certificates')).toBe('there is no directory /x');
    expect(credentialProblem(text, 'psk')).toBeNull();
    expect(credentialProblem(null, 'psk')).toBeNull();
    expect(
      credentialProblem(
        "this runtime's crypto library cannot do TLS with shared keys (--tls-psk): no cipher match",
        'psk',
      ),
    ).toBe("this runtime's crypto library cannot do TLS with shared keys: no cipher match");
  });

  it('is told from what is said of anything else', () => {
    expect(isAboutCredentials('--tls-psk: /x: line 1 is not USER:KEY')).toBe(true);
    expect(isAboutCredentials('tls-psk=/x: there is no such file')).toBe(false);
    expect(isAboutCredentials('size: "64Q"')).toBe(false);
  });
});

describe('the lines that make credentials', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nbdscope-making-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const line = (form: TlsForm, tool: string): string =>
    makingCommands(form).find((one) => one.tool === tool)?.command ?? '';
  const inFolder = { stdio: 'pipe' } as const;

  it('make what nbdkit expects, for the server and its clients, which nobody else may read', () => {
    const directory = join(folder, "it's my pki");
    const made = line({ ...CERTIFICATES, directory }, 'openssl');
    expect(execFileSync('sh', ['-c', made], inFolder).toString().trim()).toBe(directory);
    expect(readdirSync(directory).toSorted()).toEqual([
      'ca-cert.pem',
      'ca-key.pem',
      'client',
      'server-cert.pem',
      'server-key.pem',
    ]);
    expect(statSync(join(directory, 'server-key.pem')).mode & 0o077).toBe(0);
    for (const certificate of ['server-cert.pem', 'client/client-cert.pem']) {
      const authority = ['-CAfile', join(directory, 'ca-cert.pem')];
      execFileSync('openssl', ['verify', ...authority, join(directory, certificate)], inFolder);
    }
  });

  it('make a key for a user', () => {
    const file = join(folder, 'keys.psk');
    expect(
      execFileSync('sh', ['-c', line({ ...KEYS, file }, 'openssl')])
        .toString()
        .trim(),
    ).toBe(file);
    expect(readFileSync(file, 'utf8')).toMatch(/^alice:[0-9a-f]{64}\n$/);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('leave alone what is there already', () => {
    for (const form of [
      { ...CERTIFICATES, directory: join(folder, 'pki') },
      { ...KEYS, file: join(folder, 'keys.psk') },
    ]) {
      execFileSync('sh', ['-c', line(form, 'openssl')], inFolder);
      for (const { command } of makingCommands(form)) {
        const again = spawnSync('sh', ['-c', command]);
        expect(again.status).not.toBe(0);
        expect(again.stderr.toString()).toMatch(/exist/i);
      }
    }
  });

  it('read whole in a shell, and have a place of their own where none was typed', () => {
    mkdirSync(join(folder, 'work'));
    for (const form of [CERTIFICATES, KEYS, { ...CERTIFICATES, directory: '' }, { ...KEYS, file: '' }]) {
      const commands = makingCommands(form);
      expect(commands.map(({ tool }) => tool)).toEqual([
        form.kind === 'psk' ? 'psktool' : 'certtool',
        'openssl',
      ]);
      for (const { command } of commands) {
        expect(spawnSync('sh', ['-n', '-c', command]).status).toBe(0);
      }
    }
    const made = line({ ...KEYS, file: '' }, 'openssl');
    execFileSync('sh', ['-c', made], { cwd: join(folder, 'work'), stdio: 'pipe' });
    expect(readdirSync(join(folder, 'work'))).toEqual(['keys.psk']);
  });
});
