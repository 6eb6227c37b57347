import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runStage } from './stage.ts';

const here = { cwd: import.meta.dirname, limitMs: 60_000 };

/** Whether a process is there and not just waiting to be buried. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

it('tells a command that ends well from one that does not', async () => {
  expect(await runStage([process.execPath, '-e', ''], here)).toMatchObject({ ok: true, timedOut: false });
  expect(await runStage([process.execPath, '-e', 'process.exit(3)'], here)).toMatchObject({ ok: false });
  expect(await runStage(['/no/such/program'], here)).toMatchObject({ ok: false, timedOut: false });
});

it('ends a command that hangs, with what it has started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nbdscope-stage-'));
  const hang = 'sleep 300 & echo $! > started; wait';
  const result = await runStage(['sh', '-c', hang], { cwd: folder, limitMs: 2_000 });
  expect(result).toMatchObject({ ok: false, timedOut: true });
  const pid = Number(readFileSync(join(folder, 'started'), 'utf8'));
  await expect.poll(() => isRunning(pid)).toBe(false);
  rmSync(folder, { recursive: true });
});
