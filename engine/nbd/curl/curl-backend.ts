import type { Answer, Backend, Capabilities, Request } from '../backend.ts';
import { Errno } from '../protocol.ts';
import { BlockCache } from './block-cache.ts';
import { type HttpImage, ImageChanged } from './http-image.ts';

/** What is asked for and kept at once, bytes. */
const BLOCK_BYTES = 64 << 10;
const BLOCKS_PER_HIGH = 0x1_0000_0000 / BLOCK_BYTES;
/** Most blocks in one HTTP request. */
const MAX_RUN_BLOCKS = 16;
/** Blocks read beyond a read that goes on where another ended. */
const READ_AHEAD_BLOCKS = 8;
/** Ends of reads that are remembered, so that several readers may go on side by side. */
const MAX_ENDS = 16;

const CAPABILITIES: Capabilities = {
  trim: false,
  zero: false,
  fastZero: false,
  flush: false,
  fua: false,
  cache: false,
  extents: false,
  multiConn: true,
  rotational: false,
};

/**
 * A read-only disk that is an image on a web server. Reads are answered by blocks of 64 KiB, of which the latest are kept;
 * what is missing is asked for in runs of up to 1 MiB, and no block twice at the same time. Once the image has changed every
 * read fails with EIO, as old and new would be mixed.
 */
export class CurlBackend implements Backend {
  readonly sizeBytes: bigint;
  readonly readOnly = true;
  readonly capabilities = CAPABILITIES;
  /** Told why a read has failed; null when one has succeeded after that. */
  onProblem: ((problem: string | null) => void) | null = null;
  readonly #image: HttpImage;
  readonly #cache: BlockCache;
  readonly #blockCount: number;
  /** Blocks that are on their way. */
  readonly #coming = new Map<number, Promise<Buffer>>();
  /** The blocks after the latest reads, the latest last. */
  readonly #ends = new Set<number>();
  #problem: string | null = null;
  #changed = false;

  constructor(image: HttpImage, cacheBytes: number) {
    this.#image = image;
    this.#cache = new BlockCache(cacheBytes);
    this.#blockCount = Math.ceil(image.sizeBytes / BLOCK_BYTES);
    this.sizeBytes = BigInt(image.sizeBytes);
  }

  /** Why the last read that had to ask the server failed; null when it did not. */
  get problem(): string | null {
    return this.#problem;
  }

  get usedBytes(): number {
    return this.#cache.bytes + this.#coming.size * BLOCK_BYTES;
  }

  open(): void {}

  gone(): void {}

  close(): void {}

  read(request: Request): Answer {
    if (this.#changed) return Errno.EIO;
    const first = request.offsetHigh * BLOCKS_PER_HIGH + Math.floor(request.offsetLow / BLOCK_BYTES);
    const within = request.offsetLow % BLOCK_BYTES;
    const count = Math.ceil((within + request.length) / BLOCK_BYTES);
    const ahead = this.#goesOn(first, first + count) ? READ_AHEAD_BLOCKS : 0;
    const wanted: (Buffer | undefined)[] = [];
    for (let i = 0; i < count; i += 1) wanted.push(this.#cache.get(first + i));
    this.#askFor(first, count, ahead);
    if (wanted.every((block) => block !== undefined)) return deliver(request, wanted, within);
    return this.#readLater(request, wanted, first, within);
  }

  write(): Answer {
    return Errno.EPERM;
  }

  zero(): Answer {
    return Errno.EPERM;
  }

  trim(): Answer {
    return Errno.EPERM;
  }

  flush(): Answer {
    return Errno.EINVAL;
  }

  cache(): Answer {
    return Errno.EINVAL;
  }

  extents(): Answer {
    return Errno.EINVAL;
  }

  dispose(): void {
    this.#image.dispose();
    this.#cache.clear();
  }

  async #readLater(
    request: Request,
    wanted: readonly (Buffer | undefined)[],
    first: number,
    within: number,
  ): Promise<number> {
    try {
      const blocks = await Promise.all(wanted.map((block, i) => block ?? this.#coming.get(first + i)));
      this.#setProblem(null);
      return deliver(request, blocks, within);
    } catch (error) {
      this.#setProblem(error instanceof Error ? error.message : String(error));
      if (error instanceof ImageChanged) this.#imageChanged();
      return Errno.EIO;
    }
  }

  /** Whether a read begins where one before it ended. */
  #goesOn(first: number, end: number): boolean {
    const goesOn = this.#ends.delete(first) || this.#ends.delete(first + 1);
    this.#ends.add(end);
    for (const oldest of this.#ends) {
      if (this.#ends.size <= MAX_ENDS) break;
      this.#ends.delete(oldest);
    }
    return goesOn;
  }

  /** Asks for what is missing of these blocks and, when any is, of the `ahead` after them. */
  #askFor(first: number, count: number, ahead: number): void {
    let run = 0;
    const last = Math.min(this.#blockCount, first + count + ahead);
    for (let block = first; block < last; block += 1) {
      const beyond = block >= first + count;
      const missing = !this.#cache.has(block) && !this.#coming.has(block);
      if (missing && run < MAX_RUN_BLOCKS && (!beyond || run > 0)) run += 1;
      else {
        this.#askRun(block - run, run);
        run = missing && !beyond ? 1 : 0;
        if (beyond) return;
      }
    }
    this.#askRun(last - run, run);
  }

  #askRun(first: number, count: number): void {
    if (count === 0) return;
    const start = first * BLOCK_BYTES;
    const length = Math.min(count * BLOCK_BYTES, this.#image.sizeBytes - start);
    const blocks: Buffer[] = [];
    for (let at = 0; at < length; at += BLOCK_BYTES) {
      blocks.push(Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, length - at)));
    }
    const read = this.#image.read(start, length, () => filler(blocks));
    for (const [i, bytes] of blocks.entries()) {
      const block = first + i;
      const come = read.then(
        () => {
          this.#coming.delete(block);
          if (!this.#changed) this.#cache.put(block, bytes);
          return bytes;
        },
        (error: unknown) => {
          this.#coming.delete(block);
          throw error;
        },
      );
      // Nobody may be waiting for what was read ahead.
      come.catch(() => {});
      this.#coming.set(block, come);
    }
  }

  #imageChanged(): void {
    this.#changed = true;
    this.#cache.clear();
  }

  /** That the image has changed is told from then on, whatever becomes of reads that were under way. */
  #setProblem(problem: string | null): void {
    if (this.#changed || problem === this.#problem) return;
    this.#problem = problem;
    this.onProblem?.(problem);
  }
}

/** Fills blocks with bytes in the order they come. */
function filler(blocks: readonly Buffer[]): (bytes: Buffer) => void {
  let at = 0;
  return (bytes) => {
    let from = 0;
    while (from < bytes.length) {
      const block = blocks[Math.floor(at / BLOCK_BYTES)];
      if (block === undefined) return;
      const copied = bytes.copy(block, at % BLOCK_BYTES, from);
      from += copied;
      at += copied;
    }
  };
}

function deliver(request: Request, blocks: readonly (Buffer | undefined)[], within: number): number {
  let start = within;
  let left = request.length;
  for (const block of blocks) {
    if (block === undefined) return Errno.EIO;
    const take = Math.min(left, block.length - start);
    request.data(block, start, start + take);
    left -= take;
    start = 0;
  }
  return Errno.Ok;
}
