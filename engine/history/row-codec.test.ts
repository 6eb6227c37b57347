import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBatch } from '#shared/events/event-batch.ts';
import { batchesOf, rowStream } from '#shared/testing/streams.ts';
import { decodeRows } from './row-decoder.ts';
import { RowEncoder } from './row-encoder.ts';

const u8 = fc.nat(255);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 512n, 4096n, 2n ** 53n),
);
const number = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 0, -5, 1e15, 1e15 + 0.25, 2 ** 53),
);

/** Rows that no source would write. */
const anyRow = fc.record({
  kind: fc.oneof(fc.constantFrom(1, 2, 3), u8),
  op: fc.oneof(fc.nat(6), u8),
  flags: fc.oneof(fc.constant(0), u16),
  disk: fc.oneof(fc.nat(2), u16),
  errno: fc.oneof(fc.constant(0), u16),
  connection: fc.oneof(fc.constant(1), u32),
  slot: fc.oneof(fc.nat(3), u32),
  cookie: u64,
  offsetBytes: u64,
  lengthBytes: u64,
  timeUs: number,
  clockUs: number,
  latencyUs: number,
});

const encoder = new RowEncoder();

function expectKept(batch: EventBatch): void {
  const kept = decodeRows(encoder.encode(batch));
  expect(kept.encode()).toEqual(batch.encode());
}

describe('rows in few bytes', () => {
  it('come back as they were, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 60 }), (rows) => {
        const batch = new EventBatch(Math.max(1, rows.length));
        for (const row of rows) batch.push(row);
        batch.firstSequence = 12_345_678_901;
        expectKept(batch);
      }),
    );
  });

  it('come back as they were, of lawful streams with words', () => {
    fc.assert(
      fc.property(
        rowStream({ disks: 3, sizeBytes: 7n << 60n, minRows: 50, maxRows: 300 }),
        fc.boolean(),
        (rows, inQuarters) => {
          const offUs = inQuarters ? 0.25 : 0;
          const odd = rows.map((row) => ({ ...row, timeUs: (row.timeUs ?? 0) + offUs }));
          for (const batch of batchesOf(odd, [200])) expectKept(batch);
        },
      ),
    );
  });

  it('takes some ten bytes a request', () => {
    const batch = new EventBatch(8192);
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 0x7fff_ffff;
      return seed % below;
    };
    let timeUs = 1_780_000_000_000_000;
    for (let n = 0; n < 4096; n += 1) {
      timeUs += random(40);
      const request = {
        op: random(2),
        slot: 0,
        cookie: n,
        connection: 1,
        offsetBytes: random(1 << 18) * 4096,
        lengthBytes: 4096,
      };
      batch.push({ ...request, kind: 1, timeUs, clockUs: timeUs });
      const latencyUs = 20 + random(200);
      timeUs += latencyUs;
      batch.push({ ...request, kind: 2, timeUs, clockUs: timeUs, latencyUs });
    }
    expectKept(batch);
    expect(encoder.encode(batch).length / 4096).toBeLessThan(12);
  });
});
