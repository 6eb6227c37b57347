import { expect, it } from 'vitest';
import { runStage } from './stage.ts';

const here = { cwd: import.meta.dirname, limitMs: 10_000 };

it('tells a command that ends well from one that does not', async () => {
  expect(await runStage([process.execPath, '-e', ''], here)).toMatchObject({ ok: true, timedOut: false });
  expect(await runStage([process.execPath, '-e', 'process.exit(3)'], here)).toMatchObject({ ok: false });
  expect(await runStage(['/no/such/program'], here)).toMatchObject({ ok: false, timedOut: false });
});

it('ends a command that hangs, with what it has started', async () => {
  const hang =
    "require('child_process').spawn('sleep', ['300'], { stdio: 'ignore' }); setInterval(() => {}, 1000);";
  const result = await runStage([process.execPath, '-e', hang], { ...here, limitMs: 500 });
  expect(result).toMatchObject({ ok: false, timedOut: true });
  expect(result.elapsedMs).toBeLessThan(8_000);
});
