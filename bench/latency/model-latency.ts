/**
 * From a line written to the model updated: another process writes a log, each line with the moment of its writing; a
 * session follows the file as the product does and notes how late each request's row was applied.
 *
 *     node bench/latency/model-latency.ts
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogSource } from '#engine/log/log-source.ts';
import { Session } from '#engine/session/session.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { machineLine, percentile } from '../support/machine.ts';

const WRITER = join(import.meta.dirname, '../support/log-writer.ts');
const SECONDS = 10;

/**
 * Requests a second: a disk so idle that the tail has gone to sleep before each, one with a person at it, a busy one,
 * and one near what nbdkit can log.
 */
const RATES = [0.7, 20, 2_000, 50_000];

async function measure(rate: number): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nbdscope-latency-'));
  const file = join(folder, 'log');
  const lateMs: number[] = [];
  const session = new Session({
    rows: (batch) => {
      const nowUs = (performance.timeOrigin + performance.now()) * 1000;
      for (let i = 0; i < batch.count; i += 1) {
        if (batch.kind[i] === RowKind.Request) lateMs.push((nowUs - (batch.timeUs[i] ?? 0)) / 1000);
      }
    },
    reset: () => {},
    infoChanged: () => {},
    diskCame: () => {},
    sourceGone: () => {},
    diskGone: () => {},
  });
  writeFileSync(file, '');
  session.add(createLogSource(file));
  // The tail has found the file and gone to sleep: what is measured is following, not opening.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const writer = spawn(
    process.execPath,
    [WRITER, file, String(rate), String(rate < 1 ? 4 * SECONDS : SECONDS)],
    { stdio: 'inherit' },
  );
  await new Promise((resolve) => writer.once('exit', resolve));
  await new Promise((resolve) => setTimeout(resolve, 500));
  await session.dispose();
  rmSync(folder, { recursive: true });
  return lateMs;
}

console.log(`line written to model updated, ms (${machineLine()})`);
console.log('requests/s   measured      p50      p90      p99      max');
for (const rate of RATES) {
  const late = await measure(rate);
  const cells = [0.5, 0.9, 0.99, 1].map((q) => percentile(late, q).toFixed(2).padStart(8));
  console.log(`${String(rate).padStart(10)} ${String(late.length).padStart(10)} ${cells.join(' ')}`);
}
