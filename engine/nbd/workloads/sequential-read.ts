import { pieces, stretchOf } from './pieces.ts';
import type { WorkloadRun } from './workload-run.ts';

/** Reads the disk from its beginning, in order. */
export async function sequentialRead(run: WorkloadRun): Promise<void> {
  const all = pieces(0n, stretchOf(run.sizeBytes), 256);
  run.plan(all.length);
  for (const { offset, length } of all) {
    await run.turn();
    run.begin(() => run.read(offset, length));
  }
  await run.settled();
}
