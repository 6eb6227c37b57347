import { randomBlock, stamped } from './pieces.ts';
import type { WorkloadRun } from './workload-run.ts';

const WRITES = 400;

/** Writes single blocks all over the disk, then flushes. */
export async function randomWrite(run: WorkloadRun): Promise<void> {
  run.plan(WRITES);
  for (let i = 0; i < WRITES; i += 1) {
    await run.turn();
    const block = randomBlock(run.sizeBytes, run.random);
    run.begin(() => run.write(block.offset, stamped(block)));
  }
  await run.settled();
  await run.flush();
}
