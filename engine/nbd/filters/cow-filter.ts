import { parseSize } from '#shared/bytes/size.ts';
import { RowFlag } from '#shared/events/vocabulary.ts';
import { type Answer, type Backend, type Capabilities, Filter, type Request } from '../backend.ts';
import { BlockLocks } from '../cow/block-locks.ts';
import { BlockMap, BlockState, FIRST_SLOT } from '../cow/block-map.ts';
import { CommitBatch } from '../cow/commit-batch.ts';
import { OverlayFile } from '../cow/overlay-file.ts';
import { nbdErrno } from '../file/file-errno.ts';
import type { MemoryAllowance } from '../memory-allowance.ts';
import { OwnRequest, offsetOf, readRange } from '../own-request.ts';
import { Errno, ExtentFlag } from '../protocol.ts';
import { ParameterError } from './parameters.ts';

const DEFAULT_BLOCK_BYTES = 65_536;
const MIN_BLOCK_BYTES = 4096;
const MAX_BLOCK_BYTES = 1 << 20;
/** The most that one request to the disk below zeroes while a commit runs. */
const COMMIT_ZERO_BYTES = 64 << 20;
/** So many blocks at least are made durable at a time by a commit. */
const COMMIT_BLOCKS = 1024;

/** What a commit has done; `failed` is an NBD error number, 0 when all went well. */
export interface Commit {
  readonly bytes: bigint;
  readonly failed: number;
  /** Whether it was broken off. What was not committed is still in the overlay. */
  readonly cancelled: boolean;
}

/**
 * nbdkit's `cow` filter, with an end that can be chosen: what is written goes to an overlay by blocks of 64 KiB, and the
 * disk below stays as it is until the overlay is committed. The overlay does not outlive the server, so flush promises
 * nothing of it; of what has been committed it promises what the disk below does.
 */
export class CowFilter extends Filter {
  #blockBytes = DEFAULT_BLOCK_BYTES;
  #overlay: OverlayFile | null = null;
  readonly #map: BlockMap;
  readonly #locks = new BlockLocks();
  /** Requests under way; a discard waits for them and holds up those that come. */
  #running = 0;
  #held: Promise<void> | null = null;
  readonly #onIdle: (() => void)[] = [];
  #committing = false;
  #baseDirty = false;
  readonly #batch = new CommitBatch();

  constructor(next: Backend, allowance: MemoryAllowance) {
    super(next);
    this.#map = new BlockMap(allowance, (slot) => this.#overlay?.giveBack(slot));
  }

  /** Whether `key` is a parameter of this filter. */
  static takes(key: string): boolean {
    return key === 'cow-block-size';
  }

  /** Sets a parameter as on nbdkit's command line, before the first request. @throws ParameterError. */
  configure(key: string, value: string): void {
    const size = parseSize(value);
    const bytes = 'bytes' in size ? Number(size.bytes) : 0;
    if (bytes < MIN_BLOCK_BYTES || bytes > MAX_BLOCK_BYTES || (bytes & (bytes - 1)) !== 0) {
      throw new ParameterError(key, value, 'use a power of two from 4K to 1M');
    }
    this.#blockBytes = bytes;
  }

  override get readOnly(): boolean {
    return false;
  }

  override get capabilities(): Capabilities {
    const base = this.next.capabilities;
    return {
      ...base,
      trim: true,
      zero: true,
      fastZero: true,
      flush: true,
      fua: true,
      extents: true,
      multiConn: true,
      wideLengths: false,
    };
  }

  /** Bytes that differ from the disk below, or may: whole blocks. */
  get changedBytes(): bigint {
    return this.#map
      .changedRuns(this.#endBlock)
      .reduce((sum, [first, end]) => sum + this.#startOf(end) - this.#startOf(first), 0n);
  }

  /** Bytes of the overlay, on the disk that has the temporary files, and in memory. */
  get usedBytes(): number {
    return (this.#overlay?.usedBytes ?? 0) + this.#map.usedBytes;
  }

  get isChanged(): boolean {
    return this.#map.usedBytes > 0;
  }

  /** Why the overlay cannot be committed; null when it can. */
  get whyNoCommit(): string | null {
    return this.next.readOnly ? 'the disk below cannot be written' : null;
  }

  get isCommitting(): boolean {
    return this.#committing;
  }

  override read(request: Request): Promise<number> {
    return this.#run(async (overlay) => {
      const parts = [...this.#runsOf(request)].map(({ offset, length, state }) =>
        // All are waited for, as places in the overlay stay theirs only so long.
        this.#readPart(overlay, offset, length, state).catch((error: unknown) => -nbdErrno(error)),
      );
      const read = await Promise.all(parts);
      const failed = read.find((part) => typeof part === 'number' && part < 0);
      if (typeof failed === 'number') return -failed;
      for (const part of read) {
        if (typeof part === 'number') request.hole(part);
        else part.passOn(request);
      }
      return Errno.Ok;
    });
  }

  override write(request: Request): Promise<number> {
    return this.#run(async (overlay) => {
      const { payloadStart, length } = request;
      const bytes = request.payload.subarray(payloadStart, payloadStart + length);
      return this.#changeBlocks(overlay, offsetOf(request), length, (at, part) =>
        bytes.subarray(at, at + part),
      );
    });
  }

  override zero(request: Request): Promise<number> {
    const mayTrim = (request.flags & RowFlag.MayTrim) !== 0;
    return this.#run((overlay) => this.#clear(overlay, request, mayTrim ? BlockState.Hole : BlockState.Zero));
  }

  override trim(request: Request): Promise<number> {
    return this.#run((overlay) => this.#clear(overlay, request, BlockState.Hole));
  }

  override flush(request: Request): Answer {
    if (!this.#baseDirty || !this.next.capabilities.flush) return Errno.Ok;
    return this.next.flush(request);
  }

  override extents(request: Request): Promise<number> {
    return this.#run(async () => {
      for (const { offset, length, state } of this.#runsOf(request)) {
        if (state >= FIRST_SLOT || (state === BlockState.Base && !this.next.capabilities.extents)) {
          if (!request.extent(length, 0)) break;
        } else if (state !== BlockState.Base) {
          const flags = state === BlockState.Hole ? ExtentFlag.Hole | ExtentFlag.Zero : ExtentFlag.Zero;
          if (!request.extent(length, flags)) break;
        } else if (!(await this.#baseExtents(request, offset, length))) break;
      }
      return Errno.Ok;
    });
  }

  override async dispose(): Promise<void> {
    // First, as requests here may be waiting for the disk below, which answers them when it ends.
    await this.next.dispose();
    await this.#whenIdle();
    await this.#overlay?.close();
    this.#map.clear();
  }

  /**
   * Writes what is in the overlay to the disk below while clients go on, and forgets it only once it is durable there: a
   * disk below that fails, or is another server that dies, takes nothing with it. A crash of this process leaves the disk
   * below with a part of it, and loses the rest, as it would have been lost without a commit.
   * @param onProgress told bytes done and bytes there were at the start.
   * @throws Error when it cannot be done at all, or one runs already.
   */
  async commit(onProgress: (done: bigint, total: bigint) => void, signal?: AbortSignal): Promise<Commit> {
    if (this.whyNoCommit !== null) throw new Error(`nothing can be committed: ${this.whyNoCommit}`);
    if (this.#committing) throw new Error('the overlay is being committed already');
    this.#committing = true;
    while (this.#held !== null) await this.#held;
    const total = this.changedBytes;
    let written = 0n;
    let bytes = 0n;
    let failed: number = Errno.Ok;
    try {
      for (const [first, end] of this.#map.changedRuns(this.#endBlock)) {
        for (let at = first; at < end && failed === 0 && signal?.aborted !== true; ) {
          const next = this.#commitEnd(at, end);
          failed = await this.#run((overlay) => this.#commitRun(overlay, at, next));
          if (failed === 0) written += this.#startOf(next) - this.#startOf(at);
          onProgress(written, total);
          at = next;
          if (failed !== 0 || this.#batch.size < COMMIT_BLOCKS) continue;
          failed = await this.#settle();
          if (failed === 0) bytes = written;
        }
      }
      // What was written before it failed or was broken off need not be written again.
      const settled = await this.#settle();
      if (settled === 0) bytes = written;
      else failed ||= settled;
      return { bytes, failed, cancelled: signal?.aborted === true };
    } finally {
      this.#committing = false;
    }
  }

  /**
   * Forgets what is in the overlay: the disk is as the one below is. Clients stay connected; what they keep in caches of
   * their own is theirs to forget.
   * @throws Error while a commit runs.
   */
  async discard(): Promise<void> {
    if (this.#committing)
      throw new Error('the overlay is being committed; wait for the end of that, or break it off');
    while (this.#held !== null) await this.#held;
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    try {
      await this.#whenIdle();
      this.#map.clear();
      await this.#overlay?.reset();
    } finally {
      this.#held = null;
      release();
    }
  }

  async #run(work: (overlay: OverlayFile) => Promise<number>): Promise<number> {
    while (this.#held !== null) await this.#held;
    this.#overlay ??= new OverlayFile(this.#blockBytes);
    const overlay = this.#overlay;
    this.#running += 1;
    const age = overlay.begin();
    try {
      // A payload is moved out of the way of the next bytes from the socket once the answer is known to be late.
      await null;
      return await work(overlay);
    } catch (error) {
      return nbdErrno(error);
    } finally {
      overlay.end(age);
      this.#running -= 1;
      if (this.#running === 0) for (const tell of this.#onIdle.splice(0)) tell();
    }
  }

  #whenIdle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  get #endBlock(): number {
    return Number((this.sizeBytes + BigInt(this.#blockBytes) - 1n) / BigInt(this.#blockBytes));
  }

  /** Where a block begins; the end of the disk for the block after the last. */
  #startOf(block: number): bigint {
    const start = BigInt(block) * BigInt(this.#blockBytes);
    return start < this.sizeBytes ? start : this.sizeBytes;
  }

  #lengthOf(block: number): number {
    return Number(this.#startOf(block + 1) - this.#startOf(block));
  }

  /** The parts of a request that are in one place: single blocks of the overlay, runs of the rest. */
  *#runsOf(request: Request): Generator<{ offset: bigint; length: number; state: number }> {
    const end = offsetOf(request) + BigInt(request.length);
    const endBlock = Number((end - 1n) / BigInt(this.#blockBytes)) + 1;
    let offset = offsetOf(request);
    while (offset < end) {
      const block = Number(offset / BigInt(this.#blockBytes));
      const state = this.#map.get(block);
      const after = state >= FIRST_SLOT ? block + 1 : this.#map.runEnd(block, endBlock);
      const stop = this.#startOf(after) < end ? this.#startOf(after) : end;
      yield { offset, length: Number(stop - offset), state };
      offset = stop;
    }
  }

  /** A number is that many zeroes, or below 0 an error. */
  async #readPart(
    overlay: OverlayFile,
    offset: bigint,
    length: number,
    state: number,
  ): Promise<OwnRequest | number> {
    if (state === BlockState.Hole || state === BlockState.Zero) return length;
    const part = new OwnRequest(offset, length);
    if (state === BlockState.Base) {
      const errno = await this.next.read(part);
      if (errno !== 0) return -errno;
      return part.collected === length ? part : -Errno.EIO;
    }
    const bytes = Buffer.allocUnsafeSlow(length);
    await overlay.read(state - FIRST_SLOT, Number(offset % BigInt(this.#blockBytes)), bytes);
    part.data(bytes, 0, length);
    return part;
  }

  /** Puts new bytes into blocks, each at a time of its own. @param bytesOf the bytes of a part of the range. */
  async #changeBlocks(
    overlay: OverlayFile,
    offset: bigint,
    length: number,
    bytesOf: (at: number, length: number) => Buffer,
  ): Promise<number> {
    const changes: Promise<number>[] = [];
    for (let at = 0; at < length; ) {
      const block = Number((offset + BigInt(at)) / BigInt(this.#blockBytes));
      const within = Number(offset + BigInt(at) - this.#startOf(block));
      const part = Math.min(length - at, this.#lengthOf(block) - within);
      const bytes = bytesOf(at, part);
      const change = this.#locks.run(block, () => this.#changeBlock(overlay, block, within, bytes));
      changes.push(change.catch(nbdErrno));
      at += part;
    }
    const errnos = await Promise.all(changes);
    return errnos.find((errno) => errno !== 0) ?? Errno.Ok;
  }

  async #changeBlock(overlay: OverlayFile, block: number, within: number, bytes: Buffer): Promise<number> {
    this.#batch.changed(block);
    for (;;) {
      const state = this.#map.get(block);
      if (state >= FIRST_SLOT) {
        await overlay.write(state - FIRST_SLOT, within, bytes);
        return Errno.Ok;
      }
      const { errno, whole } = await this.#wholeBlock(block, state, within, bytes);
      if (errno !== 0) return errno;
      const slot = overlay.take();
      try {
        await overlay.write(slot, 0, whole);
      } catch (error) {
        overlay.giveBack(slot);
        throw error;
      }
      // A block that was zeroed meanwhile does not get back what was read before that.
      const isAsItWas = this.#map.get(block) === state;
      if (isAsItWas && this.#map.set(block, slot + FIRST_SLOT)) return Errno.Ok;
      overlay.giveBack(slot);
      if (isAsItWas) return Errno.ENOSPC;
    }
  }

  /** A block that is not in the overlay as it is after a change. */
  async #wholeBlock(
    block: number,
    state: number,
    within: number,
    bytes: Buffer,
  ): Promise<{ errno: number; whole: Buffer }> {
    const length = this.#lengthOf(block);
    if (bytes.length === length) return { errno: Errno.Ok, whole: bytes };
    let whole: Buffer = Buffer.alloc(length);
    if (state === BlockState.Base) {
      const { errno, bytes: before } = await readRange(this.next, this.#startOf(block), length);
      if (errno !== 0) return { errno, whole };
      whole = before;
    }
    bytes.copy(whole, within);
    return { errno: Errno.Ok, whole };
  }

  /** Makes a range zeroes: whole blocks become `state`, parts of blocks are written. */
  async #clear(overlay: OverlayFile, request: Request, state: number): Promise<number> {
    const size = BigInt(this.#blockBytes);
    const offset = offsetOf(request);
    const end = offset + BigInt(request.length);
    const first = Number((offset + size - 1n) / size);
    const last = end === this.sizeBytes ? this.#endBlock : Number(end / size);
    if (first >= last) return this.#clearPart(overlay, offset, request.length);
    const head = Number(this.#startOf(first) - offset);
    const tail = Number(end - this.#startOf(last));
    const errno = await this.#clearPart(overlay, offset, head);
    if (errno !== 0) return errno;
    if (!this.#map.setRun(first, last, state)) return Errno.ENOSPC;
    return this.#clearPart(overlay, this.#startOf(last), tail);
  }

  /** Zeroes a part of a block or of two neighbours; where nothing is, nothing need be written. */
  async #clearPart(overlay: OverlayFile, offset: bigint, length: number): Promise<number> {
    if (length === 0) return Errno.Ok;
    return this.#changeBlocks(overlay, offset, length, (_at, part) => Buffer.alloc(part));
  }

  /** Passes on what the disk below says of a range. Returns false when there is no more to say. */
  async #baseExtents(request: Request, offset: bigint, length: number): Promise<boolean> {
    const asked = new OwnRequest(offset, length);
    const errno = await this.next.extents(asked);
    if (errno !== 0) return request.extent(length, 0);
    let left = length;
    for (let i = 0; i < asked.extentCount && left > 0; i += 1) {
      const part = Math.min(left, asked.extentLength[i] ?? 0);
      if (!request.extent(part, asked.extentFlags[i] ?? 0)) return false;
      left -= part;
    }
    return left === 0;
  }

  /** What is committed with the block at `at`: itself, or with it zeroes that follow. */
  #commitEnd(at: number, end: number): number {
    const state = this.#map.get(at);
    if (state >= FIRST_SLOT) return at + 1;
    return Math.min(this.#map.runEnd(at, end), at + COMMIT_ZERO_BYTES / this.#blockBytes);
  }

  #commitRun(overlay: OverlayFile, first: number, end: number): Promise<number> {
    const state = this.#map.get(first);
    if (state >= FIRST_SLOT) return this.#locks.run(first, () => this.#commitBlock(overlay, first));
    if (state === BlockState.Base) return Promise.resolve(Errno.Ok);
    return this.#commitZeroes(first, end, state);
  }

  async #commitBlock(overlay: OverlayFile, block: number): Promise<number> {
    const state = this.#map.get(block);
    if (state < FIRST_SLOT) return Errno.Ok;
    const bytes = Buffer.allocUnsafeSlow(this.#lengthOf(block));
    await overlay.read(state - FIRST_SLOT, 0, bytes);
    this.#baseDirty = true;
    const errno = await this.next.write(new OwnRequest(this.#startOf(block), bytes.length, 0, bytes));
    // It may have been trimmed meanwhile, and is then left to the next commit.
    if (errno === 0 && this.#map.get(block) === state) this.#batch.add(block, state);
    return errno;
  }

  async #commitZeroes(first: number, end: number, state: number): Promise<number> {
    const offset = this.#startOf(first);
    const length = Number(this.#startOf(end) - offset);
    this.#baseDirty = true;
    const errno = await this.#zeroBase(offset, length, state === BlockState.Hole);
    if (errno !== 0) return errno;
    for (let block = first; block < end; block += 1) {
      if (this.#map.get(block) === state) this.#batch.add(block, state);
    }
    return Errno.Ok;
  }

  /** Makes durable what has been committed, and forgets it then. Returns an NBD error number. */
  #settle(): Promise<number> {
    return this.#run(async () => {
      const flushes = this.#baseDirty && this.next.capabilities.flush;
      const errno = flushes ? await this.next.flush(new OwnRequest(0n, 0)) : Errno.Ok;
      if (errno === 0) this.#batch.forget(this.#map);
      else this.#batch.keep();
      return errno;
    });
  }

  async #zeroBase(offset: bigint, length: number, mayTrim: boolean): Promise<number> {
    if (this.next.capabilities.zero) {
      return this.next.zero(new OwnRequest(offset, length, mayTrim ? RowFlag.MayTrim : 0));
    }
    return this.next.write(new OwnRequest(offset, length, 0, Buffer.alloc(length)));
  }
}
