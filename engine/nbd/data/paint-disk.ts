import type { MemoryAllowance } from '../memory-allowance.ts';
import { MemoryBackend } from '../memory-backend.ts';
import { OwnRequest } from '../own-request.ts';
import { Errno } from '../protocol.ts';
import { PAGE_BYTES } from '../sparse-pages.ts';
import type { Canvas, Content } from './content.ts';
import { DataError } from './data-language.ts';

const PAGE = BigInt(PAGE_BYTES);

/** Pages by number, as many as memory allows. */
class PageCanvas implements Canvas {
  readonly pages = new Map<number, Buffer>();
  readonly #maxPages: number;
  /** No page beyond it was ever there: contents mostly follow one another. */
  #last = -1;

  constructor(maxPages: number) {
    this.#maxPages = maxPages;
  }

  put(offset: bigint, bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const at = offset + BigInt(done);
      const within = Number(at % PAGE);
      done += bytes.copy(this.#page(Number(at / PAGE)), within, done);
    }
  }

  clear(offset: bigint, length: bigint): void {
    if (length === 0n) return;
    const end = offset + length;
    const first = Number(offset / PAGE);
    const last = Math.min(this.#last, Number((end - 1n) / PAGE));
    if (first > last) return;
    const numbers = last - first < this.pages.size ? range(first, last) : [...this.pages.keys()];
    for (const number of numbers) {
      const page = this.pages.get(number);
      if (page === undefined || number < first || number > last) continue;
      const start = BigInt(number) * PAGE;
      const from = offset > start ? Number(offset - start) : 0;
      const to = end < start + PAGE ? Number(end - start) : PAGE_BYTES;
      if (to - from === PAGE_BYTES) this.pages.delete(number);
      else page.fill(0, from, to);
    }
  }

  #page(number: number): Buffer {
    let page = this.pages.get(number);
    if (page !== undefined) return page;
    if (this.pages.size >= this.#maxPages) {
      throw new DataError(
        `the data takes more than the ${this.#maxPages} pages of 64 KiB that there is memory for; use fewer places`,
      );
    }
    page = Buffer.alloc(PAGE_BYTES);
    this.pages.set(number, page);
    this.#last = Math.max(this.#last, number);
    return page;
  }
}

/** A disk in memory that begins with these contents, cut off or filled up with zeroes. @throws DataError. */
export function paintDisk(content: Content, sizeBytes: bigint, allowance: MemoryAllowance): MemoryBackend {
  const free = allowance.limitBytes - allowance.usedBytes;
  const canvas = new PageCanvas(Math.max(0, Math.floor(free / PAGE_BYTES)));
  const end = content.size < sizeBytes ? content.size : sizeBytes;
  if (end > 0n) content.paint(canvas, 0n, 0n, end);
  const disk = new MemoryBackend(sizeBytes, allowance);
  for (const [number, page] of canvas.pages) {
    canvas.pages.delete(number);
    const offset = BigInt(number) * PAGE;
    const length = offset + PAGE > sizeBytes ? Number(sizeBytes - offset) : PAGE_BYTES;
    if (page.equals(EMPTY_PAGE)) continue;
    if (disk.write(new OwnRequest(offset, length, 0, page)) !== Errno.Ok) {
      disk.dispose();
      throw new DataError('there is not enough memory left for the data; stop a disk');
    }
  }
  return disk;
}

const EMPTY_PAGE = Buffer.alloc(PAGE_BYTES);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_none, i) => first + i);
}
