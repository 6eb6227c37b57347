import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { NbdClient } from '../client/nbd-client.ts';
import { CONNECTION_LIMIT_BYTES } from '../flow-limits.ts';
import { Command, Option } from '../protocol.ts';
import { RECEIVE_BYTES } from '../receive-buffer.ts';
import type { ServerListener } from '../server.ts';
import { peer, runPeer } from '../testing/peers.ts';
import { Pki } from '../testing/pki.ts';
import { words } from '../testing/probe.ts';
import { goData, metaData, NoAnswer } from '../testing/raw-client.ts';
import { pause, type Served, type ServeOptions, Stage } from '../testing/served.ts';
import type { CredentialFiles } from './credentials.ts';
import { PSK_CIPHERS } from './tls-service.ts';

const pki = new Pki();
const stage = new Stage();
afterEach(() => stage.end());
afterAll(() => pki.remove());

/** What the server said of its clients, for the reasons they were cut off for. */
class Reasons implements ServerListener {
  readonly all: (string | null)[] = [];
  connectionsChanged(): void {}
  connectionRefused(): void {}
  connectionClosed(_connection: unknown, reason: string | null): void {
    this.all.push(reason);
  }
}

const CERTIFICATES: CredentialFiles = { kind: 'certificates', directory: pki.server, verifyPeer: false };
const VERIFIED: CredentialFiles = { ...CERTIFICATES, verifyPeer: true };
const PSK: CredentialFiles = { kind: 'psk', file: pki.pskFile };

const CA = readFileSync(join(pki.server, 'ca-cert.pem'));
const X509: ConnectionOptions = { ca: CA, servername: 'localhost' };

function pskOf(file: string, user: string): ConnectionOptions {
  const line =
    readFileSync(file, 'utf8')
      .split('\n')
      .find((text) => text.startsWith(`${user}:`)) ?? '';
  const psk = Buffer.from(line.slice(user.length + 1), 'hex');
  return {
    ciphers: PSK_CIPHERS,
    pskCallback: () => ({ identity: user, psk }),
    checkServerIdentity: () => undefined,
  };
}

/** The certificate of a client in `directory`. */
function own(directory: string): ConnectionOptions {
  return {
    ...X509,
    cert: readFileSync(join(directory, 'client-cert.pem')),
    key: readFileSync(join(directory, 'client-key.pem')),
  };
}

function secured(
  files: CredentialFiles,
  mode: 'on' | 'require' = 'require',
  options: ServeOptions = {},
): Promise<Served> {
  return stage.serve({ ...options, tls: { mode, files } });
}

/** A URI for libnbd. */
function x509Uri(served: Served, directory: string): string {
  return `nbds+unix:///?socket=${served.socket}&tls-certificates=${directory}`;
}

function pskUri(served: Served, user: string, file: string): string {
  return `nbds+unix://${user}@/?socket=${served.socket}&tls-psk-file=${file}`;
}

async function tcpPort(served: Served): Promise<number> {
  return Number((await served.server.listen({ kind: 'tcp', port: 0 })).split(':').at(-1));
}

/** Whether a client that enters with these credentials can read. */
async function canRead(served: Served, tls: ConnectionOptions): Promise<string> {
  const client = await stage.connect(served.socket);
  try {
    await client.enter({ tls });
    return `${(await client.readDisk(0n, 512)).length} bytes`;
  } catch (error) {
    return error instanceof NoAnswer ? error.kind : 'TLS failed';
  }
}

describe.each([['in the clear'], ['under TLS']])('a client that says goodbye %s', (how) => {
  it('and goes on sending gets its replies, and keeps nobody else from theirs', async () => {
    const served = await secured(CERTIFICATES, 'on', { parameters: [['delay-cache', '300ms']] });
    const client = await stage.connect(served.socket);
    await client.enter(how === 'under TLS' ? { tls: X509 } : {});
    const cached = client.send(Command.Cache, { length: 4096 });
    client.send(Command.Disconnect);
    client.write(Buffer.alloc(3 * RECEIVE_BYTES, 0x25));
    const other = await stage.client(served.socket);
    await pause(50);
    expect(await other.readDisk(0n, 512)).toHaveLength(512);
    const reply = await client.reply();
    expect(reply).toMatchObject([{ cookie: cached, errno: 0 }]);
  });
});

describe('a client that is gone before TLS has said its last word to it', () => {
  it.each([
    ['and says goodbye', [Command.Disconnect]],
    ['in the midst of its requests', []],
  ])('%s, is noticed', async (_how, last) => {
    const served = await secured(CERTIFICATES);
    for (let i = 0; i < 5; i += 1) {
      const client = await stage.connect(served.socket);
      await client.greet();
      await client.startTls(X509);
      client.sendOption(Option.Go, goData(''));
      for (const command of [Command.Read, ...last]) client.send(command, { length: 512 });
      client.write(Buffer.alloc(20_000, 0x25));
      client.close();
    }
    await expect.poll(() => served.server.connections, { timeout: 20_000 }).toEqual([]);
  });
});

describe('clients of others under TLS', () => {
  it('nbdinfo by certificate and by key', async () => {
    const byCertificate = await secured(CERTIFICATES);
    const told = JSON.parse(await peer('nbdinfo', '--json', x509Uri(byCertificate, pki.anonymous))) as object;
    expect(told).toMatchObject({ protocol: 'newstyle-fixed', TLS: true, structured: true });
    const byKey = await secured(PSK);
    expect(await peer('nbdinfo', pskUri(byKey, 'alice', pki.pskFile))).toContain('with TLS');
  });

  it('qemu-img by certificate and by key', async () => {
    const where = async (served: Served): Promise<string> =>
      `driver=nbd,host=localhost,port=${await tcpPort(served)},tls-creds=creds`;
    const certificate = `tls-creds-x509,id=creds,endpoint=client,dir=${pki.client}`;
    const byCertificate = await where(await secured(VERIFIED));
    const first = await peer('qemu-img', 'info', '--object', certificate, '--image-opts', byCertificate);
    expect(first).toContain('64 MiB');
    const key = `tls-creds-psk,id=creds,endpoint=client,username=alice,dir=${pki.psk}`;
    const second = await peer(
      'qemu-img',
      'info',
      '--object',
      key,
      '--image-opts',
      await where(await secured(PSK)),
    );
    expect(second).toContain('64 MiB');
  });

  it('several copies at once keep every byte', async () => {
    const served = await secured(CERTIFICATES);
    const uri = x509Uri(served, pki.anonymous);
    const image = join(pki.directory, 'image');
    const pieces = Array.from({ length: 16 }, (_none, i) => Buffer.alloc(1 << 20, `${i}${Math.PI * i}`));
    writeFileSync(image, Buffer.concat(pieces));
    truncateSync(image, 64 << 20);
    await peer('nbdcopy', image, uri);
    const copies = [1, 2, 3].map((i) => join(pki.directory, `copy${i}`));
    await Promise.all(copies.map((copy) => peer('nbdcopy', uri, copy)));
    for (const copy of copies) expect(readFileSync(copy).equals(readFileSync(image))).toBe(true);
    for (const file of [image, ...copies]) rmSync(file);
  });

  it('refuses libnbd without TLS, with a wrong key and with an unknown user', async () => {
    const served = await secured(PSK);
    const attempts = [`nbd+unix:///?socket=${served.socket}`, pskUri(served, 'alice', pki.wrongPskFile)];
    for (const uri of attempts) expect((await runPeer('nbdinfo', [uri])).code, uri).not.toBe(0);
    await expect.poll(() => served.server.connections).toEqual([]);
  });
});

describe('modes', () => {
  it('required: every option but STARTTLS and ABORT is refused, and framing is kept', async () => {
    const served = await secured(CERTIFICATES);
    const client = await stage.connect(served.socket);
    await client.greet();
    const meta = metaData('', ['base:allocation']);
    const asked: readonly [number, Buffer?][] = [
      [Option.List],
      [Option.Info, goData('')],
      [Option.Go, goData('')],
      [Option.StructuredReply],
      [Option.ExtendedHeaders],
      [Option.ListMetaContext, meta],
      [Option.SetMetaContext, meta],
      [0x7654321, Buffer.alloc(10)],
      [0x7654321, Buffer.alloc(100_000)],
    ];
    for (const [option, data] of asked) {
      expect(words(await client.option(option, data)), `option ${option}`).toBe('ERR_TLS_REQD');
    }
    expect(words(await client.option(Option.StartTls, Buffer.alloc(1)))).toBe('ERR_INVALID');
    expect(words(await client.option(Option.Abort))).toBe('ACK');
    const another = await stage.connect(served.socket);
    await another.greet();
    another.sendOption(Option.ExportName, Buffer.alloc(0));
    expect(await another.readToEnd()).toBe(0);
  });

  it('allowed: with TLS and without', async () => {
    const served = await secured(CERTIFICATES, 'on');
    const plain = await stage.client(served.socket);
    expect((await plain.readDisk(0n, 10)).length).toBe(10);
    expect(await canRead(served, X509)).toBe('512 bytes');
    expect(served.server.connections.map(({ tls }) => tls)).toEqual([null, 'TLS 1.3 (X.509)']);
  });

  it('off: STARTTLS is refused', async () => {
    const served = await stage.serve();
    const client = await stage.connect(served.socket);
    await client.greet();
    expect(words(await client.option(Option.StartTls))).toBe('ERR_POLICY');
  });

  it('a second STARTTLS is refused, and the connection goes on', async () => {
    const served = await secured(PSK, 'require');
    const client = await stage.connect(served.socket);
    await client.greet();
    await client.startTls(pskOf(pki.pskFile, 'alice'));
    expect(words(await client.option(Option.StartTls))).toBe('ERR_INVALID');
    expect(words(await client.option(Option.List))).toBe('SERVER ACK');
    expect(served.server.connections[0]?.tls).toBe('TLS 1.3 (PSK user alice)');
  });

  it('serves clients of this process on a socket of their own without TLS', async () => {
    const served = await secured(CERTIFICATES);
    const uri = await served.server.listenForOurselves();
    const client = await stage.client(decodeURIComponent(uri.split('socket=')[1] ?? ''));
    expect((await client.readDisk(0n, 10)).length).toBe(10);
  });
});

describe('what came before TLS', () => {
  it('is forgotten: structured replies, extended headers and contexts have to be asked for anew (CVE-2021-3716)', async () => {
    const served = await secured(CERTIFICATES, 'on');
    const client = await stage.connect(served.socket);
    await client.greet();
    await client.option(Option.ExtendedHeaders);
    await client.option(Option.SetMetaContext, metaData('', ['base:allocation']));
    await client.startTls(X509);
    expect(words(await client.option(Option.SetMetaContext, metaData('', ['base:allocation'])))).toBe(
      'ERR_INVALID',
    );
    expect(words(await client.option(Option.Go, goData('')))).toBe('INFO EXPORT ACK');
    expect(served.server.connections[0]?.negotiated).toMatchObject({
      structuredReplies: false,
      extendedHeaders: false,
      allocation: false,
    });
    const [answer] = await client.request(Command.Read, { length: 4 });
    expect(answer?.structured).toBe(false);
  });

  it('is thrown away where it was sent with STARTTLS: nobody can slip in an option', async () => {
    const served = await secured(CERTIFICATES, 'on');
    const client = await stage.connect(served.socket);
    await client.greet();
    const startTls = Buffer.concat([Buffer.from('IHAVEOPT'), Buffer.from([0, 0, 0, 5, 0, 0, 0, 0])]);
    const abort = Buffer.concat([Buffer.from('IHAVEOPT'), Buffer.from([0, 0, 0, 2, 0, 0, 0, 0])]);
    client.write(startTls, abort);
    expect(words(await client.optionAnswers())).toBe('ACK');
    await client.secure(X509);
    expect(words(await client.option(Option.List))).toBe('SERVER ACK');
  });

  it('ends the connection where it comes after the answer', async () => {
    const reasons = new Reasons();
    const served = await secured(CERTIFICATES, 'on', { listener: reasons });
    const client = await stage.connect(served.socket);
    await client.greet();
    await client.option(Option.StartTls);
    client.sendOption(Option.Go, goData(''));
    await client.readToEnd();
    await expect.poll(() => reasons.all).toEqual([expect.stringMatching(/^TLS: /)]);
  });
});

describe('whom the server lets in', () => {
  it('asks clients for a certificate when told to: ours alone, in time, not revoked', async () => {
    const reasons = new Reasons();
    const served = await secured(VERIFIED, 'require', { listener: reasons });
    expect(await canRead(served, own(pki.client))).toBe('512 bytes');
    expect(served.server.connections[0]?.tls).toBe('TLS 1.3 (X.509 alice)');
    for (const tls of [X509, own(pki.stranger), own(pki.expired())]) {
      expect(await canRead(served, tls)).not.toBe('512 bytes');
    }
    await expect.poll(() => reasons.all.length).toBe(3);
    expect(reasons.all).toEqual([
      'TLS: peer did not return a certificate',
      "TLS: the client's certificate: UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "TLS: the client's certificate: CERT_HAS_EXPIRED",
    ]);
    const late = new Reasons();
    const files = { ...VERIFIED, directory: pki.revoking() };
    const revoking = await secured(files, 'require', { listener: late });
    expect(await canRead(revoking, own(pki.client))).not.toBe('512 bytes');
    await expect.poll(() => late.all).toEqual(["TLS: the client's certificate: CERT_REVOKED"]);
  });

  it('knows users by their keys', async () => {
    const served = await secured(PSK);
    expect(await canRead(served, pskOf(pki.pskFile, 'alice'))).toBe('512 bytes');
    expect(await canRead(served, pskOf(pki.pskFile, 'bob'))).toBe('512 bytes');
    expect(await canRead(served, pskOf(pki.wrongPskFile, 'alice'))).not.toBe('512 bytes');
    const unknown = {
      ...pskOf(pki.pskFile, 'alice'),
      pskCallback: () => ({ identity: 'eve', psk: Buffer.alloc(32) }),
    };
    expect(await canRead(served, unknown)).not.toBe('512 bytes');
  });

  it.each([
    ['TLS 1.2 by certificate', CERTIFICATES, { ...X509, maxVersion: 'TLSv1.2' }, 'TLS 1.2 (X.509)'],
    [
      'TLS 1.2 by key',
      PSK,
      { ...pskOf(pki.pskFile, 'alice'), maxVersion: 'TLSv1.2' },
      'TLS 1.2 (PSK user alice)',
    ],
  ] as const)('still speaks %s', async (_name, files, tls, expected) => {
    const served = await secured(files);
    expect(await canRead(served, tls)).toBe('512 bytes');
    expect(served.server.connections[0]?.tls).toBe(expected);
  });

  it('speaks nothing older: no one on the way can bring it down', async () => {
    const reasons = new Reasons();
    const served = await secured(CERTIFICATES, 'require', { listener: reasons });
    const old = {
      ...X509,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    } as const;
    expect(await canRead(served, old)).not.toBe('512 bytes');
    await expect.poll(() => reasons.all).toEqual([expect.stringContaining('unsupported protocol')]);
  });
});

describe('an encrypted client that asks for more than it gets', () => {
  it('waits its turn, and nothing of what it sent is lost or out of place', async () => {
    const served = await secured(CERTIFICATES, 'require', { parameters: [['wdelay', '5ms']] });
    const client = await stage.connect(served.socket);
    await client.enter({ tls: X509 });
    // More at once than may wait, and more bytes than the server reads ahead.
    const count = 1500;
    const bytes = (i: number): Buffer => Buffer.alloc(4096, `${i} `);
    for (let i = 0; i < count; i += 1) client.send(Command.Write, { offset: BigInt(i * 4096) }, bytes(i));
    for (let i = 0; i < count; i += 1) expect((await client.chunk()).errno).toBe(0);
    const all = Buffer.concat(Array.from({ length: count }, (_none, i) => bytes(i)));
    expect((await client.readDisk(0n, all.length)).equals(all)).toBe(true);
  });

  it('gets what it takes, and the server holds no more than for any other', async () => {
    const served = await secured(PSK);
    const client = await stage.connect(served.socket);
    await client.enter({ tls: pskOf(pki.pskFile, 'alice') });
    const mine = Buffer.alloc(8 << 20, 'mine');
    await client.request(Command.Write, {}, mine);
    client.socket.pause();
    const count = 60;
    for (let i = 0; i < count; i += 1) client.send(Command.Read, { length: mine.length });
    await expect.poll(() => served.server.heldBytes).toBeGreaterThan(32 << 20);
    await pause(100);
    expect(served.server.heldBytes).toBeLessThanOrEqual(CONNECTION_LIMIT_BYTES);
    client.socket.resume();
    for (let i = 0; i < count; i += 1) expect((await client.chunk()).data.equals(mine)).toBe(true);
    await expect.poll(() => served.server.heldBytes).toBe(0);
  });
});

describe('a TLS handshake that goes nowhere', () => {
  it('is cut off by the deadline of the handshake, however slowly it trickles', async () => {
    const reasons = new Reasons();
    const served = await secured(CERTIFICATES, 'require', {
      listener: reasons,
      server: { handshakeMs: 2_000 },
    });
    const client = await stage.connect(served.socket);
    await client.greet();
    await client.option(Option.StartTls);
    // The beginning of a record of 512 bytes, and then a byte now and then.
    client.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]));
    const trickle = setInterval(() => client.write(Buffer.from([0])), 20);
    await client.readToEnd();
    clearInterval(trickle);
    await expect.poll(() => reasons.all).toEqual(['the handshake took too long']);
  });

  it('does not hold up the server when it stops', async () => {
    const served = await secured(CERTIFICATES, 'require', { server: { handshakeMs: 100_000 } });
    const client = await stage.connect(served.socket);
    await client.greet();
    await client.option(Option.StartTls);
    await pause(20);
    const from = performance.now();
    await served.server.close(100_000);
    // It has nothing to wait for, though it would for 100 s, and the client might take its time.
    expect(performance.now() - from).toBeLessThan(50_000);
    await client.readToEnd();
  });
});

describe('our own client', () => {
  it('encrypts when told to, by certificate and by key', async () => {
    for (const [files, tls] of [
      [VERIFIED, own(pki.client)],
      [PSK, pskOf(pki.pskFile, 'bob')],
    ] as const) {
      const served = await secured(files);
      const client = await NbdClient.connect({ path: served.socket }, '', { tls });
      expect(await client.write(5n, Buffer.alloc(3 << 20, 9))).toBe(0);
      const { data } = await client.read(0n, (3 << 20) + 10);
      expect(data.equals(Buffer.concat([Buffer.alloc(5), Buffer.alloc(3 << 20, 9), Buffer.alloc(5)]))).toBe(
        true,
      );
      expect(await client.trim(0n, 64 << 20)).toBe(0);
      await client.disconnect();
      await expect.poll(() => served.server.connections).toEqual([]);
    }
  });

  it('does not go on without TLS when told to use it', async () => {
    const served = await stage.serve();
    const asked = NbdClient.connect({ path: served.socket }, '', { tls: X509 });
    await expect(asked).rejects.toThrow('does not encrypt');
    const other = await secured({ ...CERTIFICATES });
    const untrusted = NbdClient.connect({ path: other.socket }, '', { tls: { servername: 'localhost' } });
    await expect(untrusted).rejects.toThrow('self-signed certificate');
  });
});
