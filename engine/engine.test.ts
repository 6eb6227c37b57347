import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, encodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import { Engine } from './engine.ts';

const HEADLESS =
  '2026-01-01 00:00:00.000001 connection=1 Write id=2 offset=0x1000 count=0x1000 fua=0 ...\n' +
  '2026-01-01 00:00:00.000002 connection=1 ...Write id=2 return=0\n';
const RUN =
  '2026-01-01 00:00:00.000001 connection=1 Connect export="" tls=0 write=1\n' +
  '2026-01-01 00:00:00.000001 connection=1 Write id=1 offset=0x1000 count=0x1000 fua=0 ...\n' +
  '2026-01-01 00:00:00.000002 connection=1 ...Write id=1 return=0\n';

let folder: string;
let engine: Engine;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-engine-'));
  const assetsDir = resolve(import.meta.dirname, '../assets');
  engine = new Engine({ version: '0', host: 'web', stateDir: join(folder, 'state'), assetsDir });
});

afterEach(async () => {
  await engine.dispose();
  rmSync(folder, { recursive: true });
});

async function until(test: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!test()) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${JSON.stringify(engine.sessionInfo())}`);
    await new Promise((wait) => setTimeout(wait, 5));
  }
}

function log(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A window in the test's hands: what it is refused, and a way to send. */
function attach(): {
  send: (command: unknown) => void;
  sendRaw: (bytes: Uint8Array) => void;
  refused: string[];
} {
  const refused: string[] = [];
  const channel: Channel = {
    send: (bytes) => {
      const frame = decodeFrame(bytes);
      if (frame.type !== FrameType.Json) return;
      const message: { message: string; text: string } = JSON.parse(new TextDecoder().decode(frame.payload));
      if (message.message === 'refused') refused.push(message.text);
    },
    onFrame: () => {},
    onClose: () => {},
    close: () => channel.onClose(),
  };
  engine.attach(channel);
  return {
    send: (command) => channel.onFrame(encodeJsonFrame(command)),
    sendRaw: (bytes) => channel.onFrame(bytes),
    refused,
  };
}

const sizes = (): (string | null)[] => engine.sessionInfo().disks.map((disk) => disk.sizeBytes);

describe('Engine', () => {
  it('takes the SIZE that is given for standard input', async () => {
    await engine.openStdin(Readable.from([Buffer.from(HEADLESS)]), 1n << 26n);
    await until(() => engine.sessionInfo().disks.length === 1);
    expect(sizes()).toEqual(['67108864']);
  });

  it('gives a log that is opened beside others the SIZE that came with it, and the others none', async () => {
    await engine.openLogs([log('a', HEADLESS)], null);
    await until(() => engine.sessionInfo().disks.length === 1);
    await engine.openLogs([log('b', HEADLESS)], 1n << 26n, false);
    await until(() => engine.sessionInfo().disks.length === 2);
    expect(sizes()).toEqual([null, '67108864']);
  });

  it('keeps the SIZE and the disk numbers when another run is picked', async () => {
    const path = log('runs', RUN);
    appendFileSync(path, RUN);
    await engine.openLogs([path], 1n << 26n);
    await until(() => engine.sessionInfo().sources[0]?.runs.length === 2);
    await engine.pickRun(engine.sessionInfo().sources[0]?.id ?? -1, 1);
    await until(() => engine.session.state.recent.total === 1);
    expect(sizes()).toEqual(['67108864']);
    expect(engine.sessionInfo().disks.map((disk) => disk.id)).toEqual([0]);
  });

  it('keeps array, names and the sizes that were told when another run is picked, whichever log is read first', async () => {
    await engine.openLogs([log('a', HEADLESS), log('b', RUN + RUN)], null);
    await until(() => engine.sessionInfo().disks.length === 2);
    await until(() => engine.sessionInfo().sources[1]?.runs.length === 2);
    const [a, b] = engine.sessionInfo().disks;
    if (a === undefined || b === undefined) throw new Error('two disks are there');
    engine.setDiskSize(a.id, '2M');
    engine.renameDisk(b.id, 'root');
    engine.setArrays([
      {
        name: 'mirror',
        level: 1,
        chunkBytes: 65_536,
        parityLayout: 'left-symmetric',
        copyLayout: 'near',
        copies: 2,
        dataOffsetBytes: 0,
        members: [b.id, a.id],
        spares: [],
      },
    ]);
    const told = (): unknown =>
      engine.sessionInfo().disks.map(({ id, name, sizeBytes }) => ({ id, name, sizeBytes }));
    const before = told();
    await engine.pickRun(b.source, 1);
    await until(() => engine.sessionInfo().disks.length === 2);
    expect(told()).toEqual(before);
    expect(engine.sessionInfo().arrays[0]?.members).toEqual([b.id, a.id]);
  });

  it('refuses to pick a run of the recording, and goes on showing it', async () => {
    await engine.openSample();
    await until(() => engine.sessionInfo().disks.length === 1);
    await expect(engine.pickRun(engine.sessionInfo().sources[0]?.id ?? -1, 0)).rejects.toThrow('by its path');
    expect(engine.sessionInfo().disks.length).toBe(1);
  });

  it('ends with one picture when sources are switched faster than they open', async () => {
    const path = log('last', RUN);
    const switches = [1, 2, 3, 4, 5].flatMap(() => [engine.openSample(), engine.openLogs([path], 1n << 26n)]);
    await Promise.all(switches);
    await until(() => engine.session.state.recent.total === 1);
    expect(engine.sessionInfo().sources.map((source) => source.name)).toEqual(['last']);
    expect(engine.past.recording).toBeNull();
  });

  it('survives whatever a window sends, and says what it refused', () => {
    const window = attach();
    window.sendRaw(new Uint8Array(0));
    window.sendRaw(new Uint8Array(8));
    window.sendRaw(encodeFrame(FrameType.Snapshot, new Uint8Array(100)));
    window.sendRaw(encodeFrame(FrameType.Json, new TextEncoder().encode('{"command":')));
    window.sendRaw(encodeFrame(FrameType.Json, new TextEncoder().encode('['.repeat(1_000_000))));
    for (const command of [null, 7, [], {}, { command: 'quit' }, { command: '__proto__' }])
      window.send(command);
    window.send({ command: 'hello', protocol: 1, more: true });
    window.send({ command: 'openLogs', paths: Array(65).fill('x'), size: null, replace: true });
    window.send({ command: 'openLogs', paths: ['x'], size: '8E', replace: true });
    window.send({ command: 'setDiskSize', disk: 1e300, size: '64M' });
    window.send({ command: 'pickRun', source: -1, run: null });
    window.send({ command: 'play', speed: 1001 });
    window.send({ command: 'play', playing: true });
    expect(window.refused.length).toBe(18);
    expect(engine.windowCount).toBe(1);
  });

  it('holds a bounded part of an upload that comes faster than it can be read, and says why it ends', async () => {
    const window = attach();
    window.send({ command: 'beginUpload', upload: 7, name: 'flood', live: false, replace: true });
    // Long lines, so that reading the part that is held takes a moment.
    const lines = Buffer.from(`${'x'.repeat(4095)}\n`.repeat(256));
    const piece = encodeFrame(FrameType.Upload, lines, 7);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 300; i += 1) window.sendRaw(piece);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(48 << 20);
    await until(() => engine.sessionInfo().sources[0]?.status === 'ended');
    expect(engine.sessionInfo().notices.map((notice) => notice.detail)).toContain(
      'it was sent faster than it can be read; open it by its path',
    );
  });

  it('takes one dropped file after another, without end', async () => {
    const window = attach();
    for (let upload = 0; upload < 70; upload += 1) {
      window.send({ command: 'beginUpload', upload, name: `drop ${upload}`, live: true, replace: true });
      await until(() => engine.sessionInfo().sources[0]?.name === `drop ${upload}`);
    }
    expect(window.refused).toEqual([]);
  });

  it("knows the array of a sample's disks, and forgets it with them", async () => {
    await engine.openSample('raid5');
    await until(() => engine.sessionInfo().arrays.length === 1);
    const { arrays, disks } = engine.sessionInfo();
    expect(disks.map(({ name }) => name)).toEqual(['disk1', 'disk2', 'disk3', 'disk4', 'disk5']);
    expect(arrays[0]).toMatchObject({ level: 5, chunkBytes: 65_536, members: [0, 1, 2, 3], spares: [4] });
    await engine.openLogs([log('a.log', HEADLESS)], 1n << 20n);
    await until(() => engine.sessionInfo().disks.length === 1);
    expect(engine.sessionInfo().arrays).toEqual([]);
  });

  it('takes arrays of disks that are there, each once', async () => {
    await engine.openLogs([log('a.log', RUN), log('b.log', RUN)], 1n << 20n);
    await until(() => engine.sessionInfo().disks.length === 2);
    const layout = {
      name: 'mirror',
      level: 1,
      chunkBytes: 65_536,
      parityLayout: 'left-symmetric',
      copyLayout: 'near',
      copies: 2,
      dataOffsetBytes: 0,
    } as const;
    // Infos stand in the order of their logs; numbers go by which log was read first.
    const [a, b] = engine.sessionInfo().disks;
    if (a === undefined || b === undefined) throw new Error('two disks are there');
    expect(() => engine.setArrays([{ ...layout, members: [a.id, 7], spares: [] }])).toThrow(
      'there is no disk 7',
    );
    expect(() => engine.setArrays([{ ...layout, members: [a.id, b.id], spares: [b.id] }])).toThrow('twice');
    engine.setArrays([{ ...layout, members: [a.id, b.id], spares: [] }]);
    await engine.closeSource(b.source);
    expect(engine.sessionInfo().arrays[0]?.members).toEqual([a.id, null]);
  });

  it('calls a disk by the name that a person gives it, and by its own again', async () => {
    await engine.openLogs([log('a.log', RUN)], 1n << 20n);
    await until(() => engine.sessionInfo().disks.length === 1);
    engine.renameDisk(0, 'root disk');
    expect(engine.sessionInfo().disks[0]?.name).toBe('root disk');
    engine.renameDisk(0, '');
    expect(engine.sessionInfo().disks[0]?.name).toBe('a.log');
    expect(() => engine.renameDisk(3, 'x')).toThrow('there is no disk 3');
  });
});
