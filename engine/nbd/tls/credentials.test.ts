import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DiskHost } from '../disk-host.ts';
import { RequestError } from '../filters/parameters.ts';
import { peer } from '../testing/peers.ts';
import { Pki } from '../testing/pki.ts';
import { type CredentialFiles, readCredentials } from './credentials.ts';
import { TlsService } from './tls-service.ts';

const pki = new Pki();
afterAll(() => pki.remove());

function pskFile(text: string, mode = 0o600): CredentialFiles {
  const file = join(pki.directory, 'some.psk');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return { kind: 'psk', file };
}

/** The server's files, changed by `change`. */
function certificates(change: (directory: string) => void): CredentialFiles {
  const directory = join(pki.directory, 'changed');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  for (const name of ['ca-cert.pem', 'server-cert.pem', 'server-key.pem']) {
    copyFileSync(join(pki.server, name), join(directory, name));
  }
  change(directory);
  return { kind: 'certificates', directory, verifyPeer: false };
}

describe('credentials', () => {
  it('are read as nbdkit and psktool have them', async () => {
    const psk = await readCredentials(pskFile('# users\n\nalice:0aFF\r\nbob:11\n'));
    expect(psk.kind === 'psk' && [...psk.keys]).toEqual([
      ['alice', Buffer.from([0x0a, 0xff])],
      ['bob', Buffer.from([0x11])],
    ]);
    expect(await readCredentials(certificates(() => {}))).toMatchObject({ kind: 'x509', revoked: null });
  });

  it.each([
    ['nothing', '', 'holds no key; each line is USER:KEY'],
    ['a line without a colon', 'alice:00\nbob\n', 'line 2 is not USER:KEY, as in alice:0123456789abcdef'],
    ['a line without a user', ':00\n', 'line 1 is not USER:KEY'],
    [
      'no hexadecimal digits',
      'alice:secret\n',
      'line 1: the key of alice is not hexadecimal digits in pairs',
    ],
    ['half a byte', 'alice:123\n', 'not hexadecimal digits in pairs'],
    ['a user twice', 'alice:00\nalice:11\n', 'line 2: alice has a key already'],
  ])('refuse a file of keys with %s, and do not repeat the key', async (_name, text, message) => {
    const error: unknown = await readCredentials(pskFile(text)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RequestError);
    expect(String(error)).toContain(message);
    expect(String(error)).toContain(`--tls-psk: ${join(pki.directory, 'some.psk')}`);
    expect(String(error)).not.toContain('secret');
  });

  it('refuse secrets that anybody may use', async () => {
    await expect(readCredentials(pskFile('alice:00', 0o644))).rejects.toThrow('(mode 644)');
    const open = certificates((directory) => chmodSync(join(directory, 'server-key.pem'), 0o604));
    await expect(readCredentials(open)).rejects.toThrow('server-key.pem can be used by anybody');
  });

  it.each(['server-key.pem', 'ca-cert.pem'])('name %s when it is missing', async (name) => {
    const without = certificates((directory) => rmSync(join(directory, name)));
    const path = join(pki.directory, 'changed', name);
    await expect(readCredentials(without)).rejects.toThrow(`--tls-certificates: there is no file ${path}`);
  });

  it('name a directory that is a file, and a file that is a directory', async () => {
    const directory = join(pki.server, 'ca-cert.pem');
    await expect(readCredentials({ kind: 'certificates', directory, verifyPeer: false })).rejects.toThrow(
      `--tls-certificates: ${directory} is no directory`,
    );
    await expect(readCredentials({ kind: 'psk', file: pki.server })).rejects.toThrow(
      `--tls-psk: ${pki.server} is a directory`,
    );
  });

  it('name a file that holds something else', async () => {
    const swapped = certificates((directory) =>
      copyFileSync(join(directory, 'server-key.pem'), join(directory, 'server-cert.pem')),
    );
    await expect(readCredentials(swapped)).rejects.toThrow(
      'server-cert.pem holds no certificate in PEM format',
    );
    await expect(readCredentials({ kind: 'psk', file: '/nowhere/keys' })).rejects.toThrow(
      '--tls-psk: there is no file /nowhere/keys',
    );
  });

  it('are tried before anything is served: a key that is not the certificate’s is found out', async () => {
    const other = certificates((directory) =>
      copyFileSync(join(pki.client, 'client-key.pem'), join(directory, 'server-key.pem')),
    );
    await expect(TlsService.start(other)).rejects.toThrow('cannot do TLS with the certificates');
  });
});

describe('a hosted disk with TLS', () => {
  it('tells clients how to come, what it asks of them, and how they came', async () => {
    const host = await DiskHost.start({
      plugin: 'memory',
      filters: [],
      parameters: [['size', '1M']],
      addFilters: true,
      exportName: 'disk',
      address: { kind: 'unix' },
      tls: { mode: 'require', files: { kind: 'psk', file: pki.pskFile } },
    });
    try {
      expect(host.uri).toMatch(/^nbds\+unix:\/\/alice@\/disk\?socket=.*&tls-psk-file=.*keys\.psk$/);
      expect(host.info().tls).toEqual({ mode: 'require', kind: 'psk' });
      expect(await peer('nbdinfo', '--size', host.uri)).toBe('1048576\n');
      const script = `h.set_uri_allow_local_file(True); h.connect_uri("${host.uri}"); h.pread(1, 0); import time; time.sleep(0.5)`;
      const client = peer('nbdsh', '-c', script);
      await expect
        .poll(() => host.info().connections.flatMap(({ features }) => features))
        .toContain('TLS 1.3 (PSK user alice)');
      await client;
    } finally {
      await host.stop();
    }
  });

  it('lets its own client run workloads, which needs no credentials', async () => {
    const host = await DiskHost.start({
      plugin: 'memory',
      filters: [],
      parameters: [['size', '1M']],
      addFilters: true,
      exportName: '',
      address: { kind: 'tcp', port: 0 },
      tls: {
        mode: 'require',
        files: { kind: 'certificates', directory: pki.server, verifyPeer: true },
      },
    });
    try {
      expect(host.uri).toMatch(/^nbds:\/\/127\.0\.0\.1:\d+$/);
      await host.runWorkload('sequential-write');
      await expect.poll(() => host.info().changed).toBe(true);
      expect(host.info().connections).toMatchObject([{ builtIn: true }]);
      await host.stopWorkload();
    } finally {
      await host.stop();
    }
  });
});
