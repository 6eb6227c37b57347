import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import type { Command } from '#shared/contract/commands.ts';
import type { HostInfo, SessionInfo } from '#shared/contract/messages.ts';
import { Engine } from './engine.ts';
import type { HostDiskCommand } from './hosted-disks.ts';
import { NbdClient } from './nbd/client/nbd-client.ts';
import { DiskHost } from './nbd/disk-host.ts';
import { MemoryAllowance } from './nbd/memory-allowance.ts';
import { peer } from './nbd/testing/peers.ts';

const RECORDING = resolve(import.meta.dirname, '../assets/recordings/all-ops-10M/log');

let folder: string;
let engine: Engine;
const clients: NbdClient[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-hosting-'));
  const assetsDir = resolve(import.meta.dirname, '../assets');
  engine = new Engine({ version: '0', host: 'web', stateDir: join(folder, 'state'), assetsDir });
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.abandon();
  await engine.dispose();
  rmSync(folder, { recursive: true });
});

async function until<T>(test: () => T | null | undefined | false): Promise<T> {
  const endMs = performance.now() + 30_000;
  for (;;) {
    const found = test();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`waited in vain: ${JSON.stringify(engine.sessionInfo())}`);
    await new Promise((wait) => setTimeout(wait, 5));
  }
}

/** A window that has said hello: what it was told last, and how often. */
class TestWindow {
  session: SessionInfo | null = null;
  told = 0;
  readonly refused: string[] = [];
  readonly #channel: Channel;

  constructor() {
    const channel: Channel = {
      send: (bytes) => {
        const frame = decodeFrame(bytes);
        if (frame.type !== FrameType.Json) return;
        const message: { message: string; text: string; session: SessionInfo } = JSON.parse(
          new TextDecoder().decode(frame.payload),
        );
        if (message.message === 'refused') this.refused.push(message.text);
        if (message.message !== 'session') return;
        this.session = message.session;
        this.told += 1;
      },
      onFrame: () => {},
      onClose: () => {},
      close: () => channel.onClose(),
    };
    this.#channel = channel;
    engine.attach(channel);
    this.send({ command: 'hello', protocol: 1 });
  }

  send(command: Command): void {
    this.#channel.onFrame(encodeJsonFrame(command));
  }

  /** Hosts a disk and waits until it is shown. */
  async host(change: Partial<HostDisk> = {}): Promise<{ id: number; info: HostInfo }> {
    const before = this.session?.sources.length ?? 0;
    this.send({ ...HOST, ...change });
    await until(() => (this.session?.sources.length ?? 0) > before);
    const source = this.session?.sources.at(-1);
    if (source?.host == null) throw new Error('no disk is hosted');
    return { id: source.id, info: source.host };
  }

  /** What the window was told of a hosted disk last. */
  info(id: number): HostInfo | null {
    return this.session?.sources.find((source) => source.id === id)?.host ?? null;
  }

  async refusal(): Promise<string> {
    return until(() => this.refused.shift());
  }
}

type HostDisk = Extract<Command, { command: 'hostDisk' }>;

const HOST: HostDisk = {
  command: 'hostDisk',
  size: '64M',
  exportName: '',
  parameters: [],
  readOnly: false,
  tcpPort: null,
};

async function clientOf(info: HostInfo): Promise<NbdClient> {
  const client = await NbdClient.connect(info.tcp ?? { path: info.socketPath ?? '' }, info.exportName);
  clients.push(client);
  return client;
}

describe('a window that hosts disks', () => {
  it('is told the address, the parameters and every client with what it negotiated', async () => {
    const window = new TestWindow();
    const { id, info } = await window.host({
      exportName: 'a disk',
      parameters: [{ key: 'rdelay', value: '1ms' }],
    });
    expect(info).toMatchObject({
      uri: `nbd+unix:///a%20disk?socket=${info.socketPath}`,
      tcp: null,
      exportName: 'a disk',
      sizeBytes: '67108864',
      readOnly: false,
      parameters: [{ filter: 'delay', key: 'rdelay', value: '1ms' }],
      memoryBytes: 0,
      memoryLimitBytes: 2 ** 31,
      connections: [],
      workload: null,
    });
    const client = await clientOf(info);
    await client.write(0n, Buffer.alloc(100_000, 1));
    const connection = await until(() =>
      window.info(id)?.connections.find(({ transactions }) => transactions === 1),
    );
    expect(connection).toMatchObject({
      number: 1,
      peer: 'unix socket',
      state: 'transmission',
      features: ['extended headers', 'no zeroes', 'fixed newstyle'],
      requestsInFlight: 0,
      builtIn: false,
    });
    expect(window.info(id)?.memoryBytes).toBe(131_072);
    window.send({ command: 'disconnectClient', source: id, connection: 1 });
    await until(() => window.info(id)?.connections.length === 0);
    window.send({ command: 'disconnectClient', source: id, connection: 1 });
    expect(await window.refusal()).toBe('client 1 is not connected any more');
  });

  it('is told nothing while nothing changes', async () => {
    const window = new TestWindow();
    await clientOf((await window.host()).info);
    await until(() => window.session?.sources[0]?.host?.connections.length === 1);
    // What the connection itself changed may come late; after that there is nothing to tell.
    let told = -1;
    await expect
      .poll(
        () => {
          const before = told;
          ({ told } = window);
          return told - before;
        },
        { interval: 1_000 },
      )
      .toBe(0);
  });

  it('is told which parameter will not do, and hosts nothing', async () => {
    const window = new TestWindow();
    window.send({ ...HOST, size: '64Q' });
    expect(await window.refusal()).toMatch(/^size: "64Q": unknown size suffix/);
    window.send({ ...HOST, parameters: [{ key: 'rdelay', value: 'soon' }] });
    expect(await window.refusal()).toMatch(/^rdelay=soon: a delay is/);
    window.send({ ...HOST, parameters: [{ key: 'colour', value: 'red' }] });
    expect(await window.refusal()).toMatch(/^colour=red: /);
    const { info } = await window.host({ tcpPort: 0 });
    expect(info.socketPath).toBeNull();
    window.send({ ...HOST, tcpPort: info.tcp?.port ?? 0 });
    expect(await window.refusal()).toContain('EADDRINUSE');
    expect(engine.sessionInfo().sources.length).toBe(1);
  });

  it('shows several disks beside logs, which opening others does not end', async () => {
    const window = new TestWindow();
    const first = await window.host({ exportName: 'one' });
    const second = await window.host({ exportName: 'two', tcpPort: 0 });
    await engine.openLogs([RECORDING], null);
    await engine.openLogs([RECORDING], null);
    expect(engine.sessionInfo().sources.map(({ kind }) => kind)).toEqual(['host', 'host', 'log']);
    await expect(engine.openSample()).rejects.toThrow('stop it before the sample');
    await expect(engine.pickRun(engine.sessionInfo().sources[2]?.id ?? -1, null)).rejects.toThrow(
      'a disk is hosted here',
    );
    for (const { info } of [first, second]) expect(await (await clientOf(info)).flush()).toBe(0);
  });

  it('takes the place of the sample', async () => {
    await engine.openSample();
    const window = new TestWindow();
    window.send({ ...HOST, size: '1M' });
    await until(() => engine.sessionInfo().sources[0]?.kind === 'host');
    expect(engine.sessionInfo()).toMatchObject({ history: { marks: [] }, disks: [{ sizeBytes: '1048576' }] });
  });

  it('changes delays, errors and read-only under a connected client', async () => {
    const window = new TestWindow();
    const { id, info } = await window.host();
    const client = await clientOf(info);
    const set = async (key: string, value: string): Promise<void> => {
      window.send({ command: 'setHostParameter', source: id, key, value });
      await until(() => (window.info(id)?.parameters.find((one) => one.key === key)?.value ?? '') === value);
    };
    const readMs = async (): Promise<number> => {
      const startMs = performance.now();
      await client.read(0n, 1);
      return performance.now() - startMs;
    };
    await set('rdelay', '200ms');
    expect(await readMs()).toBeGreaterThan(190);
    await set('rdelay', '60');
    await set('delay-read', '1ms');
    // Only one that takes the minute could be this late.
    expect(await readMs()).toBeLessThan(30_000);
    await set('delay-read', '');
    const slow = client.read(0n, 1).then(
      () => 'answered',
      () => 'lost',
    );
    const waits = new Promise((wait) => setTimeout(() => wait('waits'), 200));
    expect(await Promise.race([slow, waits])).toBe('waits');
    await set('rdelay', '');
    await set('error', 'ENOSPC');
    await set('error-pwrite-rate', '100%');
    expect([await client.write(0n, Buffer.alloc(1)), (await client.read(0n, 1)).errno]).toEqual([28, 0]);
    await set('error', '');
    expect(await client.write(0n, Buffer.alloc(1))).toBe(5);
    await set('error-pwrite-rate', '');
    expect(await client.write(0n, Buffer.alloc(1))).toBe(0);

    window.send({ command: 'setHostReadOnly', source: id, on: true });
    await until(() => window.info(id)?.readOnly === true);
    expect(await client.write(0n, Buffer.alloc(1))).toBe(1);
    expect((await clientOf(info)).readOnly).toBe(true);
    window.send({ command: 'setHostReadOnly', source: id, on: false });
    await until(() => window.info(id)?.readOnly === false);
    expect(await client.write(0n, Buffer.alloc(1))).toBe(0);
    await set('readonly-file', folder);
    expect(await client.write(0n, Buffer.alloc(1))).toBe(1);
    await set('readonly-file', '');
    expect(await client.write(0n, Buffer.alloc(1))).toBe(0);
  });

  it("is refused a value that will not do, in the parameter's own words, and nothing changes", async () => {
    const window = new TestWindow();
    const { id } = await window.host({ parameters: [{ key: 'error-rate', value: '5%' }] });
    const set = (key: string, value: string): void =>
      window.send({ command: 'setHostParameter', source: id, key, value });
    set('error-rate', '500%');
    expect(await window.refusal()).toMatch(/^error-rate=500%: a rate is 0% to 100%/);
    set('logfile', '/dev/null');
    expect(await window.refusal()).toMatch(/^logfile=/);
    set('size', '1G');
    expect(await window.refusal()).toMatch(/^size=1G: /);
    window.send({ command: 'setHostParameter', source: 77, key: 'rdelay', value: '1' });
    expect(await window.refusal()).toBe('no disk is hosted as source 77');
    expect(window.info(id)?.parameters).toEqual([{ filter: 'error', key: 'error-rate', value: '5%' }]);
  });

  it('a change of a delay and of errors reaches a real client at once', async () => {
    const window = new TestWindow();
    const { id, info } = await window.host();
    const script = [
      'import time, errno',
      'start = time.time()',
      'while time.time() - start < 60:',
      '    before = time.time()',
      '    try:',
      '        h.pread(512, 0)',
      '    except nbd.Error as error:',
      '        print(errno.errorcode[error.errnum])',
      '        break',
      '    slow = time.time() - before > 0.09',
      '    if slow: print("slow")',
    ].join('\n');
    const running = peer('nbdsh', '-u', info.uri, '-c', script);
    const transactions = (): number => window.info(id)?.connections[0]?.transactions ?? 0;
    await until(() => transactions() > 0);
    window.send({ command: 'setHostParameter', source: id, key: 'rdelay', value: '100ms' });
    await until(() => window.info(id)?.parameters.some(({ value }) => value === '100ms'));
    // The one after the next begins and ends with the delay in force.
    const before = transactions();
    await until(() => transactions() > before + 2);
    window.send({ command: 'setHostParameter', source: id, key: 'error-pread-rate', value: '1' });
    const words = (await running).trim().split('\n');
    expect(words[0]).toBe('slow');
    expect(words.at(-1)).toBe('EIO');
  });

  it('stops a disk that nobody uses, and one that is used only by force', async () => {
    const window = new TestWindow();
    const { id, info } = await window.host();
    const client = await clientOf(info);
    await until(() => window.info(id)?.connections.length === 1);
    window.send({ command: 'stopHost', source: id, force: false });
    expect(await window.refusal()).toBe(
      `1 client is connected to ${info.uri}; let them go first, or stop it all the same`,
    );
    window.send({ command: 'closeSource', source: id });
    expect(await window.refusal()).toContain('1 client is connected');
    expect(await client.flush()).toBe(0);
    window.send({ command: 'stopHost', source: id, force: true });
    await until(() => window.session?.sources.length === 0);
    expect(window.session?.disks).toEqual([]);
    expect(existsSync(dirname(info.socketPath ?? ''))).toBe(false);
    await expect(client.flush()).rejects.toThrow();

    const again = await window.host();
    window.send({ command: 'closeSource', source: again.id });
    await until(() => window.session?.sources.length === 0);
    expect(window.refused).toEqual([]);
  });

  it('tells disks without a name apart', async () => {
    const command: HostDiskCommand = {
      command: 'hostDisk',
      size: '1M',
      exportName: '',
      parameters: [],
      readOnly: false,
      tcpPort: null,
    };
    for (let i = 0; i < 3; i += 1) await engine.hostDisk(command);
    const names = () => engine.sessionInfo().disks.map(({ name }) => name);
    expect(names()).toEqual(['memory', 'memory 2', 'memory 3']);
    await engine.stopHost(engine.sessionInfo().sources[1]?.id ?? -1, true);
    await engine.hostDisk(command);
    expect(names()).toEqual(['memory', 'memory 3', 'memory 2']);
  });

  it('holds up nothing while another server keeps a disk waiting, and gives no two disks one name', async () => {
    const silent = createServer().listen(join(folder, 'silent.sock'));
    const window = new TestWindow();
    const uri = `nbd+unix:///?socket=${join(folder, 'silent.sock')}`;
    window.send({ ...HOST, plugin: 'remote', size: '', parameters: [{ key: 'uri', value: uri }] });
    window.send({ ...HOST, size: '1M' });
    window.send({ ...HOST, size: '1M' });
    await until(() => window.session?.sources.length === 2);
    expect(window.session?.disks.map(({ name }) => name).toSorted()).toEqual(['memory', 'memory 2']);
    expect(window.refused).toEqual([]);
    silent.close();
  });

  it('says so when memory runs out, and gives it back when the disk is stopped', async () => {
    const window = new TestWindow();
    const allowance = new MemoryAllowance(1 << 20);
    const request = {
      plugin: 'memory',
      filters: [],
      parameters: [['size', '64M']],
      addFilters: true,
      exportName: '',
      address: { kind: 'unix' },
    } as const;
    await engine.addHost(await DiskHost.start(request, null, allowance));
    await engine.addHost(await DiskHost.start(request, null, allowance));
    const infos = engine.sessionInfo().sources.map(({ host }) => host);
    const [first, second] = infos;
    if (first == null || second == null) throw new Error('two disks are hosted');
    expect(await (await clientOf(first)).write(0n, Buffer.alloc(1 << 20, 1))).toBe(0);
    expect(await (await clientOf(second)).write(0n, Buffer.alloc(1, 1))).toBe(28);
    const notice = await until(() => window.session?.notices[0]);
    expect(notice).toMatchObject({ source: 1, level: 'warning' });
    expect(notice.text).toContain('got ENOSPC');
    expect(notice.text).toContain('limit of 1 MiB');
    await engine.stopHost(0, true);
    expect(await clients[1]?.write(0n, Buffer.alloc(1, 1))).toBe(0);
    expect(allowance.usedBytes).toBe(65_536);
  });

  it('says so when the log cannot be written, even before anybody looks, and serves on', async () => {
    const host = await DiskHost.start({
      plugin: 'memory',
      filters: [],
      parameters: [
        ['size', '1M'],
        ['logfile', '/dev/full'],
      ],
      addFilters: true,
      exportName: '',
      address: { kind: 'unix' },
    });
    await new Promise((wait) => setTimeout(wait, 20));
    const window = new TestWindow();
    await engine.addHost(host);
    const notice = await until(() => window.session?.notices[0]);
    expect(notice).toMatchObject({ source: 0, level: 'warning' });
    expect(notice.text).toContain('its log file cannot be written: ENOSPC');
    expect(await (await clientOf(host.info())).write(0n, Buffer.alloc(1, 1))).toBe(0);
  });

  it('runs a workload through a client of its own, and stops it', async () => {
    const window = new TestWindow();
    const { id, info } = await window.host({ parameters: [{ key: 'wdelay', value: '10ms' }] });
    await clientOf(info);
    window.send({ command: 'runWorkload', source: id, workload: 'random-write' });
    await until(() => (window.info(id)?.workload?.done ?? 0) > 0.02);
    expect(window.info(id)?.workload?.name).toBe('random-write');
    expect(window.info(id)?.connections.map(({ builtIn }) => builtIn)).toEqual([false, true]);
    window.send({ command: 'runWorkload', source: id, workload: 'trim' });
    expect(await window.refusal()).toContain('random write runs on this disk already');
    window.send({ command: 'stopWorkload', source: id });
    await until(() => window.info(id)?.workload === null);
    await until(() => window.info(id)?.connections.length === 1);

    window.send({ command: 'disconnectClient', source: id, connection: 1 });
    window.send({ command: 'runWorkload', source: id, workload: 'partition-table' });
    await until(() => window.info(id)?.workload?.name === 'partition-table');
    window.send({ command: 'stopHost', source: id, force: false });
    expect(await window.refusal()).toBe(
      'memory was written to, and all of that would be lost; save it first, or stop it all the same',
    );
    window.send({ command: 'stopHost', source: id, force: true });
    await until(() => window.session?.sources.length === 0);
    expect(window.refused).toEqual([]);
  });

  it('saves over no file that is hosted, however that is named, and over nothing but files', async () => {
    const image = join(folder, 'disk.img');
    writeFileSync(image, Buffer.alloc(1 << 20, 7));
    symlinkSync(image, join(folder, 'link.img'));
    const window = new TestWindow();
    await window.host({ plugin: 'file', size: '', parameters: [{ key: 'file', value: image }], cow: true });
    const { id } = await window.host({ size: '1M' });
    const save = async (path: string): Promise<string> => {
      window.send({ command: 'saveHost', source: id, path, sparse: true, replace: true });
      return window.refusal();
    };
    expect(await save(image)).toBe(`${image} is hosted here, as disk.img; choose another name`);
    expect(await save(join(folder, 'link.img'))).toContain('is hosted here, as disk.img');
    expect(await save(folder)).toContain('it is no file');
    expect(await save('/dev/null')).toContain('it is no file');
    expect(readFileSync(image).every((byte) => byte === 7)).toBe(true);
  });

  it('knows what would be lost and who would be disturbed if it ended now', async () => {
    const window = new TestWindow();
    const { id: idle } = await window.host();
    const { id: written, info } = await window.host({ exportName: 'written' });
    expect(engine.atStake).toEqual([]);
    const client = await clientOf(info);
    expect(await client.write(0n, Buffer.alloc(512, 1))).toBe(0);
    expect(engine.atStake).toEqual([{ source: written, name: 'written', unsaved: true, clients: 1 }]);
    await client.disconnect();
    await engine.saveHost(written, join(folder, 'saved.img'), { sparse: true, replace: false });
    await until(() => engine.atStake.length === 0);
    const reader = await clientOf(window.info(idle) ?? info);
    expect(engine.atStake).toMatchObject([{ source: idle, unsaved: false, clients: 1 }]);
    await reader.disconnect();
  });

  it('runs no writing workload on a read-only disk, and tells of requests that failed', async () => {
    const window = new TestWindow();
    const { id } = await window.host({
      readOnly: true,
      parameters: [{ key: 'error-pread-rate', value: '100%' }],
    });
    window.send({ command: 'runWorkload', source: id, workload: 'copy' });
    expect(await window.refusal()).toContain('the disk is read-only');
    window.send({ command: 'setHostReadOnly', source: id, on: false });
    window.send({ command: 'runWorkload', source: id, workload: 'partition-table' });
    const notice = await until(() => window.session?.notices[0]);
    expect(notice.text).toBe('partition table: 3 of 9 requests failed, the first with EIO');
    expect(notice.source).toBe(id);
  });
});
