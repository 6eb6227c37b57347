import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { CaptureHistory } from './capture-history.ts';
import { CaptureRecorder } from './capture-recorder.ts';
import { NO_SESSION } from './capture-session.ts';
import { plainRows, Recorded, recordedLog } from './testing/recorded.ts';

const folder = mkdtempSync(join(tmpdir(), 'nbdscope-recorder-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CHILD = resolve(import.meta.dirname, 'testing/record-and-die.ts');

describe('recording', () => {
  it('has lost a second at most when its process is killed', async () => {
    const path = join(folder, 'killed.nbdscope');
    const child = spawn(process.execPath, [CHILD, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const told: { rows: number; ms: number }[] = [];
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      const [rows = 0, ms = 0] = line.split(' ').map(Number);
      told.push({ rows, ms });
      if (told.length === 300) child.kill('SIGKILL');
    });
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');
    const capture = await CaptureHistory.open(path, { cacheDir: folder });
    const last = told.at(-1);
    const secondBefore = told.findLast(({ ms }) => ms <= (last?.ms ?? 0) - 1000);
    expect(capture.lastSequence).toBeGreaterThanOrEqual(secondBefore?.rows ?? 0);
    expect(capture.isFinished).toBe(false);
    expect(capture.info().requests).toBe(capture.lastSequence / 2);
    await capture.dispose();
  });

  it('stops when no more fits, keeps what was written, and harms nothing else', async () => {
    const path = join(folder, 'full.nbdscope');
    // With a limit on the size of files (setrlimit(2), RLIMIT_FSIZE), a write past it fails as on a full disk.
    const limited = `ulimit -f 24; exec "$0" "$1" "$2"`;
    const child = spawn('bash', ['-c', limited, process.execPath, CHILD, path], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let told = 0;
    child.stdout.on('data', () => {
      told += 1;
    });
    const [error] = await once(child.stderr, 'data');
    expect(`${error}`).toMatch(/EFBIG|file too large/i);
    const toldThen = told;
    await once(child.stdout, 'data');
    expect(told).toBeGreaterThan(toldThen);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(statSync(path).size).toBeLessThanOrEqual(24 * 1024);
    const capture = await CaptureHistory.open(path, { cacheDir: folder });
    expect(capture.damage).toBeNull();
    expect(capture.lastSequence).toBeGreaterThan(0);
    await capture.dispose();
  });

  it('goes on where history begins anew, and says which disks there are', async () => {
    const path = join(folder, 'anew.nbdscope');
    const first = recordedLog('all-ops-10M/log');
    let session = NO_SESSION;
    let history: Recorded['history'] | null = first.history;
    const { lastSequence } = first.history;
    const recorder = await CaptureRecorder.start(
      { path, replace: false, producer: 'test' },
      () => ({ history, session, structures: [], sequence: lastSequence }),
      true,
      { changed: () => {}, failed: (text) => expect.fail(text) },
    );
    await recorder.flush();
    const named = { id: 0, exportName: '', sizeBytes: '1024', source: '', faultFile: null };
    session = { disks: [{ ...named, name: 'sda' }], arrays: [] };
    const again = new Recorded(lastSequence);
    for await (const rows of recordedLog('errors/log.EIO').history.rows(1, 100)) again.rows(rows);
    history = again.history;
    await recorder.stop();
    const capture = await CaptureHistory.open(path, { cacheDir: folder });
    expect(capture.lastSequence).toBe(again.history.lastSequence);
    expect(capture.session).toEqual(session);
    const rows = await plainRows(capture.rows(1, capture.lastSequence));
    expect(rows.slice(lastSequence)).toEqual(
      await plainRows(again.history.rows(lastSequence + 1, capture.lastSequence)),
    );
    await capture.dispose();
  });

  it('makes no file where one is', async () => {
    const path = join(folder, 'there.nbdscope');
    const { history } = recordedLog('all-ops-10M/log');
    const kept = () => ({ history, session: NO_SESSION, structures: [], sequence: history.lastSequence });
    const listener = { changed: () => {}, failed: () => {} };
    const target = { path, replace: false, producer: 'test' };
    const recorder = await CaptureRecorder.start(target, kept, false, listener);
    await recorder.stop();
    const bytes = readFileSync(path);
    await expect(CaptureRecorder.start(target, kept, true, listener)).rejects.toThrow('is there already');
    expect(readFileSync(path)).toEqual(bytes);
    expect(existsSync(`${path}.index`)).toBe(false);
  });
});
