import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { batchesOf, rowStream } from '#shared/testing/streams.ts';
import { FootprintWriter, mayTouch } from './footprint.ts';

/** Whether a row of a batch is of any of the blocks, looked at row by row. */
function touches(batch: EventBatch, disk: number, firstBlock: number, endBlock: number): boolean {
  for (let i = 0; i < batch.count; i += 1) {
    const kind = batch.kind[i];
    if (kind !== RowKind.Request && kind !== RowKind.Completion && kind !== RowKind.Unanswered) continue;
    const offset = (BigInt(batch.offsetHigh[i] ?? 0) << 32n) | BigInt(batch.offsetLow[i] ?? 0);
    const length = (BigInt(batch.lengthHigh[i] ?? 0) << 32n) | BigInt(batch.lengthLow[i] ?? 0);
    if (batch.disk[i] !== disk || length === 0n) continue;
    if (offset < BigInt(endBlock) * 4096n && offset + length > BigInt(firstBlock) * 4096n) return true;
  }
  return false;
}

describe('the footprint of rows', () => {
  it('is of just the blocks that looking at every row finds', () => {
    const streams = rowStream({ disks: 3, sizeBytes: 64n << 20n, minRows: 40, maxRows: 150 });
    const places = fc.array(
      fc.record({
        disk: fc.nat(3),
        first: fc.nat(16_384),
        blocks: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 3000 })),
      }),
      { minLength: 8, maxLength: 8 },
    );
    const writer = new FootprintWriter();
    fc.assert(
      fc.property(streams, places, fc.integer({ min: 1, max: 60 }), (rows, asked, cut) => {
        for (const batch of batchesOf(rows, [cut])) {
          const footprint = writer.write(batch);
          for (const { disk, first, blocks } of asked) {
            const isTouched = touches(batch, disk, first, first + blocks);
            expect(mayTouch(footprint, disk, first, first + blocks)).toBe(isTouched);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('leaves nothing out at the far end of the largest disk, and past it', () => {
    const batch = new EventBatch(3);
    const row = { kind: RowKind.Request, disk: 7 };
    batch.push({ ...row, slot: 1, offsetBytes: 2n ** 63n - 4096n, lengthBytes: 4096n });
    batch.push({ ...row, slot: 2, offsetBytes: 2n ** 64n - 512n, lengthBytes: 2n ** 64n - 1n });
    batch.push({ ...row, slot: 3, disk: 8, offsetBytes: 0n, lengthBytes: 2n ** 63n - 1n });
    const footprint = new FootprintWriter().write(batch);
    expect(mayTouch(footprint, 7, 2 ** 51 - 1, 2 ** 51)).toBe(true);
    expect(mayTouch(footprint, 7, 2 ** 52 - 1, 2 ** 52)).toBe(true);
    expect(mayTouch(footprint, 7, 0, 2 ** 51 - 1)).toBe(false);
    expect(mayTouch(footprint, 8, 2 ** 50, 2 ** 50 + 1)).toBe(true);
  });

  it('takes two bytes a request at most for requests all over a disk of 16 GiB, and a few in all for a scan', () => {
    const random = new EventBatch(4096);
    const scan = new EventBatch(4096);
    for (let n = 0; n < 4096; n += 1) {
      const row = { kind: RowKind.Request, slot: n % 16, lengthBytes: 4096 };
      random.push({ ...row, offsetBytes: BigInt((n * 2_654_435_761) % 2 ** 22) * 4096n });
      scan.push({ ...row, offsetBytes: n * 4096 });
    }
    const writer = new FootprintWriter();
    expect(writer.write(random).length).toBeLessThan(2 * 4096 + 16);
    expect(writer.write(scan).length).toBeLessThan(16);
  });
});
