import { BLOCK_BYTES, type Piece, pieces, STRETCH_BYTES } from './pieces.ts';
import type { WorkloadRun } from './workload-run.ts';

/** Copies the disk's first quarter to its third, as copying tools do: what reads as zeroes is written as zeroes. */
export async function copy(run: WorkloadRun): Promise<void> {
  const quarter = (run.sizeBytes / 4n / BigInt(BLOCK_BYTES)) * BigInt(BLOCK_BYTES);
  const target = quarter * 2n;
  const bytes = quarter < BigInt(STRETCH_BYTES) ? Number(quarter) : STRETCH_BYTES;
  if (bytes === 0) throw new Error(`a copy needs a disk of at least ${4 * BLOCK_BYTES} bytes`);
  const all = pieces(0n, bytes, 128);
  run.plan(all.length);
  for (const piece of all) {
    await run.turn();
    run.begin(() => copyPiece(run, piece, target));
  }
  await run.settled();
  await run.flush();
}

async function copyPiece(run: WorkloadRun, { offset, length }: Piece, target: bigint): Promise<void> {
  const { errno, data } = await run.read(offset, length);
  if (errno !== 0) return;
  if (data.equals(Buffer.alloc(length))) await run.zero(offset + target, length);
  else await run.write(offset + target, data);
}
