import { describe, expect, it } from 'vitest';
import { type ByteSource, CACHE_BLOCK_BYTES, CachedReader } from './cached-reader.ts';

const SIZE = 64 * CACHE_BLOCK_BYTES + 100;
const LIMITS = { maxCachedBytes: 16 * CACHE_BLOCK_BYTES, passBudgetBytes: 1 << 20 };

/** A disk whose bytes tell their offset and how often the disk has changed. */
class CountedSource implements ByteSource {
  readonly sizeBytes = BigInt(SIZE);
  readonly asked: string[] = [];
  change = 0;
  /** Awaited before each answer. */
  gate: Promise<void> = Promise.resolve();

  async readAt(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    this.asked.push(`${offsetBytes / 4096n}+${Math.ceil(lengthBytes / 4096)}`);
    const bytes = Uint8Array.from({ length: lengthBytes }, (_, i) => this.expected(Number(offsetBytes) + i));
    await this.gate;
    return bytes;
  }

  expected(at: number): number {
    return (Math.floor(at / 7) + this.change) & 0xff;
  }

  bytes(offset: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, i) => this.expected(offset + i));
  }
}

describe('CachedReader', () => {
  it('gives the bytes that were asked for, whatever of them is kept', async () => {
    const source = new CountedSource();
    const reader = new CachedReader(source, LIMITS);
    for (const [offset, length] of [
      [0, 10],
      [4090, 20],
      [100, 40_000],
      [SIZE - 150, 150],
      [8192, 4096],
      [5000, 0],
      [3, 4096 * 30],
    ] as const) {
      expect(Buffer.compare(await reader.read(BigInt(offset), length), source.bytes(offset, length))).toBe(0);
    }
  });

  it('asks once for what it keeps, and in one piece for what it lacks between', async () => {
    const source = new CountedSource();
    const reader = new CachedReader(source, LIMITS);
    await reader.read(4096n * 3n, 4096);
    await reader.read(4096n * 3n + 17n, 100);
    await reader.read(0n, 4096 * 6);
    expect(source.asked).toEqual(['3+1', '0+3', '4+2']);
    expect(reader.spentBytes).toBe(6 * 4096);
  });

  it('keeps what was used last, and no more than it may', async () => {
    const source = new CountedSource();
    const reader = new CachedReader(source, LIMITS);
    for (let block = 0; block < 20; block += 1) await reader.read(BigInt(block * 4096), 4096);
    expect(reader.cachedBytes).toBe(LIMITS.maxCachedBytes);
    source.asked.length = 0;
    await reader.read(19n * 4096n, 4096);
    await reader.read(0n, 4096);
    expect(source.asked).toEqual(['0+1']);
  });

  it('reads again what was written, and nothing else', async () => {
    const source = new CountedSource();
    const reader = new CachedReader(source, LIMITS);
    await reader.read(0n, 4096 * 4);
    source.change = 1;
    source.asked.length = 0;
    reader.invalidate(4096n * 2n - 1n, 4096n * 2n + 1n);
    const bytes = await reader.read(0n, 4096 * 4);
    expect(source.asked).toEqual(['1+2']);
    expect(bytes[0]).toBe(0);
    expect(bytes[4096]).toBe(source.expected(4096));
  });

  it('says whether what was written had been looked at in this pass, though it be kept no more', async () => {
    const reader = new CachedReader(new CountedSource(), LIMITS);
    for (let block = 0; block < 20; block += 1) await reader.read(BigInt(block * 4096), 4096);
    expect(reader.invalidate(0n, 1n)).toBe(true);
    expect(reader.invalidate(30n * 4096n, 31n * 4096n)).toBe(false);
    expect(reader.invalidate(0n, 1n << 62n)).toBe(true);
    expect(reader.cachedBytes).toBe(0);
    reader.beginPass();
    expect(reader.invalidate(0n, 1n << 62n)).toBe(false);
  });

  it('does not keep what was written while it was being read', async () => {
    const source = new CountedSource();
    const reader = new CachedReader(source, LIMITS);
    let open = (): void => {};
    source.gate = new Promise((resolve) => {
      open = resolve;
    });
    const reading = reader.read(0n, 4096);
    reader.invalidate(10n, 20n);
    source.change = 5;
    open();
    await reading;
    const again = await reader.read(0n, 4096);
    expect(again[0]).toBe(5);
  });

  it('ends a pass at its budget, and begins the next with all of it and what it has', async () => {
    const reader = new CachedReader(new CountedSource(), { ...LIMITS, passBudgetBytes: 3 * 4096 });
    await reader.read(0n, 2 * 4096);
    await expect(reader.read(8192n, 2 * 4096)).rejects.toThrow(
      'more than the 12288 bytes would have to be read that may be read at a time',
    );
    await reader.read(0n, 4096);
    reader.beginPass();
    expect((await reader.read(0n, 5 * 4096)).length).toBe(5 * 4096);
  });

  it('says what could not be read, and why', async () => {
    const failing = (answer: () => Promise<Uint8Array>): CachedReader =>
      new CachedReader({ sizeBytes: 1n << 20n, readAt: answer }, LIMITS);
    await expect(failing(() => Promise.reject(new Error('EIO'))).read(4096n, 10)).rejects.toThrow(
      '4096 bytes at 4096 could not be read (EIO)',
    );
    await expect(failing(() => Promise.resolve(new Uint8Array(5))).read(4096n, 10)).rejects.toThrow(
      'of 4096 bytes at 4096 only 5 could be read',
    );
    await expect(failing(() => Promise.reject(new Error('EIO'))).read((1n << 20n) - 5n, 10)).rejects.toThrow(
      'are not inside the disk',
    );
  });
});
