import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import type { Command } from '#shared/contract/commands.ts';
import type { DiskFaults, FaultRule } from '#shared/contract/faults.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { Engine } from '../engine.ts';
import { NbdClient } from '../nbd/client/nbd-client.ts';
import { DiskHost } from '../nbd/disk-host.ts';
import { Errno } from '../nbd/protocol.ts';
import { byteRange, faultRule } from '../nbd/testing/fault-rules.ts';
import { pause } from '../nbd/testing/served.ts';

let folder: string;
let engine: Engine;
const clients: NbdClient[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-host-faults-'));
  const assetsDir = resolve(import.meta.dirname, '../../assets');
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
    if (performance.now() > endMs) throw new Error('waited in vain');
    await pause(5);
  }
}

/** A window that follows: what it was told, and its own copy of the state. */
class TestWindow {
  session: SessionInfo | null = null;
  state = new SessionState();
  readonly rows: string[] = [];
  readonly refused: string[] = [];
  readonly #channel: Channel;

  constructor() {
    const channel: Channel = {
      send: (bytes) => this.#take(bytes),
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

  get faults(): DiskFaults | null {
    return this.session?.disks[0]?.faults ?? null;
  }

  #take(bytes: Uint8Array): void {
    const { type, payload } = decodeFrame(bytes);
    if (type === FrameType.Json) {
      const message: { message: string; text: string; session: SessionInfo } = JSON.parse(
        new TextDecoder().decode(payload),
      );
      if (message.message === 'refused') this.refused.push(message.text);
      if (message.message === 'session') this.session = message.session;
      return;
    }
    if (type === FrameType.Snapshot) this.state = SessionState.readSnapshot(payload);
    if (type === FrameType.Batch) {
      const batch = EventBatch.decode(payload);
      this.state.apply(batch);
      for (let i = 0; i < batch.count; i += 1) this.rows.push(wordsOf(batch, i));
    }
    const { sequence } = this.state;
    queueMicrotask(() => this.send({ command: 'ack', sequence }));
  }
}

function wordsOf(batch: EventBatch, i: number): string {
  if (batch.kind[i] === RowKind.FaultChange) return JSON.parse(batch.textOf(i)).words;
  const kinds: Record<number, string> = {
    [RowKind.Request]: 'asked',
    [RowKind.Completion]: `got ${batch.errno[i]}`,
    [RowKind.Unanswered]: 'unanswered',
    [RowKind.Connect]: 'connect',
    [RowKind.Disconnect]: 'disconnect',
  };
  return kinds[batch.kind[i] ?? 0] ?? '?';
}

async function host(faultRules: readonly FaultRule[] = []): Promise<DiskHost> {
  const made = await DiskHost.start({
    plugin: 'memory',
    filters: [],
    parameters: [['size', '64M']],
    addFilters: true,
    exportName: '',
    address: { kind: 'unix' },
    faultRules,
  });
  await engine.addHost(made);
  return made;
}

async function clientOf({ address }: DiskHost): Promise<NbdClient> {
  const client = await NbdClient.connect({ path: address.socketPath ?? '' }, '');
  clients.push(client);
  return client;
}

describe('the faults of a hosted disk', () => {
  it('are turned by a window, told to all, and recorded among the requests they hold for', async () => {
    const disk = await host();
    const [window, other] = [new TestWindow(), new TestWindow()];
    const client = await clientOf(disk);
    await client.read(0n, 512);
    const rule = faultRule({ name: 'bad', ops: ['read'], range: byteRange(4096, 8192) });
    window.send({ command: 'setDiskError', disk: 0, on: true, removeForeign: false });
    expect((await client.read(0n, 512)).errno).toBe(5);
    window.send({ command: 'setDiskError', disk: 0, on: false, removeForeign: false });
    await client.read(0n, 512);
    window.send({ command: 'setFaultRules', disk: 0, rules: [rule] });
    expect((await client.read(4096n, 512)).errno).toBe(5);
    window.send({ command: 'setHostParameter', source: 0, key: 'rdelay', value: '1ms' });
    window.send({ command: 'setHostReadOnly', source: 0, on: true });
    await until(() => window.rows.some((row) => row.startsWith('made read-only')));
    const words = [
      ...['connect', 'asked', 'got 0', 'Error switched on: every request fails with EIO', 'asked', 'got 5'],
      ...[
        'Error switched off',
        'asked',
        'got 0',
        'rule "bad" added: Reads that touch 4K to 8K fail with EIO.',
      ],
      ...['asked', 'got 5', 'rdelay set to 1ms', 'made read-only: writes, trims and zeroes fail with EPERM'],
    ];
    expect(window.rows).toEqual(words);
    await until(() => other.faults?.rules[0]?.hits === 1);
    expect(other.faults).toEqual({
      errorSwitch: { on: false, file: null, foreign: false, problem: null },
      takesRules: true,
      rules: [{ rule, state: 'inForce', hits: 1, frozen: 0 }],
      hint: null,
    });
    await until(() => other.state.sequence === engine.session.state.sequence);
    for (const state of [engine.session.state, other.state]) {
      expect(state.faultChanges.map((change) => change.words)).toEqual(
        words.filter((word) => word.includes(' ') && !/^got \d$/.test(word)),
      );
      expect(state.disk(0).faults).toEqual({ words: words.at(-1), on: false, rules: [rule] });
    }
  });

  it('tell the hits of a rule that was changed, though it had as many before', async () => {
    const disk = await host();
    const window = new TestWindow();
    for (const error of ['EIO', 'EPERM', 'ENOMEM', 'ENOSPC'] as const) {
      const rule = faultRule({ name: 'one', ops: ['read'], action: { do: 'fail', error } });
      window.send({ command: 'setFaultRules', disk: 0, rules: [rule] });
      // Gone again before anybody looks at who is connected.
      const client = await clientOf(disk);
      expect((await client.read(0n, 512)).errno).toBe(Errno[error]);
      await client.abandon();
      await until(
        () => window.faults?.rules[0]?.hits === 1 && isDeepStrictEqual(window.faults.rules[0].rule, rule),
      );
      expect(window.faults?.rules).toEqual([{ rule, state: 'inForce', hits: 1, frozen: 0 }]);
    }
  });

  it('are refused where they cannot be, and stay as they were', async () => {
    const disk = await host([faultRule({ name: 'first' })]);
    const window = new TestWindow();
    const refusal = async (rule: FaultRule): Promise<string> => {
      window.send({ command: 'setFaultRules', disk: 0, rules: [rule] });
      return until(() => window.refused.shift());
    };
    const beyond = faultRule({ name: 'far', range: byteRange(0, (64 << 20) + 1) });
    expect(await refusal(beyond)).toBe(
      'rules.0 "far": the range to byte 67108865 goes beyond the disk of 64 MiB; use 0 to 67108864',
    );
    expect(await refusal(faultRule({ range: byteRange(512, 512) }))).toContain('from 512 to 512 is empty');
    expect(await refusal(faultRule({ ops: ['flush'], range: byteRange(0, 512) }))).toContain(
      'use null for the range',
    );
    expect(await refusal(faultRule({ ops: ['read'], action: { do: 'readonly' } }))).toContain(
      'name at least one of write, trim, zero',
    );
    expect(await refusal({ ...faultRule(), percent: 0 })).toContain('rules.0.percent: a number above 0');
    window.send({ command: 'setFaultRules', disk: 9, rules: [] });
    expect(await until(() => window.refused.shift())).toBe('there is no disk 9');
    expect(disk.faults.info().rules.map(({ rule }) => rule.name)).toEqual(['first']);
  });

  it('from a file are in force for the first client, and told to a session when it begins', async () => {
    const rule = faultRule({ name: 'at start', ops: ['read'] });
    const disk = await host([rule]);
    const client = await clientOf(disk);
    expect((await client.read(0n, 512)).errno).toBe(5);
    await until(() => engine.session.state.disks[0]?.faults);
    expect(engine.session.state.faultChanges.map(({ words }) => words)).toEqual([
      'faults as the disk came with them',
    ]);
    expect(engine.session.state.disk(0).faults?.rules).toEqual([rule]);
    await expect(
      DiskHost.start({
        plugin: 'memory',
        filters: [],
        parameters: [['size', '1M']],
        addFilters: true,
        exportName: '',
        address: { kind: 'unix' },
        faultRules: [faultRule({ range: byteRange(0, 2 << 20) })],
      }),
    ).rejects.toThrow('beyond the disk of 1 MiB');
  });

  it('keep no disk from being stopped: what is frozen or far off is answered, and nothing stays', async () => {
    const disk = await host([
      faultRule({ ops: ['write'], action: { do: 'freeze' } }),
      faultRule({ ops: ['read'], action: { do: 'delay', ms: 86_400_000, jitterMs: 0 } }),
    ]);
    const client = await clientOf(disk);
    await disk.runWorkload('random-write');
    const waiting = Promise.all([
      client.write(0n, Buffer.alloc(512)),
      client.read(0n, 512).then(({ errno }) => errno),
    ]);
    await until(() => (disk.faults.info().rules[0]?.frozen ?? 0) > 1);
    await until(() => disk.faults.info().rules[1]?.hits === 1);
    await engine.stopHost(0, true);
    // Answered, not cut off: neither waited for the day, nor did the server hang up after its time to drain.
    expect(await waiting).toEqual([Errno.ESHUTDOWN, Errno.ESHUTDOWN]);
    expect(engine.faults.get(0)).toBeNull();
  });

  it('hang up on the built-in client like on any other', async () => {
    const disk = await host([faultRule({ ops: ['write'], action: { do: 'disconnect' } })]);
    await disk.runWorkload('sequential-write');
    await until(() => disk.info().workload === null);
    await until(() => engine.session.state.disk(0).inFlight.count === 0);
    expect(disk.info().connections).toEqual([]);
    expect(engine.session.notices.map(({ text }) => text).join()).toContain('sequential write ended early');
  });
});
