import { PAGE_BLOCKS, SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';
import { NO_OP, type Page, type PageDetail } from '#shared/model/page.ts';

/** Numbers for each page: its place in the region, its mode, and a span [first, end) of blocks or a count and 0. */
export const PAGE_NUMBERS = 4;

// What stands of a page: bits of its mode.
/** Single blocks, each with its number, not a span of them. */
export const ALONE = 1;
export const WITH_SECTORS = 2;
export const WITH_DETAIL = 4;

/** Header: ms of now, pages, blocks, bytes of sectors. */
const HEADER_NUMBERS = 4;
const HEADER_BYTES = HEADER_NUMBERS * 8;
const BLOCK_BYTES = 33;

/**
 * Pages of a region as they are copied out of a picture that changes: what is quickly taken, to be encoded by whoever has time.
 *
 * A struct of arrays. Columns of blocks have one entry for each block of each page, in order; those of details are only
 * meaningful where the page has {@link WITH_DETAIL}, and `number` where it has {@link ALONE}.
 */
export class RegionColumns {
  /** No time of any block is later; model ms. */
  nowMs = 0;
  pageCount = 0;
  blockCount = 0;
  sectorBytes = 0;
  pages = new Uint32Array(64 * PAGE_NUMBERS);
  /** SECTORS_PER_BLOCK for each block of a page with {@link WITH_SECTORS}. */
  sectors = new Uint8Array(0);
  #capacity = 0;
  lastMs = new Float64Array(0);
  readMs = new Float64Array(0);
  latencyUs = new Float32Array(0);
  reads = new Uint32Array(0);
  writes = new Uint32Array(0);
  number = new Uint16Array(0);
  state = new Uint8Array(0);
  lastOp = new Uint8Array(0);
  errno = new Uint8Array(0);

  /** Empties it. */
  begin(nowMs: number): void {
    this.nowMs = nowMs;
    this.pageCount = 0;
    this.blockCount = 0;
    this.sectorBytes = 0;
  }

  /** Takes all that was ever touched of the page at that place in the region. */
  page(place: number, page: Page): void {
    const [first, end] = page.touchedSpan();
    this.#makeRoom(PAGE_BLOCKS);
    const count = this.#listTouched(page, first, end);
    // A large disk that is used here and there has pages with some blocks each: the span would be a hundred times as much.
    if (count <= (end - first) / 2) this.#takeAlone(place, page, count);
    else this.#takeSpan(place, page, first, end);
  }

  /** Takes what was touched at `sinceMs` or later of a page that was there before. */
  changes(place: number, page: Page, sinceMs: number): void {
    const { detail } = page;
    if (detail === null || page.bornMs >= sinceMs) {
      this.page(place, page);
      return;
    }
    this.#makeRoom(PAGE_BLOCKS);
    const count = this.#listChanged(detail, sinceMs);
    if (count > PAGE_BLOCKS / 2) this.page(place, page);
    else this.#takeAlone(place, page, count);
  }

  /** Notes the numbers of blocks that were ever touched, behind the blocks there are; returns how many they are. */
  #listTouched({ state, detail }: Page, first: number, end: number): number {
    const { number } = this;
    let to = this.blockCount;
    for (let b = first; b < end; b += 1) {
      if (state[b] === 0 && (detail === null || detail.lastOp[b] === NO_OP)) continue;
      number[to] = b;
      to += 1;
    }
    return to - this.blockCount;
  }

  /** The same of blocks that were touched at `sinceMs` or later. */
  #listChanged({ lastMs }: PageDetail, sinceMs: number): number {
    const { number } = this;
    let to = this.blockCount;
    for (let b = 0; b < PAGE_BLOCKS; b += 1) {
      if ((lastMs[b] ?? 0) < sinceMs) continue;
      number[to] = b;
      to += 1;
    }
    return to - this.blockCount;
  }

  /** Takes the blocks whose numbers have been noted. Hot path. */
  #takeAlone(place: number, page: Page, count: number): void {
    this.#addPage(place, page, ALONE, count, 0);
    const { number, state } = this;
    const { detail, sectors } = page;
    const at = this.blockCount;
    const end = at + count;
    for (let n = at; n < end; n += 1) state[n] = page.state[number[n] ?? 0] ?? 0;
    if (detail !== null) this.#takeDetails(detail, at, end);
    for (let n = at; sectors !== null && n < end; n += 1) {
      const from = (number[n] ?? 0) * SECTORS_PER_BLOCK;
      this.#takeSectors(sectors.subarray(from, from + SECTORS_PER_BLOCK));
    }
    this.blockCount = end;
  }

  #takeDetails(detail: PageDetail, at: number, end: number): void {
    const { lastMs, readMs, latencyUs, reads, writes, number, lastOp, errno } = this;
    for (let n = at; n < end; n += 1) {
      const b = number[n] ?? 0;
      lastMs[n] = detail.lastMs[b] ?? 0;
      readMs[n] = detail.readMs[b] ?? 0;
      latencyUs[n] = detail.latencyUs[b] ?? 0;
      reads[n] = detail.reads[b] ?? 0;
      writes[n] = detail.writes[b] ?? 0;
      lastOp[n] = detail.lastOp[b] ?? 0;
      errno[n] = detail.errno[b] ?? 0;
    }
  }

  #takeSpan(place: number, page: Page, first: number, end: number): void {
    this.#addPage(place, page, 0, first, end);
    const at = this.blockCount;
    this.state.set(page.state.subarray(first, end), at);
    const { detail, sectors } = page;
    if (sectors !== null)
      this.#takeSectors(sectors.subarray(first * SECTORS_PER_BLOCK, end * SECTORS_PER_BLOCK));
    if (detail !== null) {
      this.lastMs.set(detail.lastMs.subarray(first, end), at);
      this.readMs.set(detail.readMs.subarray(first, end), at);
      this.latencyUs.set(detail.latencyUs.subarray(first, end), at);
      this.reads.set(detail.reads.subarray(first, end), at);
      this.writes.set(detail.writes.subarray(first, end), at);
      this.lastOp.set(detail.lastOp.subarray(first, end), at);
      this.errno.set(detail.errno.subarray(first, end), at);
    }
    this.blockCount = at + end - first;
  }

  #addPage(place: number, page: Page, alone: number, first: number, end: number): void {
    const at = this.pageCount * PAGE_NUMBERS;
    if (at === this.pages.length) {
      const wider = new Uint32Array(at * 2);
      wider.set(this.pages);
      this.pages = wider;
    }
    this.pages[at] = place;
    this.pages[at + 1] =
      alone | (page.sectors === null ? 0 : WITH_SECTORS) | (page.detail === null ? 0 : WITH_DETAIL);
    this.pages[at + 2] = first;
    this.pages[at + 3] = end;
    this.pageCount += 1;
  }

  #takeSectors(sectors: Uint8Array): void {
    const end = this.sectorBytes + sectors.length;
    if (end > this.sectors.length) {
      const wider = new Uint8Array(Math.max(this.sectors.length * 2, end));
      wider.set(this.sectors);
      this.sectors = wider;
    }
    this.sectors.set(sectors, this.sectorBytes);
    this.sectorBytes = end;
  }

  #makeRoom(blocks: number): void {
    const wanted = this.blockCount + blocks;
    if (wanted <= this.#capacity) return;
    const capacity = Math.max(4 * PAGE_BLOCKS, this.#capacity * 2, wanted);
    const before = this.#columns(this.blockCount);
    this.#lie(capacity, new ArrayBuffer(capacity * BLOCK_BYTES), 0);
    for (const [c, column] of this.#columns(capacity).entries()) column.set(before[c] ?? []);
  }

  /** Lets the columns of blocks lie in a buffer, widest first so that each is aligned. */
  #lie(capacity: number, buffer: ArrayBuffer, byteOffset: number): void {
    const n = capacity;
    this.#capacity = n;
    this.lastMs = new Float64Array(buffer, byteOffset, n);
    this.readMs = new Float64Array(buffer, byteOffset + n * 8, n);
    this.latencyUs = new Float32Array(buffer, byteOffset + n * 16, n);
    this.reads = new Uint32Array(buffer, byteOffset + n * 20, n);
    this.writes = new Uint32Array(buffer, byteOffset + n * 24, n);
    this.number = new Uint16Array(buffer, byteOffset + n * 28, n);
    this.state = new Uint8Array(buffer, byteOffset + n * 30, n);
    this.lastOp = new Uint8Array(buffer, byteOffset + n * 31, n);
    this.errno = new Uint8Array(buffer, byteOffset + n * 32, n);
  }

  #columns(count: number): readonly (Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array)[] {
    const { lastMs, readMs, latencyUs, reads, writes, number, state, lastOp, errno } = this;
    const columns = [lastMs, readMs, latencyUs, reads, writes, number, state, lastOp, errno];
    return columns.map((column) => column.subarray(0, count));
  }

  /** Bytes that {@link pack} makes of it. */
  get rawBytes(): number {
    return (
      HEADER_BYTES + this.pageCount * PAGE_NUMBERS * 4 + this.blockCount * BLOCK_BYTES + this.sectorBytes
    );
  }

  /** All of it as bytes of their own: header, numbers of pages, columns, sectors. */
  pack(): Uint8Array<ArrayBuffer> {
    const pagesEnd = HEADER_BYTES + this.pageCount * PAGE_NUMBERS * 4;
    const blocksEnd = pagesEnd + this.blockCount * BLOCK_BYTES;
    const bytes = new Uint8Array(this.rawBytes);
    const { buffer } = bytes;
    const header = [this.nowMs, this.pageCount, this.blockCount, this.sectorBytes];
    new Float64Array(buffer, 0, HEADER_NUMBERS).set(header);
    const packed = new RegionColumns();
    packed.#lie(this.blockCount, buffer, pagesEnd);
    new Uint32Array(buffer, HEADER_BYTES, this.pageCount * PAGE_NUMBERS).set(
      this.pages.subarray(0, this.pageCount * PAGE_NUMBERS),
    );
    const columns = this.#columns(this.blockCount);
    for (const [c, column] of packed.#columns(this.blockCount).entries()) column.set(columns[c] ?? []);
    bytes.set(this.sectors.subarray(0, this.sectorBytes), blocksEnd);
    return bytes;
  }

  /** What {@link pack} wrote; views the bytes, which lie at the start of their buffer. */
  static unpack(bytes: Uint8Array<ArrayBuffer>): RegionColumns {
    const { buffer } = bytes;
    const columns = new RegionColumns();
    const [nowMs = 0, pageCount = 0, blockCount = 0, sectorBytes = 0] = new Float64Array(
      buffer,
      0,
      HEADER_NUMBERS,
    );
    columns.nowMs = nowMs;
    columns.pageCount = pageCount;
    columns.blockCount = blockCount;
    columns.sectorBytes = sectorBytes;
    columns.pages = new Uint32Array(buffer, HEADER_BYTES, pageCount * PAGE_NUMBERS);
    const pagesEnd = HEADER_BYTES + pageCount * PAGE_NUMBERS * 4;
    columns.#lie(blockCount, buffer, pagesEnd);
    columns.sectors = new Uint8Array(buffer, pagesEnd + blockCount * BLOCK_BYTES, sectorBytes);
    return columns;
  }
}
