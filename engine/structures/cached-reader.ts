import { MAX_READ_BYTES, VolumeReadError } from './volume.ts';

/** Where a disk's bytes are read from: a hosted disk, an image, an NBD server. */
export interface ByteSource {
  readonly sizeBytes: bigint;
  /** The bytes [offsetBytes, offsetBytes + lengthBytes), all inside; rejects when they cannot be had. At most 1 MiB at once. */
  readAt(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array>;
}

export interface ReaderLimits {
  /** Memory for what was read, bytes. */
  readonly maxCachedBytes: number;
  /** What a pass may take from the source, bytes; what is in the cache costs nothing. */
  readonly passBudgetBytes: number;
}

/** What is kept, and what becomes stale, at once: the block that the window shows. */
export const CACHE_BLOCK_BYTES = 4096;

/** A read under way, which a write may make worthless. */
interface UnderWay {
  readonly first: number;
  readonly end: number;
  isStale: boolean;
}

/**
 * Reads a disk in blocks that it keeps, the ones used last the longest, so that a pass over structures takes from the source only what
 * changed since the pass before. Bytes handed out are the cache's own: not to be written to.
 */
export class CachedReader {
  readonly sizeBytes: bigint;
  readonly #source: ByteSource;
  readonly #limits: ReaderLimits;
  /** By block number; the first is the one that was used longest ago. */
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #underWay = new Set<UnderWay>();
  /** Blocks that the pass has looked at, in the cache still or not. */
  #looked = new Set<number>();
  #spentBytes = 0;
  #budgetBytes: number;

  constructor(source: ByteSource, limits: ReaderLimits) {
    this.sizeBytes = source.sizeBytes;
    this.#source = source;
    this.#limits = limits;
    this.#budgetBytes = limits.passBudgetBytes;
  }

  /** Bytes taken from the source since the pass began. */
  get spentBytes(): number {
    return this.#spentBytes;
  }

  get cachedBytes(): number {
    return this.#blocks.size * CACHE_BLOCK_BYTES;
  }

  /** A new look at the disk begins, with the whole budget, or another one, before it. */
  beginPass(budgetBytes: number = this.#limits.passBudgetBytes): void {
    this.#spentBytes = 0;
    this.#budgetBytes = budgetBytes;
    this.#looked = new Set();
  }

  /**
   * The bytes from `offsetBytes` to `endBytes` are no longer what they were.
   * @returns whether the latest pass looked at any of their blocks, so that what it found may be wrong now.
   */
  invalidate(offsetBytes: bigint, endBytes: bigint): boolean {
    if (endBytes <= offsetBytes) return false;
    const first = blockOf(offsetBytes);
    const end = blockOf(endBytes - 1n) + 1;
    for (const read of this.#underWay) {
      if (read.first < end && first < read.end) read.isStale = true;
    }
    // Whichever is shorter: a trim may name more blocks than there are in memory by far.
    if (end - first <= this.#blocks.size) {
      for (let block = first; block < end; block += 1) this.#blocks.delete(block);
    } else {
      for (const block of this.#blocks.keys()) {
        if (block >= first && block < end) this.#blocks.delete(block);
      }
    }
    return this.#hasLookedAt(first, end);
  }

  /** Whether the latest pass looked at any of the blocks that the bytes from `offsetBytes` to `endBytes` lie in. */
  hasLookedAt(offsetBytes: bigint, endBytes: bigint): boolean {
    return endBytes > offsetBytes && this.#hasLookedAt(blockOf(offsetBytes), blockOf(endBytes - 1n) + 1);
  }

  #hasLookedAt(first: number, end: number): boolean {
    if (end - first <= this.#looked.size) {
      for (let block = first; block < end; block += 1) if (this.#looked.has(block)) return true;
      return false;
    }
    for (const block of this.#looked) if (block >= first && block < end) return true;
    return false;
  }

  /** Forgets all that was read. */
  clear(): void {
    this.#blocks.clear();
    this.#looked = new Set();
    for (const read of this.#underWay) read.isStale = true;
  }

  /**
   * The bytes [offsetBytes, offsetBytes + lengthBytes), at most {@link MAX_READ_BYTES}.
   * @throws VolumeReadError when they lie outside, the budget is spent or the source does not give them.
   */
  async read(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    const endBytes = offsetBytes + BigInt(lengthBytes);
    if (offsetBytes < 0n || lengthBytes > MAX_READ_BYTES || endBytes > this.sizeBytes) {
      throw new VolumeReadError(`bytes ${offsetBytes} to ${endBytes} are not inside the disk`);
    }
    if (lengthBytes === 0) return new Uint8Array(0);
    const first = blockOf(offsetBytes);
    const end = blockOf(endBytes - 1n) + 1;
    const startInFirst = Number(offsetBytes % BigInt(CACHE_BLOCK_BYTES));
    const only = end - first === 1 ? await this.#blockAt(first) : null;
    if (only !== null) return only.subarray(startInFirst, startInFirst + lengthBytes);
    const bytes = new Uint8Array(lengthBytes);
    for (let block = first; block < end; ) {
      const kept = this.#kept(block);
      if (kept !== null) {
        copyBlock(kept, block, bytes, offsetBytes);
        block += 1;
        continue;
      }
      let missingEnd = block + 1;
      while (missingEnd < end && !this.#blocks.has(missingEnd)) missingEnd += 1;
      const read = await this.#fromSource(block, missingEnd);
      for (const [i, piece] of read.entries()) copyBlock(piece, block + i, bytes, offsetBytes);
      block = missingEnd;
    }
    return bytes;
  }

  async #blockAt(block: number): Promise<Uint8Array> {
    const kept = this.#kept(block);
    if (kept !== null) return kept;
    const [read] = await this.#fromSource(block, block + 1);
    if (read === undefined) throw new VolumeReadError(`block ${block} could not be read`);
    return read;
  }

  #kept(block: number): Uint8Array | null {
    this.#looked.add(block);
    const kept = this.#blocks.get(block);
    if (kept === undefined) return null;
    this.#blocks.delete(block);
    this.#blocks.set(block, kept);
    return kept;
  }

  /** Blocks [first, end) from the source, in order, each its own memory; the last of the disk may be shorter. */
  async #fromSource(first: number, end: number): Promise<Uint8Array[]> {
    const startBytes = BigInt(first) * BigInt(CACHE_BLOCK_BYTES);
    const wholeEnd = BigInt(end) * BigInt(CACHE_BLOCK_BYTES);
    const endBytes = wholeEnd < this.sizeBytes ? wholeEnd : this.sizeBytes;
    const read: UnderWay = { first, end, isStale: false };
    this.#underWay.add(read);
    // Looked at from here on: a write that comes before the bytes do makes them worthless all the same.
    for (let block = first; block < end; block += 1) this.#looked.add(block);
    const blocks: Uint8Array[] = [];
    try {
      for (let at = startBytes; at < endBytes; ) {
        const lengthBytes = Number(endBytes - at < BigInt(MAX_READ_BYTES) ? endBytes - at : MAX_READ_BYTES);
        blocks.push(...inBlocks(await this.#ask(at, lengthBytes)));
        at += BigInt(lengthBytes);
      }
    } finally {
      this.#underWay.delete(read);
    }
    if (!read.isStale) for (const [i, bytes] of blocks.entries()) this.#keep(first + i, bytes);
    return blocks;
  }

  async #ask(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    if (this.#spentBytes + lengthBytes > this.#budgetBytes) {
      throw new VolumeReadError(
        `more than the ${this.#budgetBytes} bytes would have to be read that may be read at a time`,
      );
    }
    this.#spentBytes += lengthBytes;
    let bytes: Uint8Array;
    try {
      bytes = await this.#source.readAt(offsetBytes, lengthBytes);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new VolumeReadError(`${lengthBytes} bytes at ${offsetBytes} could not be read (${why})`);
    }
    if (bytes.length === lengthBytes) return bytes;
    throw new VolumeReadError(`of ${lengthBytes} bytes at ${offsetBytes} only ${bytes.length} could be read`);
  }

  #keep(block: number, bytes: Uint8Array): void {
    this.#blocks.delete(block);
    this.#blocks.set(block, bytes);
    for (const oldest of this.#blocks.keys()) {
      if (this.cachedBytes <= this.#limits.maxCachedBytes) break;
      this.#blocks.delete(oldest);
    }
  }
}

function blockOf(offsetBytes: bigint): number {
  return Number(offsetBytes / BigInt(CACHE_BLOCK_BYTES));
}

/** Copies, as a block that is kept must not hold on to all that was read with it. */
function inBlocks(bytes: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CACHE_BLOCK_BYTES) {
    blocks.push(Uint8Array.from(bytes.subarray(at, at + CACHE_BLOCK_BYTES)));
  }
  return blocks;
}

/** Copies what a block has of the bytes that begin at `offsetBytes` of the disk. */
function copyBlock(piece: Uint8Array, block: number, to: Uint8Array, offsetBytes: bigint): void {
  const at = Number(BigInt(block) * BigInt(CACHE_BLOCK_BYTES) - offsetBytes);
  const skipped = at < 0 ? -at : 0;
  to.set(piece.subarray(skipped, to.length - at), at + skipped);
}
