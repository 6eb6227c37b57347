import type { EventBatch } from '#shared/events/event-batch.ts';
import { type ByteSource, CACHE_BLOCK_BYTES, CachedReader } from '../cached-reader.ts';
import { DiskVolume } from '../disk-volume.ts';
import type { TimeBudget } from './time-budget.ts';
import { WrittenRanges } from './written-ranges.ts';

/** Memory for what was read of one disk, bytes. */
const CACHE_BYTES = 16 << 20;
/** What one reading may take from a disk, bytes. */
const PASS_BYTES = 256 << 20;
/** Blocks in a page, by which most writes are seen to be of no interest. */
const PAGE_BLOCKS = 256;
/** Pages that are kept apart; past that what was read is forgotten. */
const MOST_PAGES = 1 << 16;
/** A disk that gives no bytes for so long, ms, is waited for no longer, and not asked again for the time after. */
const PATIENCE_MS = 10_000;
const SILENCE_MS = 60_000;
/** Requests in flight whose arrival is known; few disks ever have as many. */
const MOST_SLOTS = 4096;
const SILENT = `it did not answer within ${PATIENCE_MS / 1000} s, and is asked again after a minute`;
/** 2^32 bytes in blocks. */
const BLOCKS_PER_HIGH = 2 ** 32 / CACHE_BLOCK_BYTES;

/** One disk whose structures are read again when what they were read from is written. */
export class WatchedDisk {
  readonly disk: number;
  readonly volume: DiskVolume;
  readonly #reader: CachedReader;
  readonly #written = new WrittenRanges();
  /** The row of arrival of the write that each slot holds, or held last. */
  readonly #arrivals = new Float64Array(MOST_SLOTS);
  /** Pages of which anything was ever read that may be in memory still. */
  readonly #pages = new Set<number>();

  /** The last write before a reading that was not taken. */
  #owed = 0;
  #signal: AbortSignal | null = null;
  /** Until when it is not asked, as it did not answer; by `performance.now()`, ms. */
  #silentUntilMs = Number.NEGATIVE_INFINITY;

  /** @param name for sentences. @param budget is not spent while the disk is waited for. */
  constructor(disk: number, name: string, source: ByteSource, budget: TimeBudget) {
    this.disk = disk;
    const { sizeBytes } = source;
    const waiting: ByteSource = {
      sizeBytes,
      readAt: async (offsetBytes, lengthBytes) => {
        if (this.silentForMs > 0) throw new Error(SILENT);
        this.#note(offsetBytes, lengthBytes);
        // What answers at once has done its work by now, and that is spent.
        const bytes = source.readAt(offsetBytes, lengthBytes);
        budget.end();
        try {
          return await this.#waitFor(bytes);
        } finally {
          budget.begin();
        }
      },
    };
    this.#reader = new CachedReader(waiting, { maxCachedBytes: CACHE_BYTES, passBudgetBytes: PASS_BYTES });
    this.volume = new DiskVolume(disk, name, this.#reader);
  }

  /** How long it is still not asked, ms, as it did not answer; 0 for not at all. */
  get silentForMs(): number {
    return Math.max(0, this.#silentUntilMs - performance.now());
  }

  /** @param signal ends the reading: nothing is waited for any more then. */
  beginPass(signal: AbortSignal): void {
    this.#signal = signal;
    if (this.#pages.size > MOST_PAGES) {
      this.#reader.clear();
      this.#pages.clear();
    }
    this.#reader.beginPass();
  }

  /** What the reading found, {@link endPass} had been called already, was not taken: `last` as that returned it is still owed. */
  owe(last: number): void {
    this.#owed = last;
  }

  /** The reading is over: writes from here on are those after it. @returns the last write before it to what was read; 0 for none. */
  endPass(): number {
    const last = this.#written.lastOn((first, end) => this.#isRead(first, end) && this.#looksAt(first, end));
    this.#written.clear();
    const owed = Math.max(last, this.#owed);
    this.#owed = 0;
    return owed;
  }

  /** Takes row `i`, the arrival of a write, trim or zeroing of this disk. */
  arrived(batch: EventBatch, i: number): void {
    const slot = batch.slot[i] ?? 0;
    if (slot < MOST_SLOTS) this.#arrivals[slot] = batch.firstSequence + i;
  }

  /** The row in which the request arrived that row `i` ends; that row itself where it is not known. */
  arrivalOf(batch: EventBatch, i: number): number {
    return this.#arrivals[batch.slot[i] ?? 0] || batch.firstSequence + i;
  }

  /**
   * Takes row `i`, the end of a write, trim or zeroing of this disk. Called for each of them: quick for what lies elsewhere.
   * @returns whether what was read by the last reading, or by the one under way, may be wrong now.
   */
  wrote(batch: EventBatch, i: number): boolean {
    const offsetHigh = batch.offsetHigh[i] ?? 0;
    const offsetLow = batch.offsetLow[i] ?? 0;
    const lengthHigh = batch.lengthHigh[i] ?? 0;
    const lengthLow = batch.lengthLow[i] ?? 0;
    const first = offsetHigh * BLOCKS_PER_HIGH + (offsetLow >>> 12);
    const inBlock = (offsetLow % CACHE_BLOCK_BYTES) + (lengthLow % CACHE_BLOCK_BYTES);
    const end =
      first + lengthHigh * BLOCKS_PER_HIGH + (lengthLow >>> 12) + Math.ceil(inBlock / CACHE_BLOCK_BYTES);
    if (end <= first) return false;
    this.#written.add(first, end, batch.firstSequence + i);
    if (!this.#isRead(first, end)) return false;
    return this.#reader.invalidate(bytesOf(first), bytesOf(end));
  }

  /** What comes of a read, if that is soon and the reading goes on till then. */
  async #waitFor(bytes: Promise<Uint8Array>): Promise<Uint8Array> {
    const signal = this.#signal;
    const over = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.#silentUntilMs = performance.now() + SILENCE_MS;
      over.reject(new Error(SILENT));
    }, PATIENCE_MS);
    const end = (): void => over.reject(signal?.reason);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted === true) end();
    try {
      return await Promise.race([bytes, over.promise]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }

  #isRead(first: number, end: number): boolean {
    const firstPage = Math.floor(first / PAGE_BLOCKS);
    const lastPage = Math.floor((end - 1) / PAGE_BLOCKS);
    if (firstPage === lastPage) return this.#pages.has(firstPage);
    if (lastPage - firstPage < this.#pages.size) {
      for (let page = firstPage; page <= lastPage; page += 1) if (this.#pages.has(page)) return true;
      return false;
    }
    for (const page of this.#pages) if (page >= firstPage && page <= lastPage) return true;
    return false;
  }

  #looksAt(first: number, end: number): boolean {
    return this.#reader.hasLookedAt(bytesOf(first), bytesOf(end));
  }

  #note(offsetBytes: bigint, lengthBytes: number): void {
    const pageBytes = BigInt(PAGE_BLOCKS * CACHE_BLOCK_BYTES);
    const last = Number((offsetBytes + BigInt(lengthBytes) - 1n) / pageBytes);
    for (let page = Number(offsetBytes / pageBytes); page <= last; page += 1) this.#pages.add(page);
  }
}

function bytesOf(block: number): bigint {
  return BigInt(block) * BigInt(CACHE_BLOCK_BYTES);
}
