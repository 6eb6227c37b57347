import { BLOCK_BYTES, stretchOf } from './pieces.ts';
import type { WorkloadRun } from './workload-run.ts';

const HOT_BLOCKS = 8;
const ROUNDS = 40;

/**
 * An update-in-place writer: the same few blocks again and again. The first stands for a superblock and is written with
 * FUA after the others were flushed.
 */
export async function updateInPlace(run: WorkloadRun): Promise<void> {
  const stretch = stretchOf(run.sizeBytes);
  const blocks = Math.floor(stretch / BLOCK_BYTES);
  const hot = Math.min(HOT_BLOCKS, Math.max(1, blocks));
  const length = Math.min(BLOCK_BYTES, stretch);
  const offsets = Array.from({ length: hot }, (_, i) => BigInt(Math.floor((i * blocks) / hot) * BLOCK_BYTES));
  const [superblock = 0n, ...others] = offsets;
  run.plan(ROUNDS * hot);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const data = Buffer.alloc(length, round);
    for (const offset of others) {
      await run.turn();
      run.begin(() => run.write(offset, data));
    }
    await run.settled();
    await run.flush();
    await run.turn();
    await run.write(superblock, data, true);
  }
}
