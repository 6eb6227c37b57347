import { pieces, stamped, stretchOf } from './pieces.ts';
import type { WorkloadRun } from './workload-run.ts';

/** Writes the disk from its beginning, in order, then flushes. */
export async function sequentialWrite(run: WorkloadRun): Promise<void> {
  const all = pieces(0n, stretchOf(run.sizeBytes), 256);
  run.plan(all.length);
  for (const piece of all) {
    await run.turn();
    run.begin(() => run.write(piece.offset, stamped(piece)));
  }
  await run.settled();
  await run.flush();
}
