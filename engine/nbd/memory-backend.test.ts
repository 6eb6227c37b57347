import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowFlag } from '#shared/events/vocabulary.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryBackend } from './memory-backend.ts';
import { Errno, MAX_EXTENTS } from './protocol.ts';
import { PAGE_BYTES } from './sparse-pages.ts';
import { extentsOf, readBackend, request, writeBackend } from './testing/requests.ts';

const HOLE = 3;
const ZERO = 2;
const LARGEST = (1n << 63n) - 1n;

function disk(sizeBytes: bigint, limitBytes = 1 << 30): { disk: MemoryBackend; allowance: MemoryAllowance } {
  const allowance = new MemoryAllowance(limitBytes);
  return { disk: new MemoryBackend(sizeBytes, allowance), allowance };
}

describe('MemoryBackend', () => {
  it('reads back what a plain array would hold, after any writes, zeroes and trims', async () => {
    const size = 5 * PAGE_BYTES + 1234;
    const range = fc.tuple(fc.nat(size - 1), fc.nat(3 * PAGE_BYTES)).map(([offset, length]) => ({
      offset,
      length: Math.max(1, Math.min(length, size - offset)),
    }));
    const step = fc.record({
      kind: fc.constantFrom('write', 'zero', 'keep', 'trim'),
      range,
      fill: fc.nat(255),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { disk: memory, allowance } = disk(BigInt(size));
        const model = Buffer.alloc(size);
        for (const { kind, range: at, fill } of steps) {
          const offset = BigInt(at.offset);
          if (kind === 'write') {
            await writeBackend(memory, offset, Buffer.alloc(at.length, fill));
            model.fill(fill, at.offset, at.offset + at.length);
          } else {
            const flags = kind === 'zero' ? RowFlag.MayTrim : 0;
            const asked = request(offset, at.length, flags);
            await (kind === 'trim' ? memory.trim(asked) : memory.zero(asked));
            model.fill(0, at.offset, at.offset + at.length);
          }
        }
        expect((await readBackend(memory, 0n, size)).equals(model)).toBe(true);
        const extents = await extentsOf(memory, 0n, size);
        let at = 0;
        for (const [length, flags] of extents) {
          if (flags !== 0) expect(model.subarray(at, at + length).every((byte) => byte === 0)).toBe(true);
          at += length;
        }
        expect(at).toBe(size);
        expect(allowance.usedBytes).toBe(memory.usedBytes);
        await memory.trim(request(0n, size));
        expect(allowance.usedBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('holds bytes at the far end of a disk of 2^63-1 bytes', async () => {
    const { disk: memory } = disk(LARGEST);
    const last = Buffer.from('the end');
    await writeBackend(memory, LARGEST - 7n, last);
    expect((await readBackend(memory, LARGEST - 7n, 7)).toString()).toBe('the end');
    expect(memory.usedBytes).toBe(PAGE_BYTES);
    const page = BigInt(PAGE_BYTES);
    const start = (LARGEST / page) * page - page;
    expect(await extentsOf(memory, start, 2 * PAGE_BYTES - 1)).toEqual([
      [PAGE_BYTES, HOLE],
      [PAGE_BYTES - 1, 0],
    ]);
  });

  it('tells 4 GiB-1 bytes of status without overflow (CVE-2025-47711, CVE-2025-47712)', async () => {
    const { disk: memory } = disk(LARGEST);
    await writeBackend(memory, 3n << 32n, Buffer.alloc(1, 1));
    for (const offset of [0n, 1n, (3n << 32n) - 1n, (3n << 32n) + 1n, LARGEST - 0xffff_ffffn]) {
      const extents = await extentsOf(memory, offset, 0xffff_ffff);
      expect(extents.reduce((sum, [length]) => sum + length, 0)).toBe(0xffff_ffff);
      expect(extents.every(([length]) => length > 0)).toBe(true);
    }
  });

  it('tells holes, zeroes and data apart', async () => {
    const { disk: memory } = disk(BigInt(8 * PAGE_BYTES));
    await writeBackend(memory, BigInt(PAGE_BYTES), Buffer.alloc(PAGE_BYTES, 7));
    await memory.zero(request(BigInt(2 * PAGE_BYTES), PAGE_BYTES));
    expect(await extentsOf(memory, 100n, 8 * PAGE_BYTES - 100)).toEqual([
      [PAGE_BYTES - 100, HOLE],
      [PAGE_BYTES, 0],
      [PAGE_BYTES, ZERO],
      [5 * PAGE_BYTES, HOLE],
    ]);
  });

  it('tells one extent when one is asked for, and never more than the protocol allows in a reply', async () => {
    const { disk: memory } = disk(BigInt(8 * PAGE_BYTES));
    await writeBackend(memory, BigInt(PAGE_BYTES), Buffer.alloc(PAGE_BYTES, 7));
    const one = request(0n, 8 * PAGE_BYTES);
    one.extentLimit = 1;
    await memory.extents(one);
    expect([one.extentCount, one.extentLength[0]]).toEqual([1, PAGE_BYTES]);
    const many = request(0n, 0xffff_ffff);
    let taken = 0;
    while (many.extent(1, taken % 2)) taken += 1;
    expect([taken, many.extentCount]).toEqual([MAX_EXTENTS, MAX_EXTENTS]);
  });

  it('gives a page back when a trim or zero leaves nothing in it', async () => {
    const { disk: memory } = disk(BigInt(PAGE_BYTES));
    await writeBackend(memory, 10n, Buffer.alloc(20, 7));
    await memory.trim(request(0n, 15));
    expect(memory.usedBytes).toBe(PAGE_BYTES);
    await memory.zero(request(15n, 100, RowFlag.MayTrim));
    expect(memory.usedBytes).toBe(0);
  });

  it('refuses with ENOSPC past its limit, keeps what it has, and goes on once there is room', async () => {
    const { disk: memory, allowance } = disk(1n << 40n, 2 * PAGE_BYTES);
    let told = 0;
    allowance.onRefused = () => {
      told += 1;
    };
    expect(await writeBackend(memory, 0n, Buffer.alloc(2 * PAGE_BYTES, 1))).toBe(0);
    expect(await writeBackend(memory, 1n << 32n, Buffer.alloc(1, 1))).toBe(Errno.ENOSPC);
    expect(await memory.zero(request(1n << 32n, 1))).toBe(Errno.ENOSPC);
    expect([told, allowance.refusals]).toEqual([2, 2]);
    expect(await writeBackend(memory, 5n, Buffer.alloc(10, 2))).toBe(0);
    await memory.trim(request(0n, PAGE_BYTES));
    expect(await writeBackend(memory, 1n << 32n, Buffer.alloc(1, 1))).toBe(0);
  });

  it('keeps the promise of NO_HOLE: a write there needs no more memory', async () => {
    const { disk: memory } = disk(BigInt(8 * PAGE_BYTES), 2 * PAGE_BYTES);
    expect(await memory.zero(request(0n, 2 * PAGE_BYTES))).toBe(0);
    expect(await writeBackend(memory, 3n * BigInt(PAGE_BYTES), Buffer.alloc(1, 1))).toBe(Errno.ENOSPC);
    expect(await writeBackend(memory, 0n, Buffer.alloc(2 * PAGE_BYTES, 1))).toBe(0);
  });

  it('trims 4 GiB of an empty disk of 7 EiB without walking it', async () => {
    const { disk: memory } = disk(7n << 60n);
    const endMs = performance.now() + 30_000;
    let done = 0;
    // Walks over 100,000 times 65,536 pages take minutes; without, this takes a tenth of a second.
    while (done < 100_000 && performance.now() < endMs) {
      await memory.trim(request(1n << 61n, 0xffff_ffff));
      done += 1;
    }
    expect(done).toBe(100_000);
  });

  it('does not let a reply under way see another place of the disk', async () => {
    const { disk: memory } = disk(BigInt(2 * PAGE_BYTES), PAGE_BYTES);
    await writeBackend(memory, 0n, Buffer.alloc(PAGE_BYTES, 1));
    const read = request(0n, PAGE_BYTES);
    await memory.read(read);
    await memory.trim(request(0n, PAGE_BYTES));
    await writeBackend(memory, BigInt(PAGE_BYTES), Buffer.alloc(PAGE_BYTES, 2));
    expect(read.partBytes[0]?.every((byte) => byte === 1)).toBe(true);
  });

  it('refuses sizes that no NBD disk can have', () => {
    expect(() => disk(0n)).toThrow('size=0');
    expect(() => disk(1n << 63n)).toThrow('2^63-1');
  });
});
