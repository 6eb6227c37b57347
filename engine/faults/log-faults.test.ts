import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownMark } from '#engine/process-mark.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { background } from '../nbd/testing/peers.ts';
import { RealNbdkit, readResults } from '../testing/real-nbdkit.ts';
import { TestEngine } from '../testing/test-engine.ts';

const LINES =
  '2026-01-01 00:00:00.000001 connection=1 Connect export="" tls=0 size=0x100000 write=1\n' +
  '2026-01-01 00:00:00.000002 connection=1 Read id=1 offset=0x0 count=0x1000 ...\n' +
  '2026-01-01 00:00:00.000003 connection=1 ...Read id=1 return=0\n';

const words = (test: TestEngine): string[] =>
  test.engine.session.state.faultChanges.map((entry) => entry.words.replaceAll(`${test.folder}/`, ''));

/** A finished log is open, with its error file named. */
async function withLog(test: TestEngine): Promise<{ path: string; toggle: ReturnType<typeof switchOf> }> {
  writeFileSync(test.file('log'), LINES);
  const path = test.file('error');
  test.send({
    command: 'openSet',
    count: 1,
    size: null,
    logs: test.file('log'),
    errorFiles: path,
    replace: true,
  });
  await test.until(() => test.disk()?.faults.errorSwitch);
  return { path, toggle: switchOf(test) };
}

const switchOf =
  (test: TestEngine) =>
  (on: boolean, removeForeign = false): void =>
    test.send({ command: 'setDiskError', disk: test.disk()?.id ?? -1, on, removeForeign });

const state = (test: TestEngine) => test.disk()?.faults.errorSwitch;

describe('the Error switch of a log', () => {
  it('fails the reads of a real nbdkit with EIO, shows it, and lets them succeed again', async () => {
    await using test = new TestEngine();
    const [log, error, socket] = [test.file('log1'), test.file('error1'), test.file('sock')];
    await using _nbdkit = await RealNbdkit.start(
      socket,
      ...['--filter=log', '--filter=error', 'memory', '64M', `logfile=${log}`],
      ...['error-rate=100%', `error-file=${error}`],
    );
    const pattern = { logs: test.file('log%d'), errorFiles: test.file('error%d') };
    test.send({ command: 'openSet', count: 1, size: '64M', ...pattern, replace: true });
    const uri = `nbd+unix:///?socket=${socket}`;
    expect(await readResults(uri)).toEqual(['ok']);
    await test.until(() => test.disk()?.faults.errorSwitch);
    expect(test.disk()).toMatchObject({ name: 'disk 1', sizeBytes: '67108864' });

    const toggle = switchOf(test);
    toggle(true);
    await test.until(() => state(test)?.on);
    expect(state(test)).toEqual({ on: true, file: error, foreign: false, problem: null });
    expect(await readResults(uri, 3)).toEqual(['EIO', 'EIO', 'EIO']);
    await test.until(() => test.errors(0, Op.Read) === 3);
    toggle(false);
    await test.until(() => state(test)?.on === false);
    expect(existsSync(error)).toBe(false);
    expect(await readResults(uri)).toEqual(['ok']);
    await test.until(() => test.requests(0, Op.Read) === 5);
    expect(test.errors(0, Op.Read)).toBe(3);
    expect(words(test)).toEqual(['Error on: error1 was made', 'Error off: error1 was removed']);
    expect(test.disk()?.faults.hint).toBeNull();
  });

  it('moves with a file that appears and vanishes from outside, and says so in the session', async () => {
    await using test = new TestEngine();
    const { path } = await withLog(test);
    writeFileSync(path, '');
    await test.until(() => state(test)?.on);
    expect(state(test)?.foreign).toBe(true);
    unlinkSync(path);
    await test.until(() => state(test)?.on === false);
    expect(words(test)).toEqual([
      'Error on from outside: error appeared',
      'Error off from outside: error is gone',
    ]);
    expect(test.engine.session.state.disk(0).faults?.on).toBe(false);
  });

  it('sees its own file taken away, and another put in its place', async () => {
    await using test = new TestEngine();
    const { path, toggle } = await withLog(test);
    toggle(true);
    await test.until(() => state(test)?.on);
    writeFileSync(test.file('other'), '');
    renameSync(test.file('other'), path);
    await test.until(() => state(test)?.foreign);
    expect(words(test).at(-1)).toBe('Error on: another error was put in its place from outside');
    toggle(false);
    expect(await test.refusal()).toContain('did not make');
    unlinkSync(path);
    await test.until(() => state(test)?.on === false);
    toggle(true);
    await test.until(() => state(test)?.on);
    unlinkSync(path);
    await test.until(() => state(test)?.on === false);
    expect(words(test).at(-1)).toBe('Error off from outside: error is gone');
  });

  it('removes a file that it did not make only when it is told to', async () => {
    await using test = new TestEngine();
    const { path, toggle } = await withLog(test);
    writeFileSync(path, 'a line\n');
    await test.until(() => state(test)?.on);
    toggle(true);
    toggle(false);
    expect(await test.refusal()).toBe(`nbdscope did not make ${path}; it is removed only when you say so`);
    expect(existsSync(path)).toBe(true);
    toggle(false, true);
    await test.until(() => state(test)?.on === false);
    expect(existsSync(path)).toBe(false);
  });

  it('never removes what is more than a trigger: data, directories, links', async () => {
    await using test = new TestEngine();
    const { path, toggle } = await withLog(test);
    writeFileSync(path, 'x'.repeat(5000));
    await test.until(() => state(test)?.on);
    toggle(false, true);
    expect(await test.refusal()).toContain('holds 4.9 KiB');
    unlinkSync(path);
    mkdirSync(path);
    await test.until(() => state(test)?.problem?.includes('a directory'));
    toggle(false, true);
    expect(await test.refusal()).toContain('is a directory');
    rmdirSync(path);
    symlinkSync(test.file('log'), path);
    await test.until(() => state(test)?.problem?.includes('a symbolic link'));
    toggle(false, true);
    expect(await test.refusal()).toContain('is a symbolic link');
    unlinkSync(path);
    symlinkSync(test.file('nothing'), path);
    await test.until(() => state(test)?.problem?.includes('a symbolic link to nothing'));
    expect(state(test)?.on).toBe(false);
    toggle(true);
    expect(await test.refusal()).toContain('a symbolic link to nothing');
    expect([existsSync(test.file('nothing')), readFileSync(test.file('log'), 'utf8')]).toEqual([
      false,
      LINES,
    ]);
  });

  it('says what stands in the way, and finds out when it no longer does', async () => {
    await using test = new TestEngine();
    await withLog(test);
    const path = test.file('later/error');
    test.send({ command: 'setErrorFile', disk: 0, path });
    await test.until(() => state(test)?.file === path && state(test)?.problem !== null);
    expect(state(test)?.problem).toBe(
      `there is no directory ${test.file('later')}; make it, or give another error file`,
    );
    const toggle = switchOf(test);
    toggle(true);
    expect(await test.refusal()).toContain(`${path} cannot be made: there is no directory`);
    mkdirSync(test.file('later'));
    await test.until(() => state(test)?.problem === null);
    writeFileSync(path, '');
    await test.until(() => state(test)?.on);
    rmSync(test.file('later'), { recursive: true });
    await test.until(() => state(test)?.on === false);
  });

  it('is there once a file is chosen, and gone once it is forgotten, with the file', async () => {
    await using test = new TestEngine();
    writeFileSync(test.file('log'), LINES);
    await test.engine.openLogs([test.file('log')], null);
    await test.until(() => test.disk());
    expect(state(test)).toBeNull();
    const toggle = switchOf(test);
    toggle(true);
    expect(await test.refusal()).toContain('cannot be made to fail from here');
    test.send({ command: 'setErrorFile', disk: 0, path: test.file('log') });
    expect(await test.refusal()).toContain('is a log that is open here');
    test.send({ command: 'setErrorFile', disk: 9, path: test.file('error') });
    expect(await test.refusal()).toBe('there is no disk 9');
    const path = test.file('error');
    test.send({ command: 'setErrorFile', disk: 0, path });
    await test.until(() => state(test));
    toggle(true);
    await test.until(() => state(test)?.on);
    test.send({ command: 'setFaultRules', disk: 0, rules: [] });
    test.send({ command: 'setErrorFile', disk: 0, path: null });
    await test.until(() => state(test) === null);
    await test.until(() => !existsSync(path));
    expect(test.refused).toEqual([]);
  });

  it('takes its file away when the log is closed, and when the engine ends', async () => {
    await using test = new TestEngine();
    const { path, toggle } = await withLog(test);
    toggle(true);
    await test.until(() => state(test)?.on);
    await test.engine.closeSource(test.source()?.id ?? -1);
    await test.until(() => !existsSync(path));
    const again = await withLog(test);
    again.toggle(true);
    await test.until(() => state(test)?.on);
    await test.engine.dispose();
    expect(existsSync(path)).toBe(false);
  });

  it('says in the window what a crashed nbdscope had left, once it is removed', async () => {
    await using former = new TestEngine();
    const left = former.file('left');
    writeFileSync(left, '');
    const { dev, ino, birthtimeNs } = lstatSync(left, { bigint: true });
    const made = { dev: `${dev}`, ino: `${ino}`, birthtimeNs: `${birthtimeNs}` };
    mkdirSync(former.file('crashed/made-files'), { recursive: true });
    writeFileSync(
      former.file('crashed/made-files/1.json'),
      JSON.stringify({
        version: 1,
        maker: { ...ownMark(), startTicks: '1' },
        files: [{ path: left, intendedNs: '0', made }],
      }),
    );
    await using test = new TestEngine(former.file('crashed'));
    expect(existsSync(left)).toBe(false);
    const notice = await test.until(() => test.session?.notices[0]);
    expect(notice.text).toContain('had left an error file, removed now');
    expect(notice.detail).toBe(left);
  });

  it('is refused in words where the file cannot be made', async () => {
    await using test = new TestEngine();
    await withLog(test);
    const refused = async (path: string): Promise<string> => {
      test.send({ command: 'setErrorFile', disk: 0, path });
      await test.until(() => state(test)?.file === path);
      switchOf(test)(true);
      return test.refusal();
    };
    const beneath = join(test.file('log'), 'error');
    expect(await refused(beneath)).toBe(
      `${beneath} cannot be made: ${test.file('log')} is no directory; give another error file`,
    );
    expect(await refused(test.file('x'.repeat(300)))).toContain('the name is too long');
  });

  it('is refused in words where the user may not write', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nbdscope-locked-'));
    chmodSync(folder, 0o555);
    const path = join(folder, 'error');
    const module = (name: string): string => JSON.stringify(join(import.meta.dirname, name));
    const script = `
      const { ErrorFile } = await import(${module('error-file.ts')});
      const { CreatedFiles } = await import(${module('created-files.ts')});
      const file = new ErrorFile(${JSON.stringify(path)}, new CreatedFiles('/nowhere'));
      await file.start();
      console.log(file.state.problem);
      await file.set(true, false).catch((error) => console.log(error.message));
      await file.dispose();
    `;
    // Root may write anywhere.
    const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      ...user,
    });
    rmSync(folder, { recursive: true });
    expect(stderr).toBe('');
    const words = `no permission in ${folder}; run nbdscope as a user who may, or give another error file`;
    expect(stdout).toBe(`${words}\n${path} cannot be made: ${words}\n`);
  });

  it('stays on, with its file, while another run of the log is picked', async () => {
    await using test = new TestEngine();
    const { path, toggle } = await withLog(test);
    writeFileSync(test.file('log'), LINES + LINES);
    await test.until(() => test.source()?.runs.length === 2);
    toggle(true);
    await test.until(() => state(test)?.on);
    await test.engine.pickRun(test.source()?.id ?? -1, 1);
    await test.until(() => test.source()?.run === 1 && test.disk()?.faults.errorSwitch?.on);
    await new Promise((wait) => setTimeout(wait, 100));
    expect(existsSync(path)).toBe(true);
    expect(state(test)?.foreign).toBe(false);
    expect(test.disk()?.name).toBe('disk 1');
  });

  it('says what the filter order hides when a disk only falls silent, with the command that does not', async () => {
    await using test = new TestEngine();
    const [log, error, socket] = [test.file('log'), test.file('error'), test.file('sock')];
    await using _nbdkit = await RealNbdkit.start(
      socket,
      ...['--filter=error', '--filter=log', 'memory', '64M', `logfile=${log}`],
      ...['error-rate=100%', `error-file=${error}`],
    );
    const set = { count: 1, size: null, logs: log, errorFiles: error, replace: true } as const;
    test.send({ command: 'openSet', ...set });
    const script = [
      'import time',
      'while True:',
      '    try:',
      '        h.pread(512, 0)',
      '    except nbd.Error:',
      '        pass',
      '    time.sleep(0.02)',
    ].join('\n');
    const client = background('nbdsh', ['-u', `nbd+unix:///?socket=${socket}`, '-c', script]);
    try {
      await test.until(() => test.requests(0, Op.Read) > 50 && test.disk()?.faults.errorSwitch);
      expect(test.disk()?.faults.hint).toBeNull();
      switchOf(test)(true);
      const hint = await test.until(() => test.disk()?.faults.hint);
      expect(hint.text).toContain('no request has been seen to fail, and the disk has fallen silent');
      expect(hint.command).toBe(
        `nbdkit --filter=log --filter=error PLUGIN logfile=${log} error-rate=100% error-file=${error}`,
      );
      expect(test.errors(0, Op.Read)).toBe(0);
      switchOf(test)(false);
      await test.until(() => test.disk()?.faults.hint === null);
    } finally {
      void client.stop();
      await client.said();
    }
  });
});
