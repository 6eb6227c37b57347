import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Command } from '#shared/contract/commands.ts';
import type { HostInfo } from '#shared/contract/messages.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { readResults } from './testing/real-nbdkit.ts';
import { TestEngine } from './testing/test-engine.ts';

const CONNECT = '2026-01-01 00:00:00.000001 connection=1 Connect export="" tls=0 size=0x100000 write=1\n';
const READ =
  '2026-01-01 00:00:00.000002 connection=1 Read id=1 offset=0x0 count=0x1000 ...\n' +
  '2026-01-01 00:00:00.000003 connection=1 ...Read id=1 return=0\n';

const names = (test: TestEngine): string[] => (test.session?.disks ?? []).map(({ name }) => name);

const hosts = (test: TestEngine): HostInfo[] =>
  (test.session?.sources ?? []).flatMap(({ host }) => (host === null ? [] : [host]));

const SET: Extract<Command, { command: 'hostSet' }> = {
  command: 'hostSet',
  count: 3,
  size: '1M',
  parameters: [],
  tcp: false,
};

describe('a set of logs', () => {
  it('waits for logs that are not there yet, and shows them in order whichever comes first', async () => {
    await using test = new TestEngine();
    test.send({
      command: 'openSet',
      count: 3,
      size: '64M',
      logs: test.file('log%d'),
      errorFiles: test.file('error%d'),
      replace: true,
    });
    await test.until(() => test.session?.sources.length === 3);
    expect(test.session?.sources.map(({ name, status }) => [name, status])).toEqual([
      ['disk 1', 'waiting'],
      ['disk 2', 'waiting'],
      ['disk 3', 'waiting'],
    ]);
    for (const i of [3, 1, 2]) {
      writeFileSync(test.file(`log${i}`), i === 2 ? READ : CONNECT + READ);
      await test.until(() => names(test).includes(`disk ${i}`));
    }
    expect(names(test)).toEqual(['disk 1', 'disk 2', 'disk 3']);
    expect(test.session?.disks.map(({ sizeBytes }) => sizeBytes)).toEqual(['1048576', '67108864', '1048576']);
    await test.until(() => test.session?.disks.every(({ faults }) => faults.errorSwitch !== null));
    expect(test.session?.disks.map(({ faults }) => faults.errorSwitch?.file)).toEqual(
      [1, 2, 3].map((i) => test.file(`error${i}`)),
    );
    const second = test.disk(1)?.id ?? -1;
    test.send({ command: 'setDiskError', disk: second, on: true, removeForeign: false });
    await test.until(() => test.disk(1)?.faults.errorSwitch?.on);
    expect([1, 2, 3].map((i) => existsSync(test.file(`error${i}`)))).toEqual([false, true, false]);
  });

  it('is refused with a pattern or size that will not do, and what was open stays', async () => {
    await using test = new TestEngine();
    await test.engine.openSample();
    const open = (logs: string, size: string | null, errorFiles: string | null): void =>
      test.send({ command: 'openSet', count: 2, size, logs, errorFiles, replace: true });
    open('/tmp/log', '1M', null);
    expect(await test.refusal()).toContain('2 disks would share it');
    open('/tmp/log%d', '1M', '/tmp/e%x');
    expect(await test.refusal()).toContain('"%x" stands for nothing');
    open('/tmp/log%d', '1Q', null);
    expect(await test.refusal()).toContain('unknown size suffix');
    expect(test.engine.sessionInfo().sources[0]?.kind).toBe('sample');
  });

  it('keeps its names and its order when a run is picked', async () => {
    await using test = new TestEngine();
    const set = { count: 2, sizeBytes: null, logs: test.file('log%d'), errorFiles: null };
    for (const i of [1, 2]) writeFileSync(test.file(`log${i}`), CONNECT + READ);
    await test.engine.openSet(set);
    appendFileSync(test.file('log1'), CONNECT + READ);
    await test.until(() => test.source()?.runs.length === 2);
    await test.engine.pickRun(test.source()?.id ?? -1, 1);
    await test.until(() => test.source()?.run === 1 && names(test).length === 2);
    expect(names(test)).toEqual(['disk 1', 'disk 2']);
  });
});

describe('a hosted set', () => {
  it('is as many disks, each with its own socket, its name and its place', async () => {
    await using test = new TestEngine();
    test.send({ ...SET, count: 5, size: '64M', parameters: [{ key: 'rdelay', value: '1ms' }] });
    await test.until(() => names(test).length === 5);
    expect(names(test)).toEqual(['disk1', 'disk2', 'disk3', 'disk4', 'disk5']);
    const shown = hosts(test);
    expect(new Set(shown.map(({ socketPath }) => socketPath)).size).toBe(5);
    expect(new Set(shown.map(({ set }) => set?.id)).size).toBe(1);
    expect(shown.map(({ set }) => [set?.index, set?.count])).toEqual([1, 2, 3, 4, 5].map((i) => [i, 5]));
    expect(shown.every(({ memoryLimitBytes }) => memoryLimitBytes === 2 ** 31)).toBe(true);
    expect(shown.map(({ parameters }) => parameters[0]?.value)).toEqual(Array(5).fill('1ms'));
    for (const { uri } of shown) expect(await readResults(uri)).toEqual(['ok']);
    await test.until(() => [0, 1, 2, 3, 4].every((disk) => test.requests(disk, Op.Read) === 1));

    const [first] = test.session?.sources ?? [];
    test.send({ command: 'stopHost', source: first?.id ?? -1, force: false });
    await test.until(() => names(test).length === 4);
    expect(existsSync(dirname(first?.host?.socketPath ?? ''))).toBe(false);
    test.send({ ...SET, count: 1, tcp: true });
    await test.until(() => names(test).length === 5);
    expect(hosts(test).at(-1)).toMatchObject({ socketPath: null, set: { index: 1, count: 1 } });
    expect(hosts(test).at(-1)?.set?.id).not.toBe(shown[0]?.set?.id);
  });

  it('starts all its disks or none', async () => {
    await using test = new TestEngine();
    const logfile = { key: 'logfile', value: test.file('%d/log') };
    mkdirSync(test.file('1'));
    mkdirSync(test.file('2'));
    test.send({ ...SET, parameters: [logfile] });
    expect(await test.refusal()).toContain(test.file('3/log'));
    expect(test.engine.sessionInfo().sources).toEqual([]);
    test.send({ ...SET, parameters: [{ key: 'logfile', value: test.file('log') }] });
    expect(await test.refusal()).toContain('3 disks would share it');
    test.send({ ...SET, size: '1Q' });
    expect(await test.refusal()).toContain('size: ');
    mkdirSync(test.file('3'));
    test.send({ ...SET, parameters: [logfile] });
    await test.until(() => names(test).length === 3);
    expect(existsSync(test.file('3/log'))).toBe(true);
  });

  it('stands beside logs and an nbdkit in one window, each with its own Error switch', async () => {
    await using test = new TestEngine();
    test.send({ ...SET, count: 2 });
    for (const i of [1, 2]) writeFileSync(test.file(`log${i}`), CONNECT + READ);
    const patterns = { logs: test.file('log%d'), errorFiles: test.file('error%d') };
    test.send({ command: 'openSet', count: 2, size: null, ...patterns, replace: true });
    test.send({ command: 'startNbdkit', line: 'memory 1M', confirmed: false });
    await test.until(() => test.session?.sources.length === 5);
    const nbdkit = test.session?.sources.find(({ kind }) => kind === 'nbdkit')?.nbdkit;
    expect(await readResults(nbdkit?.uri ?? '')).toEqual(['ok']);
    await test.until(() => names(test).length === 5);
    expect(names(test).sort()).toEqual(['disk 1', 'disk 2', 'disk1', 'disk2', 'nbdkit memory 1M']);
    expect(test.session?.sources.map(({ kind }) => kind).sort()).toEqual([
      ...['host', 'host', 'log', 'log', 'nbdkit'],
    ]);
    const log = test.session?.disks.find(({ name }) => name === 'disk 2');
    test.send({ command: 'setDiskError', disk: log?.id ?? -1, on: true, removeForeign: false });
    await test.until(() => existsSync(test.file('error2')));
    expect(await readResults(hosts(test)[1]?.uri ?? '')).toEqual(['ok']);
  });
});
