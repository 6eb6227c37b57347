import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownMark } from '#engine/process-mark.ts';
import type { NbdkitInfo } from '#shared/contract/messages.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { readResults } from '../testing/real-nbdkit.ts';
import { TestEngine } from '../testing/test-engine.ts';
import { removeStaleFolders } from './nbdkit-folder.ts';

/** Starts what stands on a line and waits until it is shown. */
async function started(test: TestEngine, line: string, confirmed = false): Promise<NbdkitInfo> {
  const before = test.engine.sessionInfo().sources.length;
  test.send({ command: 'startNbdkit', line, confirmed });
  await test.until(() => test.refused.length > 0 || (test.session?.sources.length ?? 0) > before);
  const info = test.session?.sources.at(-1)?.nbdkit;
  if (info == null || test.refused.length > 0) throw new Error(test.refused.join());
  return info;
}

const info = (test: TestEngine, at = 0): NbdkitInfo | null => test.source(at)?.nbdkit ?? null;

/** Temporary files go to a directory of this file's own, so that what is left over can be told. */
const before = process.env['TMPDIR'];
let temporary: string;

beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'nbdscope-run-'));
  process.env['TMPDIR'] = temporary;
});

afterAll(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(temporary, { recursive: true });
});

const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('nbdscope-nbdkit-'));

function isAlive(pid: number | null): boolean {
  try {
    return process.kill(pid ?? 0, 0);
  } catch {
    return false;
  }
}

describe('nbdkit, run for a window', () => {
  it('is known by its version, serves, is seen, and is gone with its socket and log once it is closed', async () => {
    await using test = new TestEngine();
    await test.until(() => test.nbdkit);
    expect(test.nbdkit).toMatch(/^1\.\d+/);
    const nbdkit = await started(test, 'memory 64M');
    expect(nbdkit).toMatchObject({ running: true, ended: null, stderr: '' });
    expect(nbdkit.command).toContain('--filter=log -- memory 64M logfile=');
    expect(await readResults(nbdkit.uri, 3)).toEqual(['ok', 'ok', 'ok']);
    await test.until(() => test.requests(0, Op.Read) === 3 && test.disk());
    expect(test.disk()).toMatchObject({ name: 'nbdkit memory 64M', sizeBytes: '67108864' });
    expect(test.source()?.kind).toBe('nbdkit');
    expect(test.session?.notices[0]?.text).toContain('nbdscope added to the line: -f');
    const folder = dirname(test.source()?.path ?? '');

    const id = test.source()?.id ?? -1;
    test.send({ command: 'stopNbdkit', source: id });
    await test.until(() => info(test)?.running === false);
    expect(info(test)).toMatchObject({ ended: 'was stopped', pid: null });
    expect([isAlive(nbdkit.pid), existsSync(join(folder, 'nbd.sock'))]).toEqual([false, false]);
    expect(test.requests(0, Op.Read)).toBe(3);
    test.send({ command: 'closeSource', source: id });
    await test.until(() => test.session?.sources.length === 0 && !existsSync(folder));
    test.send({ command: 'stopNbdkit', source: id });
    expect(await test.refusal()).toContain('no nbdkit was started here');
  });

  it('has its Error switch from its own command line, and is told of an order that hides errors', async () => {
    await using test = new TestEngine();
    const error = test.file('my error');
    const line = (filters: string): string =>
      `nbdkit -f -U ${test.file('sock')} ${filters} memory size=64M error-rate=100% error-file='${error}'`;
    const logFirst = await started(test, line('--filter=log --filter=error'));
    expect(await readResults(logFirst.uri)).toEqual(['ok']);
    await test.until(() => test.disk()?.faults.errorSwitch);
    expect(test.disk()?.faults).toMatchObject({
      errorSwitch: { on: false, file: error },
      takesRules: false,
      hint: null,
    });
    test.send({ command: 'setDiskError', disk: 0, on: true, removeForeign: false });
    await test.until(() => existsSync(error));
    expect(await readResults(logFirst.uri)).toEqual(['EIO']);
    await test.until(() => test.errors(0, Op.Read) === 1);
    await test.until(() => info(test)?.stderr.includes('injecting EIO error'));
    await test.engine.closeSource(test.source()?.id ?? -1);
    await test.until(() => !existsSync(error) && test.session?.sources.length === 0);

    const errorFirst = await started(test, line('--filter=error --filter=log'));
    expect(await readResults(errorFirst.uri)).toEqual(['ok']);
    const hint = await test.until(() => test.disk()?.faults.hint);
    expect(hint.text).toContain('--filter=error before --filter=log');
    expect(hint.command).toContain('--filter=log --filter=error -- memory size=64M');
    expect(hint.command).toContain(`'error-file=${error}'`);
  });

  it('runs the same line again where the last run left its socket', async () => {
    await using test = new TestEngine();
    const line = `-U ${test.file('sock')} memory 1M`;
    for (let i = 0; i < 2; i += 1) {
      const nbdkit = await started(test, line);
      process.kill(nbdkit.pid ?? 0, 'SIGKILL');
      await test.until(() => info(test)?.running === false);
      expect(info(test)?.ended).toBe('was ended by SIGKILL');
      expect(existsSync(test.file('sock'))).toBe(true);
      if (i === 0) await test.engine.closeSource(test.source()?.id ?? -1);
      await test.until(() => i > 0 || test.session?.sources.length === 0);
    }
  });

  it.each([
    ['memory', 'you must specify size'],
    ['memory size=64X', "unknown suffix 'X'"],
    ['file /nowhere/disk', '/nowhere/disk'],
    ['-U /nowhere/sock memory 1M', '/nowhere/sock'],
    ['--filter=log memory 1M logfile=/nowhere/log', '/nowhere/log'],
    ['zero nonsense=1', 'does not need command line configuration'],
  ])('tells in its own words why it ended at once: %j', async (line, words) => {
    await using test = new TestEngine();
    test.send({ command: 'startNbdkit', line, confirmed: false });
    const refusal = await test.refusal();
    expect(refusal).toContain('nbdkit ended with exit code 1 at once: ');
    expect(refusal).toContain(words);
    expect(test.engine.sessionInfo().sources).toEqual([]);
    expect(folders()).toEqual([]);
  });

  it('says that a port is taken', async () => {
    await using test = new TestEngine();
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    test.send({ command: 'startNbdkit', line: `-p ${port} memory 1M`, confirmed: false });
    expect(await test.refusal()).toContain('Address already in use');
    taken.close();
  });

  it('runs what runs programs only when that is agreed to, and no shell ever', async () => {
    await using test = new TestEngine();
    const trace = test.file('ran');
    const line = `eval get_size='touch ${trace}; echo 1M' pread='dd if=/dev/zero count=$3 iflag=count_bytes'`;
    test.send({ command: 'startNbdkit', line, confirmed: false });
    expect(await test.refusal()).toContain('the plugin eval may run programs; it is run only when you agree');
    expect(existsSync(trace)).toBe(false);
    const nbdkit = await started(test, line, true);
    expect(await readResults(nbdkit.uri)).toEqual(['ok']);
    expect(existsSync(trace)).toBe(true);
    test.send({ command: 'startNbdkit', line: `memory 1M; touch ${test.file('shell')}`, confirmed: true });
    expect(await test.refusal()).toContain('; ends the command');
    expect(existsSync(test.file('shell'))).toBe(false);
  });

  it('keeps the last 16 KiB of what it says', async () => {
    await using test = new TestEngine();
    const nbdkit = await started(test, '-v memory 1M');
    expect((await readResults(nbdkit.uri, 300)).length).toBe(300);
    const { stderr } = await test.until(() => {
      const now = info(test);
      return now !== null && now.stderr.length > 16_000 ? now : null;
    });
    expect(Buffer.byteLength(stderr)).toBeLessThanOrEqual(16 * 1024);
  });

  it('stays beside what is opened next, and beside hosted disks', async () => {
    await using test = new TestEngine();
    await started(test, 'memory 1M');
    const log = test.file('log');
    writeFileSync(log, '');
    await test.engine.openLogs([log], null);
    test.send({
      command: 'hostDisk',
      size: '1M',
      exportName: 'a',
      parameters: [],
      readOnly: false,
      tcpPort: null,
    });
    await test.until(() => test.session?.sources.length === 3);
    expect(test.session?.sources.map(({ kind }) => kind)).toEqual(['nbdkit', 'log', 'host']);
    test.send({ command: 'openSample', sample: 'ext4' });
    expect(await test.refusal()).toContain('a disk is hosted here');
    await test.engine.stopHost(test.source(2)?.id ?? -1, false);
    test.send({ command: 'openSample', sample: 'ext4' });
    expect(await test.refusal()).toContain('an nbdkit runs here');
    test.send({ command: 'pickRun', source: test.source(1)?.id ?? -1, run: null });
    expect(await test.refusal()).toContain('an nbdkit was run here, whose log would go');
    expect(test.engine.hosting).toBe(false);
  });

  it('is gone with everything of its own when the engine ends', async () => {
    let pid: number | null = null;
    let socket = '';
    {
      await using test = new TestEngine();
      socket = test.file('sock');
      pid = (await started(test, `-U ${socket} memory 1M`)).pid;
      expect(isAlive(pid)).toBe(true);
      expect(folders().length).toBe(1);
      await test.engine.dispose();
      expect([isAlive(pid), existsSync(socket)]).toEqual([false, false]);
    }
    expect(folders()).toEqual([]);
  });

  it('ends nbdkit though it crashes itself, and cleans up at the next start', async () => {
    const module = JSON.stringify(join(import.meta.dirname, '../testing/test-engine.ts'));
    const script = `
      const { TestEngine } = await import(${module});
      const test = new TestEngine();
      await test.engine.startNbdkit('memory 1M', false);
      console.log(test.engine.sessionInfo().sources[0].nbdkit.pid);
    `;
    const crashing = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = await once(crashing.stdout, 'data');
    const pid = Number(String(said));
    expect(isAlive(pid)).toBe(true);
    const over = once(crashing, 'exit');
    crashing.kill('SIGKILL');
    await over;
    const endMs = performance.now() + 30_000;
    while (isAlive(pid) && performance.now() < endMs) await new Promise((wait) => setTimeout(wait, 5));
    expect([isAlive(pid), folders().length]).toEqual([false, 1]);
    await using _next = new TestEngine();
    expect(folders()).toEqual([]);
  });

  it('leaves no directory after a crash, once it is started again', async () => {
    await using test = new TestEngine();
    const folder = (name: string, owner: object): string => {
      const path = test.file(`nbdscope-nbdkit-${name}`);
      mkdirSync(path);
      writeFileSync(join(path, 'owner.json'), JSON.stringify(owner));
      return path;
    };
    const crashed = folder('crashed', { ...ownMark(), startTicks: '1' });
    const live = folder('live', ownMark());
    const odd = folder('odd', {});
    const served = folder('served', { ...ownMark(), startTicks: '1' });
    writeFileSync(join(served, 'pid'), `${process.pid}\n`);
    removeStaleFolders(test.folder);
    expect([crashed, live, odd, served].map((path) => existsSync(path))).toEqual([false, true, true, true]);
  });
});
