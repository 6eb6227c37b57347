import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Command } from '#shared/contract/commands.ts';
import type { HostInfo } from '#shared/contract/messages.ts';
import type { HostTls } from '#shared/contract/tls.ts';
import { parseHost } from './cli/host-arguments.ts';
import { DiskHost } from './nbd/disk-host.ts';
import { peer, runPeer } from './nbd/testing/peers.ts';
import { Pki } from './nbd/testing/pki.ts';
import { TestEngine } from './testing/test-engine.ts';

const pki = new Pki();
afterAll(() => pki.remove());

const CERTIFICATES: HostTls = { mode: 'require', kind: 'certificates', path: pki.server, verifyPeer: false };
const KEYS: HostTls = { mode: 'require', kind: 'psk', path: pki.pskFile, verifyPeer: false };

const disk = (tls: HostTls): Extract<Command, { command: 'hostDisk' }> => ({
  command: 'hostDisk',
  size: '1M',
  exportName: 'class',
  parameters: [],
  readOnly: false,
  tcpPort: null,
  tls,
});
const set = (tls: HostTls): Extract<Command, { command: 'hostSet' }> => ({
  command: 'hostSet',
  count: 2,
  size: '1M',
  parameters: [],
  tcp: true,
  tls,
});

/** What `nbdscope host` would host with these options. */
async function startedAs(...options: readonly string[]): Promise<DiskHost> {
  const command = parseHost([...options, 'memory', '1M']);
  if (command.kind !== 'host') throw new Error(command.text);
  return DiskHost.start(command);
}

const hosts = (test: TestEngine): HostInfo[] =>
  (test.session?.sources ?? []).flatMap(({ host }) => (host === null ? [] : [host]));

describe('a window that hosts with TLS', () => {
  it.each([
    ['certificates', CERTIFICATES],
    ['keys shared beforehand', KEYS],
  ])(
    'lets in clients that encrypt, by %s, tells of those that do not, and lets its own run',
    async (_by, tls) => {
      await using test = new TestEngine();
      test.send(disk(tls));
      await test.until(() => hosts(test).length === 1);
      const [host] = hosts(test);
      expect(host?.tls).toEqual({ mode: 'require', kind: tls.kind });
      expect(await peer('nbdinfo', host?.uri ?? '')).toContain('with TLS');
      const plain = `nbd+unix:///class?socket=${host?.socketPath}`;
      expect((await runPeer('nbdinfo', [plain])).stderr).toContain('Operation not supported');
      await test.until(() => test.session?.notices.some(({ text }) => text.includes('did not encrypt')));
      const source = test.session?.sources[0]?.id ?? -1;
      test.send({ command: 'runWorkload', source, workload: 'sequential-write' });
      await test.until(() => hosts(test)[0]?.changed);
    },
  );

  it('lets in a set only clients with a certificate of the same authority, where that is asked for', async () => {
    await using test = new TestEngine();
    test.send(set({ ...CERTIFICATES, verifyPeer: true }));
    await test.until(() => hosts(test).length === 2);
    for (const { uri } of hosts(test)) {
      expect(uri).toMatch(/^nbds:/);
      expect(await peer('nbdinfo', `${uri}?tls-certificates=${pki.client}`)).toContain('with TLS');
      expect((await runPeer('nbdinfo', [`${uri}?tls-certificates=${pki.anonymous}`])).code).not.toBe(0);
    }
  });

  it('lets clients do without where they only may encrypt', async () => {
    await using test = new TestEngine();
    test.send(disk({ ...KEYS, mode: 'on' }));
    await test.until(() => hosts(test).length === 1);
    const uri = hosts(test)[0]?.uri ?? '';
    expect(await peer('nbdinfo', uri)).toContain('without TLS');
    const secure = uri.replace('nbd+unix://', 'nbds+unix://alice@');
    expect(await peer('nbdinfo', `${secure}&tls-psk-file=${pki.pskFile}`)).toContain('with TLS');
    expect(test.session?.notices).toEqual([]);
  });

  it('is told what will not do in the words of the command line, and hosts nothing', async () => {
    await using test = new TestEngine();
    const path = join(pki.directory, 'nowhere');
    const wrong: readonly [HostTls, string, string][] = [
      [
        { ...CERTIFICATES, path },
        `--tls-certificates=${path}`,
        `--tls-certificates: there is no directory ${path}`,
      ],
      [
        { ...CERTIFICATES, path: pki.client },
        `--tls-certificates=${pki.client}`,
        `--tls-certificates: there is no file ${pki.client}/server-cert.pem`,
      ],
      [{ ...KEYS, path }, `--tls-psk=${path}`, `--tls-psk: there is no file ${path}`],
    ];
    for (const [tls, option, words] of wrong) {
      await expect(startedAs('--tls=require', option)).rejects.toThrow(words);
      test.send(disk(tls));
      expect(await test.refusal()).toBe(words);
      test.send(set(tls));
      expect(await test.refusal()).toBe(words);
    }
    const unfit = '--tls-verify-peer goes with --tls-certificates=DIR';
    await expect(startedAs(`--tls-psk=${KEYS.path}`, '--tls-verify-peer')).rejects.toThrow(unfit);
    test.send(disk({ ...KEYS, verifyPeer: true }));
    expect(await test.refusal()).toBe(unfit);
    expect(hosts(test)).toEqual([]);
  });

  it('is refused a mode, a kind or a path that there is not', async () => {
    await using test = new TestEngine();
    const odd: readonly unknown[] = [
      { ...CERTIFICATES, mode: 'off' },
      { ...CERTIFICATES, kind: 'password' },
      { ...CERTIFICATES, path: '' },
      { ...CERTIFICATES, more: 1 },
    ];
    for (const tls of odd) {
      test.sendAny({ ...disk(CERTIFICATES), tls });
      expect(await test.refusal()).toMatch(/^tls\./);
    }
    expect(hosts(test)).toEqual([]);
  });
});
