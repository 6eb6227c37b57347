import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DiskHost } from '../disk-host.ts';
import type { Happening } from '../plugins/plugin.ts';
import { Command, CommandFlag, Errno } from '../protocol.ts';
import { errnos, pause, type Served, Stage } from '../testing/served.ts';
import { RemoteBackend } from './remote-backend.ts';
import { OtherServer } from './testing/other-server.ts';

let directory = '';
let sockets = 0;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-loss-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const stage = new Stage();
afterEach(() => stage.end());

async function nbdkit(...words: string[]): Promise<OtherServer> {
  const server = await OtherServer.nbdkit(join(directory, `${++sockets}.sock`), ...words);
  stage.after(() => server.kill());
  return server;
}

interface Watched {
  readonly served: Served;
  readonly told: Happening[];
}

async function through(server: OtherServer, ...more: [string, string][]): Promise<Watched> {
  const served = await stage.serve({ plugin: 'remote', parameters: [['uri', server.uri()], ...more] });
  const told: Happening[] = [];
  served.disk.plugin.watch?.((happening) => told.push(happening));
  return { served, told };
}

const texts = (told: readonly Happening[]): string[] =>
  told.flatMap(({ text }) => (text === null ? [] : [text]));

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 3_000 && !what(); i += 1) await pause(10);
  expect(what()).toBe(true);
}

function connectionsOf(served: Served): number {
  const { backend } = served.disk.plugin;
  if (!(backend instanceof RemoteBackend)) throw new Error('this is no remote disk');
  return backend.connectionCount;
}

describe('a server that is lost', () => {
  it('is connected to again: reads wait for it, writes that were sent fail, and the card says so', async () => {
    const words = ['--filter=delay', 'memory', '64M', 'rdelay=2', 'wdelay=2'];
    const server = await nbdkit(...words);
    const { served, told } = await through(server);
    const client = await stage.client(served.socket);
    const read = client.send(Command.Read, { length: 4096 });
    const write = client.send(Command.Write, { offset: 8192n }, Buffer.alloc(4096, 7));
    const trim = client.send(Command.Trim, { length: 4096 });
    await until(() => served.server.connections[0]?.requestsInFlight === 3);
    await pause(100);
    await server.kill();
    await until(() => served.disk.plugin.warnings.length === 1);
    expect(served.disk.plugin.warnings[0]).toMatch(/^reconnecting to nbd\+unix:.*: /);
    const later = client.send(Command.Write, { offset: 65536n }, Buffer.alloc(512, 9));
    const failed = [await client.chunk(), await client.chunk()];
    expect(new Set(failed.map(({ cookie }) => cookie))).toEqual(new Set([write, trim]));
    expect(errnos(failed)).toEqual([Errno.EIO, Errno.EIO]);
    await server.start();
    const answered = [await client.chunk(), await client.chunk()];
    expect(new Set(answered.map(({ cookie }) => cookie))).toEqual(new Set([read, later]));
    expect(errnos(answered)).toEqual([0, 0]);
    expect(served.disk.plugin.warnings).toEqual([]);
    expect(texts(told)).toEqual([
      expect.stringMatching(/^lost nbd\+unix:.*, and reconnecting: /),
      expect.stringMatching(/ is back after \d+\.\d s$/),
    ]);
    expect((await client.readDisk(65536n, 512)).equals(Buffer.alloc(512, 9))).toBe(true);
  });

  it('in the midst of requests loses none of them: qemu-nbd, killed with a read and a flush under way', async () => {
    const image = join(directory, 'qemu.img');
    writeFileSync(image, Buffer.alloc(1 << 20, 3));
    const server = await OtherServer.qemuNbd(join(directory, `${++sockets}.sock`), image);
    stage.after(() => server.kill());
    const { served, told } = await through(server);
    const client = await stage.client(served.socket);
    expect((await client.readDisk(0n, 512)).equals(Buffer.alloc(512, 3))).toBe(true);
    server.freeze();
    const read = client.send(Command.Read, { offset: 4096n, length: 512 });
    const flush = client.send(Command.Flush);
    await until(() => served.server.connections[0]?.requestsInFlight === 2);
    await server.kill();
    const failed = await client.chunk();
    expect([failed.cookie, failed.errno]).toEqual([flush, Errno.EIO]);
    await server.start();
    const answered = await client.chunk();
    expect([answered.cookie, answered.errno]).toEqual([read, 0]);
    expect(answered.data.equals(Buffer.alloc(512, 3))).toBe(true);
    expect(texts(told)).toEqual([
      expect.stringMatching(/^lost nbd\+unix:.*, and reconnecting: /),
      expect.stringMatching(/ is back after \d+\.\d s$/),
    ]);
  });

  it('that had not flushed fails the next flush of each client, once', async () => {
    const server = await nbdkit('memory', '1M');
    const { served, told } = await through(server);
    const [one, two] = [await stage.client(served.socket), await stage.client(served.socket)];
    expect(errnos(await one.request(Command.Write, {}, Buffer.alloc(512, 1)))).toEqual([0]);
    await server.kill();
    await server.start();
    await until(() => texts(told).length === 2);
    expect(texts(told)[0]).toContain('next flush of each client fails with EIO');
    for (const client of [one, two]) {
      expect(errnos(await client.request(Command.Flush))).toEqual([Errno.EIO]);
      expect(errnos(await client.request(Command.Flush))).toEqual([0]);
    }
    const fresh = await stage.client(served.socket);
    expect(errnos(await fresh.request(Command.Flush))).toEqual([0]);
  });

  it('loses nothing where all was flushed or written with FUA', async () => {
    const server = await nbdkit('memory', '1M');
    const { served, told } = await through(server);
    const client = await stage.client(served.socket);
    await client.request(Command.Write, {}, Buffer.alloc(512, 1));
    await client.request(Command.Flush);
    await client.request(Command.Write, { flags: CommandFlag.Fua }, Buffer.alloc(512, 1));
    await server.kill();
    await server.start();
    await until(() => texts(told).length === 2);
    expect(errnos(await client.request(Command.Flush))).toEqual([0]);
  });

  it('is refused while it has another disk, and taken when it has its own again', async () => {
    const server = await nbdkit('memory', '1M');
    const { served, told } = await through(server);
    const client = await stage.client(served.socket);
    await server.kill();
    await server.start(['-f', '-U', server.socket, 'memory', '2M']);
    await until(() => /is not the disk that it was/.test(served.disk.plugin.warnings[0] ?? ''));
    expect(served.disk.plugin.warnings[0]).toContain('had 1048576 bytes and has 2097152 now');
    expect(errnos(await client.request(Command.Read, { length: 512 }))).toEqual([Errno.EIO]);
    expect(errnos(await client.request(Command.Write, {}, Buffer.alloc(512)))).toEqual([Errno.EIO]);
    await server.kill();
    await server.start(['-f', '-U', server.socket, '-r', 'memory', '1M']);
    await until(() => /has become read-only/.test(served.disk.plugin.warnings[0] ?? ''));
    await server.kill();
    await server.start();
    await until(() => served.disk.plugin.warnings.length === 0);
    expect(errnos(await client.request(Command.Read, { length: 512 }))).toEqual([0]);
    expect(texts(told).at(-1)).toContain('is back after');
  });

  it('keeps nobody waiting beyond the time a request may take, there or not', async () => {
    const server = await nbdkit('--filter=delay', 'memory', '1M', 'rdelay=600');
    const { served } = await through(server, ['timeout', '1']);
    const client = await stage.client(served.socket);
    const startMs = performance.now();
    expect(errnos(await client.request(Command.Read, { length: 512 }))).toEqual([Errno.EIO]);
    expect(performance.now() - startMs).toBeGreaterThan(900);
    await server.kill();
    // Nobody will ever answer this one.
    expect(errnos(await client.request(Command.Write, {}, Buffer.alloc(512)))).toEqual([Errno.EIO]);
  });

  it('ends with ESHUTDOWN what waits when the disk is no longer served', async () => {
    const server = await nbdkit('memory', '1M');
    const { served } = await through(server);
    const client = await stage.client(served.socket);
    await server.kill();
    await until(() => served.disk.plugin.warnings.length === 1);
    const answer = client.request(Command.Read, { length: 512 });
    await until(() => served.server.connections[0]?.requestsInFlight === 1);
    await served.disk.backend.dispose();
    expect(errnos(await answer)).toEqual([Errno.ESHUTDOWN]);
  });

  it('is waited for at first as often as was asked for', async () => {
    const server = await nbdkit('memory', '1M');
    await server.kill();
    await expect(through(server)).rejects.toThrow(/ENOENT|ECONNREFUSED/);
    const served = through(server, ['retry', '60']);
    await pause(100);
    await server.start();
    expect((await served).served.disk.backend.sizeBytes).toBe(1n << 20n);
  });
});

describe('the card and the source of a hosted disk', () => {
  it('say that it is being connected to again, and when it is back', async () => {
    const server = await nbdkit('memory', '1M');
    const host = await DiskHost.start({
      plugin: 'remote',
      filters: [],
      parameters: [['uri', server.uri()]],
      addFilters: true,
      exportName: '',
      address: { kind: 'unix', path: join(directory, `${++sockets}.sock`) },
    });
    stage.after(() => host.stop());
    const said: string[] = [];
    const notices: string[] = [];
    host.source.start({
      disk: () => {},
      rows: () => undefined,
      progress: ({ statusText }) => said.push(statusText),
      notice: ({ text }) => notices.push(text),
    });
    const { mark } = host;
    await server.kill();
    await until(() => /^reconnecting to nbd/.test(said.at(-1) ?? ''));
    expect(host.info().warnings).toEqual([said.at(-1)]);
    expect(host.mark).not.toBe(mark);
    await server.start();
    await until(() => /^serving at /.test(said.at(-1) ?? ''));
    expect(notices).toEqual([expect.stringMatching(/^lost nbd/), expect.stringMatching(/ is back after /)]);
    expect(host.info().warnings).toEqual([]);
  });
});

describe('several connections', () => {
  it('are made where the server lets clients share the disk, and as busy as it gets', async () => {
    const server = await nbdkit('--filter=delay', 'memory', '1M', 'rdelay=200ms');
    const { served } = await through(server, ['connections', '3']);
    expect(connectionsOf(served)).toBe(1);
    const client = await stage.client(served.socket);
    const round = async (): Promise<number> => {
      for (let i = 0; i < 12; i += 1) client.send(Command.Read, { length: 512 });
      for (let i = 0; i < 12; i += 1) expect((await client.chunk()).errno).toBe(0);
      return connectionsOf(served);
    };
    await expect.poll(round).toBe(3);
    // And no more of them, however busy it stays.
    for (let i = 0; i < 3; i += 1) expect(await round()).toBe(3);
  });

  it('are not made where flush on one would not cover another', async () => {
    const server = await nbdkit(
      '--filter=multi-conn',
      '--filter=delay',
      'memory',
      '1M',
      'rdelay=100ms',
      'multi-conn-mode=disable',
    );
    const { served } = await through(server);
    expect(served.disk.backend.capabilities.multiConn).toBe(false);
    const client = await stage.client(served.socket);
    for (let i = 0; i < 12; i += 1) client.send(Command.Read, { length: 512 });
    for (let i = 0; i < 12; i += 1) expect((await client.chunk()).errno).toBe(0);
    expect(connectionsOf(served)).toBe(1);
  });
});
