import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withHomePaths } from './home-paths.ts';
import { TestEngine } from './testing/test-engine.ts';

const LINES =
  '2026-01-01 00:00:00.000001 connection=1 Connect export="" tls=0 size=0x100000 write=1\n' +
  '2026-01-01 00:00:00.000002 connection=1 Read id=1 offset=0x0 count=0x1000 ...\n' +
  '2026-01-01 00:00:00.000003 connection=1 ...Read id=1 return=0\n';

describe('~/ in a path that a window sends', () => {
  let test: TestEngine;
  beforeEach(() => {
    test = new TestEngine();
    vi.stubEnv('HOME', test.file('home'));
    mkdirSync(test.file('home'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await test[Symbol.asyncDispose]();
  });

  it('is the home directory where a log is opened and its error file chosen', async () => {
    writeFileSync(test.file('home/disk.log'), LINES);
    test.send({ command: 'openLogs', paths: ['~/disk.log'], size: null, replace: true });
    const disk = await test.until(() => test.disk());
    expect(test.source()?.path).toBe(test.file('home/disk.log'));
    test.send({ command: 'setErrorFile', disk: disk.id, path: '~/error' });
    await test.until(() => test.disk()?.faults.errorSwitch?.file === test.file('home/error'));
  });

  it('is so for a set of logs, also where the directory has a percent sign', async () => {
    mkdirSync(test.file('100%d'));
    vi.stubEnv('HOME', test.file('100%d'));
    for (const i of [1, 2]) writeFileSync(test.file(`100%d/log${i}`), LINES);
    const patterns = { logs: '~/log%d', errorFiles: '~/error%d' };
    test.send({ command: 'openSet', count: 2, size: null, replace: true, ...patterns });
    const errorFiles = (): unknown => test.session?.disks.map(({ faults }) => faults.errorSwitch?.file);
    await test.until(() => String(errorFiles()) === String([1, 2].map((i) => test.file(`100%d/error${i}`))));
    expect(test.session?.sources.map(({ path }) => path)).toEqual(
      [1, 2].map((i) => test.file(`100%d/log${i}`)),
    );
  });

  it('is so for an image to host, its log, and the image it is saved as', async () => {
    writeFileSync(test.file('home/disk.img'), Buffer.alloc(8192, 'x'));
    test.send({
      command: 'hostDisk',
      plugin: 'file',
      size: '',
      exportName: '',
      parameters: [
        { key: 'file', value: '~/disk.img' },
        { key: 'logfile', value: '~/log' },
      ],
      readOnly: false,
      tcpPort: null,
    });
    const source = await test.until(() => test.source());
    expect(existsSync(test.file('home/log'))).toBe(true);
    test.send({ command: 'saveHost', source: source.id, path: '~/copy.img', sparse: true, replace: false });
    await test.until(() => test.source()?.host?.tasksDone === 1);
    expect(readFileSync(test.file('home/copy.img'))).toEqual(readFileSync(test.file('home/disk.img')));
    expect(test.refused).toEqual([]);
  });

  it('is left alone elsewhere in a path, in what is no path, and for another user', () => {
    const given = [
      ['file', '/a/~/b'],
      ['file', '~other/disk.img'],
      ['raw', '~/'],
      ['header', '~/'],
    ];
    const host = {
      command: 'hostDisk',
      size: '',
      exportName: '~/',
      parameters: given.map(([key = '', value = '']) => ({ key, value })),
      readOnly: false,
      tcpPort: null,
    } as const;
    expect(withHomePaths(host)).toEqual(host);
    const cookie = { command: 'setHostParameter', source: 1, key: 'cookie', value: '+~/jar' } as const;
    expect(withHomePaths(cookie)).toMatchObject({ value: `+${test.file('home/jar')}` });
  });
});
