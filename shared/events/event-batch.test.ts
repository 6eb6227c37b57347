import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBatch, type RowInit } from './event-batch.ts';
import { hasText, RowKind } from './vocabulary.ts';

const u32 = fc.nat(0xffff_ffff);
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const row: fc.Arbitrary<RowInit> = fc.record({
  kind: fc.nat(255),
  op: fc.nat(255),
  flags: fc.nat(0xffff),
  disk: fc.nat(0xffff),
  errno: fc.nat(0xffff),
  connection: u32,
  slot: u32,
  cookie: u64,
  offsetBytes: u64,
  lengthBytes: u64,
  timeUs: fc.double(),
  clockUs: fc.double(),
  latencyUs: fc.double(),
});

function columns(batch: EventBatch): unknown {
  const n = batch.count;
  return [
    batch.firstSequence,
    ...[batch.timeUs, batch.clockUs, batch.latencyUs].map((c) => [...c.subarray(0, n)]),
    ...[batch.connection, batch.slot, batch.cookieLow, batch.cookieHigh].map((c) => [...c.subarray(0, n)]),
    ...[batch.offsetLow, batch.offsetHigh, batch.lengthLow, batch.lengthHigh].map((c) => [
      ...c.subarray(0, n),
    ]),
    ...[batch.disk, batch.flags, batch.errno, batch.kind, batch.op].map((c) => [...c.subarray(0, n)]),
  ];
}

describe('EventBatch', () => {
  it('comes back from its bytes as it was, at any alignment', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), fc.nat(15), (rows, shift) => {
        const batch = new EventBatch(rows.length + 3);
        for (const r of rows) batch.push(r);
        batch.firstSequence = 2 ** 40 + 1;
        const encoded = batch.encode();
        const moved = new Uint8Array(encoded.length + shift);
        moved.set(encoded, shift);
        expect(columns(EventBatch.decode(moved.subarray(shift)))).toEqual(columns(batch));
      }),
    );
  });

  it('carries words', () => {
    const batch = new EventBatch(2);
    batch.pushText('mkfs ✓', { kind: RowKind.Caption });
    batch.pushText('mount', { kind: RowKind.Caption });
    const copy = EventBatch.decode(batch.encode());
    expect([copy.textOf(0), copy.textOf(1)]).toEqual(['mkfs ✓', 'mount']);
  });

  it('keeps the words of each row when batches are split and joined, whatever the row points to', () => {
    const worded = fc.record({
      kind: fc.constantFrom(RowKind.Request, RowKind.Caption, RowKind.FaultChange),
      offsetBytes: fc.nat(60),
      lengthBytes: fc.nat(60),
    });
    const made = fc.tuple(fc.array(worded, { maxLength: 12 }), fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(fc.array(made, { maxLength: 4 }), fc.nat(), (parts, cut) => {
        const batches = parts.map(([rows, text]) => {
          const batch = new EventBatch(rows.length);
          for (const row of rows) batch.push(row);
          batch.text = text;
          return batch;
        });
        const whole = new EventBatch(parts.reduce((n, [rows]) => n + rows.length, 0));
        for (const batch of batches) {
          const at = batch.count === 0 ? 0 : cut % batch.count;
          whole.appendRows(batch, 0, at);
          whole.appendRows(batch, at, batch.count);
        }
        const words = (batch: EventBatch): string[] =>
          Array.from({ length: batch.count }, (_, i) => (hasText(batch.kind[i]) ? batch.textOf(i) : ''));
        expect(words(whole)).toEqual(batches.flatMap(words));
        expect(words(EventBatch.decode(whole.encode()))).toEqual(words(whole));
      }),
    );
  });

  it('copies words that many rows point to once', () => {
    const batch = new EventBatch(1000);
    batch.text = new Uint8Array(1000).fill(65);
    for (let i = 0; i < 1000; i += 1) batch.push({ kind: RowKind.Caption, lengthBytes: 1000 });
    const copy = new EventBatch(1000);
    copy.appendRows(batch, 0, 1000);
    expect(copy.text.length).toBe(1000);
  });

  it('refuses bytes that are no batch', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => EventBatch.decode(bytes)).toThrow(RangeError);
      }),
    );
    const cut = new EventBatch(1);
    cut.push({ kind: RowKind.Request });
    expect(() => EventBatch.decode(cut.encode().subarray(0, 90))).toThrow('1 rows');
  });

  it('refuses rows beyond its capacity and numbers beyond 64 bits', () => {
    const batch = new EventBatch(1);
    expect(() => batch.push({ kind: 1, offsetBytes: 1n << 64n })).toThrow('64-bit');
    batch.push({ kind: 1 });
    expect(() => batch.push({ kind: 1 })).toThrow('full');
  });
});
