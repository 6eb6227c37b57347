import { MAX_SIZE_BYTES } from '#shared/bytes/size.ts';
import { RowFlag } from '#shared/events/vocabulary.ts';
import type { Answer, Backend, Capabilities, Request } from './backend.ts';
import type { MemoryAllowance } from './memory-allowance.ts';
import { Errno, ExtentFlag } from './protocol.ts';
import { PAGE_BYTES, PAGE_MASK, PAGE_SHIFT, PAGES_PER_HIGH, PROMISED, SparsePages } from './sparse-pages.ts';

const CAPABILITIES: Capabilities = {
  trim: true,
  zero: true,
  fastZero: true,
  flush: true,
  fua: true,
  cache: true,
  extents: true,
  multiConn: true,
  rotational: false,
  wideLengths: true,
};

/**
 * A disk in memory (nbdkit's `memory` plugin): sparse, of up to 2^63-1 bytes. It grows with what is written and shrinks
 * with what is trimmed or zeroed, by pages of 64 KiB. Every request is answered at once; what is there is there for all
 * connections, so flush and FUA have nothing left to do.
 *
 * A page that was given up is never used for another place: replies still under way may point into it.
 */
export class MemoryBackend implements Backend {
  readonly sizeBytes: bigint;
  readonly readOnly = false;
  readonly capabilities = CAPABILITIES;
  readonly #allowance: MemoryAllowance;
  readonly #pages = new SparsePages();
  /** The last page, which may be in part beyond the end, and its bytes on the disk. */
  readonly #lastPage: number;
  readonly #lastPageBytes: number;
  #usedBytes = 0;

  /** @throws RangeError when the size is not 1 to 2^63-1. */
  constructor(sizeBytes: bigint, allowance: MemoryAllowance) {
    if (sizeBytes < 1n || sizeBytes > MAX_SIZE_BYTES) {
      throw new RangeError(`size=${sizeBytes}: a memory disk has 1 to 2^63-1 bytes`);
    }
    this.sizeBytes = sizeBytes;
    this.#lastPage = Number((sizeBytes - 1n) >> BigInt(PAGE_SHIFT));
    this.#lastPageBytes = Number((sizeBytes - 1n) & BigInt(PAGE_MASK)) + 1;
    this.#allowance = allowance;
  }

  /** Bytes of real memory it takes, or has promised to clients that asked for no hole. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  open(): void {}

  gone(): void {}

  close(): void {}

  read(request: Request): Answer {
    let page = firstPage(request);
    let within = request.offsetLow & PAGE_MASK;
    let left = request.length;
    while (left > 0) {
      const take = Math.min(left, PAGE_BYTES - within);
      const bytes = this.#pages.get(page);
      if (bytes === null || bytes === PROMISED) request.hole(take);
      else request.data(bytes, within, within + take);
      left -= take;
      page += 1;
      within = 0;
    }
    return Errno.Ok;
  }

  /** Where memory runs out the pages before stay written, as on a full thin disk. */
  write(request: Request): Answer {
    const payload = request.payload;
    let from = request.payloadStart;
    let page = firstPage(request);
    let within = request.offsetLow & PAGE_MASK;
    let left = request.length;
    while (left > 0) {
      const take = Math.min(left, PAGE_BYTES - within);
      let bytes = this.#pages.get(page);
      if (bytes === null || bytes === PROMISED) {
        if (bytes === null && !this.#takePage()) return Errno.ENOSPC;
        bytes = take === PAGE_BYTES ? Buffer.allocUnsafeSlow(PAGE_BYTES) : Buffer.alloc(PAGE_BYTES);
        this.#pages.set(page, bytes);
      }
      payload.copy(bytes, within, from, from + take);
      left -= take;
      from += take;
      page += 1;
      within = 0;
    }
    return Errno.Ok;
  }

  zero(request: Request): Answer {
    if ((request.flags & RowFlag.MayTrim) !== 0) return this.trim(request);
    const endPage = pageOfEnd(request);
    const endWithin = withinEnd(request);
    let within = request.offsetLow & PAGE_MASK;
    for (let page = firstPage(request); page <= endPage; page += 1) {
      const to = page === endPage ? endWithin : PAGE_BYTES;
      if (to === within) break;
      const bytes = this.#pages.get(page);
      if (bytes === null) {
        if (!this.#takePage()) return Errno.ENOSPC;
        this.#pages.set(page, PROMISED);
      } else if (to - within === PAGE_BYTES) {
        this.#pages.set(page, PROMISED);
      } else if (bytes !== PROMISED) {
        bytes.fill(0, within, to);
      }
      within = 0;
    }
    return Errno.Ok;
  }

  trim(request: Request): Answer {
    const endPage = pageOfEnd(request);
    const endWithin = withinEnd(request);
    let within = request.offsetLow & PAGE_MASK;
    for (let page = firstPage(request); page <= endPage; page += 1) {
      const to = page === endPage ? endWithin : PAGE_BYTES;
      if (to === within) break;
      if (to - within === PAGE_BYTES) {
        const next = this.#pages.skipEmpty(page, endPage);
        if (next > page) page = next - 1;
        else this.#dropPage(page);
      } else if (page === this.#lastPage && within === 0 && to === this.#lastPageBytes) {
        this.#dropPage(page);
      } else {
        this.#clearPart(page, within, to - within);
      }
      within = 0;
    }
    return Errno.Ok;
  }

  flush(): Answer {
    return Errno.Ok;
  }

  cache(): Answer {
    return Errno.Ok;
  }

  extents(request: Request): Answer {
    let page = firstPage(request);
    let within = request.offsetLow & PAGE_MASK;
    let left = request.lengthHigh * 0x1_0000_0000 + request.length;
    while (left > 0) {
      const pages = Math.ceil((within + left) / PAGE_BYTES);
      const next = this.#pages.skipEmpty(page, page + pages);
      const holeBytes = Math.min(left, (next - page) * PAGE_BYTES - within);
      if (holeBytes > 0) {
        if (!request.extent(holeBytes, ExtentFlag.Hole | ExtentFlag.Zero)) break;
        left -= holeBytes;
        page = next;
        within = 0;
        continue;
      }
      const take = Math.min(left, PAGE_BYTES - within);
      const bytes = this.#pages.get(page);
      let flags = 0;
      if (bytes === null) flags = ExtentFlag.Hole | ExtentFlag.Zero;
      else if (bytes === PROMISED) flags = ExtentFlag.Zero;
      if (!request.extent(take, flags)) break;
      left -= take;
      page += 1;
      within = 0;
    }
    return Errno.Ok;
  }

  dispose(): void {
    this.#pages.clear();
    this.#allowance.give(this.#usedBytes);
    this.#usedBytes = 0;
  }

  #takePage(): boolean {
    if (!this.#allowance.take(PAGE_BYTES)) return false;
    this.#usedBytes += PAGE_BYTES;
    return true;
  }

  #dropPage(page: number): void {
    if (!this.#pages.delete(page)) return;
    this.#allowance.give(PAGE_BYTES);
    this.#usedBytes -= PAGE_BYTES;
  }

  /** Zeroes a part of a page, and gives the page back when nothing is left in it. */
  #clearPart(page: number, within: number, length: number): void {
    const bytes = this.#pages.get(page);
    if (bytes === null || bytes === PROMISED) return;
    bytes.fill(0, within, within + length);
    if (bytes.equals(PROMISED)) this.#dropPage(page);
  }
}

function firstPage(request: Request): number {
  return request.offsetHigh * PAGES_PER_HIGH + (request.offsetLow >>> PAGE_SHIFT);
}

/** The page in which a request ends, or the one after its last when it ends with a page. */
function pageOfEnd(request: Request): number {
  const low = request.offsetLow + request.length;
  const high = request.offsetHigh + request.lengthHigh + (low >= 0x1_0000_0000 ? 1 : 0);
  return high * PAGES_PER_HIGH + ((low % 0x1_0000_0000) >>> PAGE_SHIFT);
}

/** Bytes of that page that it covers. */
function withinEnd(request: Request): number {
  return (request.offsetLow + request.length) & PAGE_MASK;
}
