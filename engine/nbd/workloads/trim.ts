import { BLOCK_BYTES, stretchOf } from './pieces.ts';
import type { WorkloadRun } from './workload-run.ts';

const MIB = 1 << 20;

/** Trims every other mebibyte (of a disk below 16 MiB every other sixteenth). */
export async function trim(run: WorkloadRun): Promise<void> {
  const stretch = stretchOf(run.sizeBytes);
  const sixteenth = Math.ceil(stretch / 16 / BLOCK_BYTES) * BLOCK_BYTES;
  const unit = Math.min(MIB, sixteenth);
  run.plan(Math.ceil(stretch / unit / 2));
  for (let at = 0; at < stretch; at += 2 * unit) {
    const length = Math.min(unit, stretch - at);
    await run.turn();
    run.begin(() => run.trim(BigInt(at), length));
  }
  await run.settled();
}
