import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { RowFlag } from '#shared/events/vocabulary.ts';
import { MemoryAllowance } from '../memory-allowance.ts';
import { MemoryBackend } from '../memory-backend.ts';
import { Errno } from '../protocol.ts';
import { random } from '../testing/random.ts';
import { extentsOf, readBackend, request, writeBackend } from '../testing/requests.ts';
import { CowFilter } from './cow-filter.ts';

const KIB = 1024;
const SIZE = 3 * 1024 * KIB + 777;

let opened: CowFilter[] = [];
afterEach(async () => {
  for (const cow of opened) await cow.dispose();
  opened = [];
});

async function disk(
  blockSize = '64K',
  size = SIZE,
): Promise<{ base: MemoryBackend; cow: CowFilter; before: Buffer }> {
  const base = new MemoryBackend(BigInt(size), new MemoryAllowance(1 << 30));
  const before = Buffer.alloc(size);
  for (let i = 0; i < size; i += 1) before[i] = (i * 7 + (i >> 12)) & 0xff;
  before.fill(0, 1 << 20, 2 << 20);
  await writeBackend(base, 0n, before.subarray(0, 1 << 20));
  await writeBackend(base, 2n << 20n, before.subarray(2 << 20));
  const cow = new CowFilter(base, new MemoryAllowance(1 << 30));
  cow.configure('cow-block-size', blockSize);
  opened.push(cow);
  return { base, cow, before };
}

const whole = (from: { sizeBytes: bigint } & Parameters<typeof readBackend>[0]): Promise<Buffer> =>
  readBackend(from, 0n, Number(from.sizeBytes));

describe('the cow filter', () => {
  it('shows the disk below until something is written, and never changes it', async () => {
    const { base, cow, before } = await disk();
    expect((await whole(cow)).equals(before)).toBe(true);
    expect(cow.isChanged).toBe(false);
    expect(await writeBackend(cow, 70_001n, Buffer.from('new'))).toBe(0);
    expect(await cow.trim(request(1n << 21n, 300_000))).toBe(0);
    expect(await cow.zero(request(10n, 5))).toBe(0);
    const model = Buffer.from(before);
    model.write('new', 70_001);
    model.fill(0, 1 << 21, (1 << 21) + 300_000);
    model.fill(0, 10, 15);
    expect((await whole(cow)).equals(model)).toBe(true);
    expect((await whole(base)).equals(before)).toBe(true);
    expect(cow.isChanged).toBe(true);
  });

  it('leaves no file behind that others could see', async () => {
    const mine = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('nbdscope-cow-'));
    const before = mine();
    const { cow } = await disk();
    await writeBackend(cow, 0n, Buffer.alloc(10, 1));
    expect(mine()).toEqual(before);
  });

  it('does not lose either of two changes of one block that come at the same time', async () => {
    const { cow, before } = await disk();
    const model = Buffer.from(before);
    const writes = Array.from({ length: 128 }, (_none, i) => {
      const bytes = Buffer.alloc(512, i + 1);
      bytes.copy(model, i * 512);
      return writeBackend(cow, BigInt(i * 512), bytes);
    });
    await Promise.all(writes);
    expect((await whole(cow)).equals(model)).toBe(true);
  });

  it('merges the extents of the disk below with its own', async () => {
    const { cow } = await disk();
    await writeBackend(cow, (1n << 20n) + 65_536n, Buffer.alloc(1, 1));
    await cow.trim(request(0n, 131_072));
    await cow.zero(request(131_072n, 65_536));
    await cow.zero(request(196_608n, 65_536, RowFlag.MayTrim));
    const extents = await extentsOf(cow, 0n, 2 << 20);
    expect(extents).toEqual([
      [131_072, 3],
      [65_536, 2],
      [65_536, 3],
      [(1 << 20) - 262_144, 0],
      [65_536, 3],
      [65_536, 0],
      [(1 << 20) - 131_072, 3],
    ]);
  });

  it('costs next to nothing for trims of most of a disk of 7 EiB', async () => {
    const allowance = new MemoryAllowance(1 << 20);
    const cow = new CowFilter(new MemoryBackend(7n << 60n, new MemoryAllowance(1 << 20)), allowance);
    opened.push(cow);
    for (let i = 0n; i < 100n; i += 1n) expect(await cow.trim(request(i << 32n, 0xffff_0000))).toBe(0);
    expect(allowance.usedBytes).toBeLessThan(1 << 20);
    expect(await writeBackend(cow, (7n << 60n) - 5n, Buffer.from('12345'))).toBe(0);
    expect((await readBackend(cow, (7n << 60n) - 8n, 8)).toString('latin1')).toBe('\0\0\x0012345');
  });

  it('answers ENOSPC when there is no memory left to note a change, and keeps what was', async () => {
    const base = new MemoryBackend(1n << 30n, new MemoryAllowance(1 << 30));
    const cow = new CowFilter(base, new MemoryAllowance(6000));
    opened.push(cow);
    expect(await writeBackend(cow, 0n, Buffer.alloc(10, 1))).toBe(0);
    expect(await writeBackend(cow, 512n << 20n, Buffer.alloc(10, 2))).toBe(Errno.ENOSPC);
    expect((await readBackend(cow, 512n << 20n, 10)).equals(Buffer.alloc(10))).toBe(true);
    expect((await readBackend(cow, 0n, 10)).equals(Buffer.alloc(10, 1))).toBe(true);
  });

  it('commits everything to the disk below, with the holes, and then holds nothing', async () => {
    const { base, cow } = await disk();
    await writeBackend(cow, 100n, Buffer.alloc(200_000, 5));
    await cow.trim(request(2n << 20n, 500_000));
    await writeBackend(cow, BigInt(SIZE - 3), Buffer.from('end'));
    const expected = await whole(cow);
    const told: bigint[] = [];
    const done = await cow.commit((bytes) => told.push(bytes));
    expect(done).toMatchObject({ failed: 0, cancelled: false });
    expect(told.at(-1)).toBe(done.bytes);
    expect((await whole(base)).equals(expected)).toBe(true);
    expect((await whole(cow)).equals(expected)).toBe(true);
    expect([cow.isChanged, cow.usedBytes]).toEqual([false, 0]);
    expect(await extentsOf(base, 2n << 20n, 458_752)).toEqual([[458_752, 3]]);
  });

  it('keeps in the overlay what the disk below could not take, and commits it later', async () => {
    const { base, cow } = await disk();
    await writeBackend(cow, 0n, Buffer.alloc(300_000, 5));
    const expected = await whole(cow);
    let writes = 0;
    const write = base.write.bind(base);
    base.write = (given) => {
      writes += 1;
      return writes === 3 ? Errno.ENOSPC : write(given);
    };
    expect(await cow.commit(() => undefined)).toMatchObject({ failed: Errno.ENOSPC, bytes: 131_072n });
    expect((await whole(cow)).equals(expected)).toBe(true);
    expect(cow.isChanged).toBe(true);
    expect(await cow.commit(() => undefined)).toMatchObject({ failed: 0 });
    expect((await whole(base)).equals(expected)).toBe(true);
  });

  it('forgets nothing that the disk below has not made durable, and commits it again', async () => {
    const { base, cow } = await disk();
    await writeBackend(cow, 0n, Buffer.alloc(1 << 20, 5));
    expect(await cow.trim(request(1n << 20n, 1 << 20))).toBe(0);
    const expected = await whole(cow);
    const { flush } = base;
    base.flush = () => Errno.EIO;
    expect(await cow.commit(() => undefined)).toMatchObject({ failed: Errno.EIO, bytes: 0n });
    expect(cow.isChanged).toBe(true);
    // A server that died comes back without what it was not told to flush.
    base.flush = flush;
    await writeBackend(base, 0n, Buffer.alloc(2 << 20, 9));
    expect((await whole(cow)).equals(expected)).toBe(true);

    // What is written to a block between its commit and the flush is no less kept.
    base.flush = async () => {
      base.flush = flush;
      expect(await writeBackend(cow, 100n, Buffer.from('late'))).toBe(0);
      return flush.call(base);
    };
    expect(await cow.commit(() => undefined)).toMatchObject({ failed: 0, bytes: 2n << 20n });
    Buffer.from('late').copy(expected, 100);
    expect((await whole(cow)).equals(expected)).toBe(true);
    expect(await cow.commit(() => undefined)).toMatchObject({ failed: 0, bytes: 65_536n });
    expect((await whole(base)).equals(expected)).toBe(true);
  });

  it('can be broken off while it commits, and loses nothing', async () => {
    const { cow } = await disk();
    await writeBackend(cow, 0n, Buffer.alloc(1 << 20, 5));
    const expected = await whole(cow);
    const stop = new AbortController();
    const done = await cow.commit((bytes) => {
      if (bytes > 200_000n) stop.abort();
    }, stop.signal);
    expect(done).toMatchObject({ cancelled: true, bytes: 262_144n });
    expect((await whole(cow)).equals(expected)).toBe(true);
  });

  it('commits nothing to a disk that cannot be written', async () => {
    const { base, cow } = await disk();
    Object.defineProperty(base, 'readOnly', { value: true });
    expect(cow.readOnly).toBe(false);
    expect(await writeBackend(cow, 0n, Buffer.alloc(5, 9))).toBe(0);
    await expect(cow.commit(() => undefined)).rejects.toThrow('the disk below cannot be written');
  });

  it('does not bring back what was zeroed while a part of it was being written', async () => {
    const { base, cow } = await disk();
    await writeBackend(base, 0n, Buffer.alloc(65_536, 7));
    const read = base.read.bind(base);
    let go = (): void => undefined;
    const reading = new Promise<void>((resolve) => {
      base.read = async (given) => {
        resolve();
        await new Promise<void>((open) => {
          go = open;
        });
        return read(given);
      };
    });
    const written = writeBackend(cow, 0n, Buffer.alloc(512, 9));
    await reading;
    base.read = read;
    expect(await cow.zero(request(0n, 65_536))).toBe(0);
    go();
    expect(await written).toBe(0);
    const now = await readBackend(cow, 0n, 65_536);
    expect(now.subarray(512).equals(Buffer.alloc(65_536 - 512))).toBe(true);
  });

  it('commits nothing of what is being discarded', async () => {
    const { base, cow, before } = await disk();
    await cow.trim(request(2n << 20n, 1 << 20));
    const discarded = cow.discard();
    const committed = cow.commit(() => undefined);
    await discarded;
    expect(await committed).toMatchObject({ failed: 0, bytes: 0n });
    expect((await whole(base)).equals(before)).toBe(true);
  });

  it('waits for every part of a write that failed before it is idle', async () => {
    const { base, cow } = await disk();
    const read = base.read.bind(base);
    let reads = 0;
    let late = false;
    base.read = async (given) => {
      reads += 1;
      if (reads === 1) throw new Error('broken');
      await new Promise((wait) => setTimeout(wait, 20));
      late = true;
      return read(given);
    };
    // The first and the last block are written in part, so each is read first.
    expect(await writeBackend(cow, 100n, Buffer.alloc(65_536 * 2, 1))).toBe(Errno.EIO);
    expect(late).toBe(true);
  });

  it('discards everything at once, once the requests under way are done', async () => {
    const { cow, before } = await disk();
    const writes = Array.from({ length: 20 }, (_none, i) =>
      writeBackend(cow, BigInt(i * 100_000), Buffer.alloc(90_000, i)),
    );
    await cow.discard();
    await Promise.all(writes);
    expect((await whole(cow)).equals(before)).toBe(true);
    expect([cow.isChanged, cow.usedBytes]).toEqual([false, 0]);
    expect(await writeBackend(cow, 5n, Buffer.from('x'))).toBe(0);
    expect((await readBackend(cow, 5n, 1)).toString()).toBe('x');
  });

  it.each(['5000', '2K', '2M', 'x'])('refuses blocks of %s', (value) => {
    const cow = new CowFilter(new MemoryBackend(1n, new MemoryAllowance(0)), new MemoryAllowance(0));
    expect(() => cow.configure('cow-block-size', value)).toThrow('use a power of two from 4K to 1M');
  });

  it.each(['4K', '64K'])(
    'is what a plain array is, whatever comes in whatever order, with blocks of %s',
    async (blocks) => {
      const { base, cow, before } = await disk(blocks);
      const model = Buffer.from(before);
      const draw = random(7);
      const regions = 24;
      const region = Math.floor(SIZE / regions);
      for (let round = 0; round < 60; round += 1) {
        const work: Promise<number>[] = [];
        // Regions never overlap, but share blocks at their ends.
        for (let i = 0; i < regions; i += 1) {
          const at = i * region + draw(region / 2);
          const length = 1 + draw(region / 2);
          const kind = draw(4);
          if (kind <= 1) {
            const bytes = Buffer.alloc(length, 1 + draw(255));
            bytes.copy(model, at);
            work.push(writeBackend(cow, BigInt(at), bytes));
          } else {
            model.fill(0, at, at + length);
            const asked = request(BigInt(at), length, kind === 2 && draw(2) === 1 ? RowFlag.MayTrim : 0);
            work.push(kind === 2 ? cow.zero(asked) : cow.trim(asked));
          }
          if (i % 5 === 0) work.push(readBackend(cow, BigInt(draw(SIZE - 1000)), 1000).then(() => 0));
        }
        const commit = round % 7 === 3 ? cow.commit(() => undefined) : null;
        expect(new Set(await Promise.all(work))).toEqual(new Set([0]));
        if (commit !== null) expect((await commit).failed).toBe(0);
        expect((await whole(cow)).equals(model), `round ${round}`).toBe(true);
      }
      expect((await cow.commit(() => undefined)).failed).toBe(0);
      expect((await whole(base)).equals(model)).toBe(true);
      expect(cow.isChanged).toBe(false);
    },
  );
});
