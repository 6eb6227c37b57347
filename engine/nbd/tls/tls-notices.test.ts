import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { DiskHost } from '../disk-host.ts';
import { Option, OptionReply } from '../protocol.ts';
import { peer, runPeer } from '../testing/peers.ts';
import { Pki } from '../testing/pki.ts';
import { Stage } from '../testing/served.ts';
import type { TlsRequest } from './tls-service.ts';

const pki = new Pki();
const hosts: DiskHost[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
});
afterAll(() => pki.remove());

/** A disk with TLS, the texts that windows are told of it, and a URI for clients that do not encrypt. */
async function hosted(tls: TlsRequest): Promise<{ host: DiskHost; told: string[]; plainUri: string }> {
  const host = await DiskHost.start({
    plugin: 'memory',
    filters: [],
    parameters: [['size', '1M']],
    addFilters: true,
    exportName: 'class',
    address: { kind: 'unix' },
    tls,
  });
  hosts.push(host);
  const told: string[] = [];
  host.source.start({
    rows: () => undefined,
    disk: () => {},
    progress: () => {},
    notice: ({ text }) => told.push(text),
  });
  return { host, told, plainUri: `nbd+unix:///class?socket=${host.address.socketPath}` };
}

const certificates = (mode: TlsRequest['mode'], verifyPeer = false): TlsRequest => ({
  mode,
  files: { kind: 'certificates', directory: pki.server, verifyPeer },
});

it.each([
  ['libnbd, which is told why and hangs up', (uri: string) => ['nbdinfo', uri]],
  ['qemu', (uri: string) => ['qemu-img', 'info', uri]],
  [
    'nbd-client, which asks for a list first',
    (uri: string) => ['nbd-client', '-l', '-unix', new URL(uri).searchParams.get('socket') ?? ''],
  ],
])('tells of a client that does not encrypt where it has to: %s', async (_name, command) => {
  const { told, plainUri } = await hosted(certificates('require'));
  const [program = '', ...args] = command(plainUri);
  expect((await runPeer(program, args)).code).not.toBe(0);
  await expect
    .poll(() => told)
    .toEqual([
      "A client of class (unix socket) was turned away: it did not encrypt, and TLS is required; the disk's card has the commands that do",
    ]);
});

it('says what went wrong where a client encrypts and is not let in', async () => {
  const { told, plainUri } = await hosted(certificates('require', true));
  const uri = plainUri.replace('nbd+unix', 'nbds+unix');
  expect((await runPeer('nbdinfo', [`${uri}&tls-certificates=${pki.anonymous}`])).code).not.toBe(0);
  await expect.poll(() => told.length).toBe(1);
  expect(told[0]).toContain('turned away, as encrypting failed: peer did not return a certificate');
});

it('says nothing of a client that asks in the clear first, and encrypts once it is told to', async () => {
  const { host, told, plainUri } = await hosted(certificates('require'));
  const stage = new Stage();
  const client = await stage.connect(host.address.socketPath ?? '');
  await client.greet();
  expect((await client.option(Option.StructuredReply)).at(-1)?.type).toBe(OptionReply.ErrTlsReqd);
  await client.startTls({ ca: readFileSync(join(pki.server, 'ca-cert.pem')), servername: 'localhost' });
  await client.option(Option.Abort);
  await client.readToEnd();
  await stage.end();
  await runPeer('nbdinfo', [plainUri]);
  await expect.poll(() => told).toEqual([expect.stringContaining('it did not encrypt')]);
});

it('says nothing of clients that are let in, encrypted or, where they may, not', async () => {
  const required = await hosted(certificates('require'));
  expect(await peer('nbdinfo', '--size', required.host.uri)).toBe('1048576\n');
  const allowed = await hosted({ mode: 'on', files: { kind: 'psk', file: pki.pskFile } });
  expect(await peer('nbdinfo', '--size', allowed.host.uri)).toBe('1048576\n');
  // Both have hung up by the time that they are told of one that was not let in.
  await runPeer('nbdinfo', [required.plainUri]);
  await expect.poll(() => required.told.length).toBe(1);
  expect(required.told[0]).toContain('it did not encrypt');
  expect(allowed.told).toEqual([]);
});
