import { randomBytes } from 'node:crypto';
import { GPT_SECTORS, gptOf, SECTOR_BYTES, SMALLEST_GPT_BYTES } from './gpt.ts';
import type { WorkloadRun } from './workload-run.ts';

/**
 * Does what a partitioning tool does: looks at both ends of the disk, then writes a protective MBR and a GPT with one
 * partition, the copy at the end first, and flushes.
 */
export async function partitionTable(run: WorkloadRun): Promise<void> {
  if (run.sizeBytes < BigInt(SMALLEST_GPT_BYTES)) {
    throw new Error(`a partition table needs a disk of at least ${SMALLEST_GPT_BYTES} bytes`);
  }
  const table = gptOf(run.sizeBytes, () => randomBytes(16));
  const tail = table.sectors - BigInt(GPT_SECTORS);
  const steps: (() => Promise<unknown>)[] = [
    () => run.read(0n, SECTOR_BYTES),
    () => run.read(BigInt(SECTOR_BYTES), GPT_SECTORS * SECTOR_BYTES),
    () => run.read(tail * BigInt(SECTOR_BYTES), GPT_SECTORS * SECTOR_BYTES),
    ...table.writes.map(
      ({ sector, data }) =>
        () =>
          run.write(sector * BigInt(SECTOR_BYTES), data),
    ),
    () => run.flush(),
  ];
  run.plan(steps.length);
  for (const step of steps) {
    await run.turn();
    run.begin(step);
    await run.settled();
  }
}
