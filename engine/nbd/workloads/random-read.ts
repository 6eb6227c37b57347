import { randomBlock } from './pieces.ts';
import type { WorkloadRun } from './workload-run.ts';

const READS = 400;

/** Reads single blocks all over the disk. */
export async function randomRead(run: WorkloadRun): Promise<void> {
  run.plan(READS);
  for (let i = 0; i < READS; i += 1) {
    await run.turn();
    const { offset, length } = randomBlock(run.sizeBytes, run.random);
    run.begin(() => run.read(offset, length));
  }
  await run.settled();
}
