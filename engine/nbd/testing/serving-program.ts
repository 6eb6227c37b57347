import type { EventBatch } from '#shared/events/event-batch.ts';
import { OP_NAMES, RowKind } from '#shared/events/vocabulary.ts';
import { NbdSource } from '../nbd-source.ts';
import { type ServeOptions, serve } from './served.ts';

/**
 * Serves disks until it is killed, for tests of what such an end leaves, or of the calls it makes: their options as JSON in
 * the first argument. Prints its process id and their sockets, then a line for each row of a request that failed.
 * It ends with SIGTERM too.
 */
const disks = JSON.parse(process.argv[2] ?? '[]') as ServeOptions[];
const sockets: string[] = [];
for (const [i, options] of disks.entries()) {
  const source = new NbdSource(`disk ${i}`);
  source.start({
    rows: (batch) => {
      tellFailures(i, batch);
      return undefined;
    },
    disk: () => {},
    progress: () => {},
    notice: () => {},
  });
  const served = await serve({ ...options, observer: (sizeBytes) => source.addDisk('', sizeBytes) });
  sockets.push(served.socket);
}
process.once('SIGTERM', () => process.exit());
console.log([process.pid, ...sockets].join(' '));

function tellFailures(disk: number, batch: EventBatch): void {
  for (let i = 0; i < batch.count; i += 1) {
    const errno = batch.errno[i] ?? 0;
    if (batch.kind[i] !== RowKind.Completion || errno === 0) continue;
    const place = `${batch.offsetLow[i]}+${batch.lengthLow[i]}`;
    console.log(`disk ${disk}: ${OP_NAMES[batch.op[i] ?? 0]} ${place} failed with ${errno}`);
  }
}
