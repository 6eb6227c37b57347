import { BLOCK_BYTES, stamped, stretchOf } from './pieces.ts';
import type { WorkloadRun } from './workload-run.ts';

const SEGMENTS = 16;
const WRITES_PER_SEGMENT = 16;
/** How often the log goes round the disk. */
const ROUNDS = 2;
/** Segments kept free before the head of the log. */
const FREE_SEGMENTS = 3;

/**
 * A log-structured writer: appends segment after segment, never writes in place, flushes at the end of each segment,
 * wraps at the end of the disk, and gives the oldest segment back with a trim before it is needed again.
 */
export async function logStructured(run: WorkloadRun): Promise<void> {
  const blocks = Math.floor(stretchOf(run.sizeBytes) / BLOCK_BYTES);
  const segmentBytes = Math.floor(blocks / SEGMENTS) * BLOCK_BYTES;
  if (segmentBytes === 0) throw new Error(`this needs a disk of at least ${SEGMENTS * BLOCK_BYTES} bytes`);
  const writeBytes = Math.ceil(segmentBytes / WRITES_PER_SEGMENT / BLOCK_BYTES) * BLOCK_BYTES;
  const writes = Math.ceil(segmentBytes / writeBytes);
  const total = SEGMENTS * ROUNDS;
  run.plan(total * writes);
  for (let segment = 0; segment < total; segment += 1) {
    const oldest = segment - SEGMENTS + FREE_SEGMENTS;
    if (oldest >= 0) {
      const offset = BigInt((oldest % SEGMENTS) * segmentBytes);
      await run.settled();
      run.begin(() => run.trim(offset, segmentBytes));
    }
    const start = (segment % SEGMENTS) * segmentBytes;
    for (let at = 0; at < segmentBytes; at += writeBytes) {
      const piece = { offset: BigInt(start + at), length: Math.min(writeBytes, segmentBytes - at) };
      await run.turn();
      run.begin(() => run.write(piece.offset, stamped(piece)));
    }
    await run.settled();
    await run.flush();
  }
}
