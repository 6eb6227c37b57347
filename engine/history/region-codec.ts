import { PAGE_BLOCKS, SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';
import { Page, type PageDetail, UNTOUCHED_RUN } from '#shared/model/page.ts';
import { ByteSink, ByteSource } from './byte-stream.ts';

/**
 * Pages of a region as bytes: all of them, or what was touched of them since an earlier writing. Columns of all blocks lie
 * together, times as how long ago they are, so that little is left once they are compressed.
 */

// What stands before the blocks of a page: bits.
/** Single blocks, each with its number, not a span of them. */
const ALONE = 1;
const WITH_SECTORS = 2;

// Codes of a time before those of numbers.
const NEVER = 0;
const AS_IT_IS = 1;
const NUMBERS_FROM = 2;
const MOST_WHOLE = 2 ** 50;

// Codes of a latency.
const UNKNOWN = 0;
const FRACTION = 1;

const F32 = new Float32Array(1);
const F32_BITS = new Uint32Array(F32.buffer);

const COLUMNS = [
  'blocks',
  'states',
  'ops',
  'errnos',
  'ages',
  'readAges',
  'latencies',
  'reads',
  'writes',
  'sectors',
] as const;
type Columns<T> = { readonly [Name in (typeof COLUMNS)[number]]: T };

function columnsOf<T>(make: () => T): Columns<T> {
  return {
    blocks: make(),
    states: make(),
    ops: make(),
    errnos: make(),
    ages: make(),
    readAges: make(),
    latencies: make(),
    reads: make(),
    writes: make(),
    sectors: make(),
  };
}

/** Writes pages of one region after another. */
export class RegionWriter {
  readonly #columns = columnsOf(() => new ByteSink());
  readonly #whole = new ByteSink();
  readonly #alone = new Uint16Array(PAGE_BLOCKS);
  #nowMs = 0;
  #pages = 0;
  /** Blocks written since {@link begin}. */
  blocks = 0;

  /** @param nowMs no time of any block is later. */
  begin(nowMs: number): void {
    for (const name of COLUMNS) this.#columns[name].clear();
    this.#nowMs = nowMs;
    this.#pages = 0;
    this.blocks = 0;
  }

  /** Writes all that was ever touched of the page at that place in the region. */
  page(place: number, page: Page): void {
    const [first, end] = page.touchedSpan();
    const { blocks } = this.#columns;
    blocks.whole(place);
    blocks.whole(page.sectors === null ? 0 : WITH_SECTORS);
    blocks.whole(first);
    blocks.whole(end);
    for (let b = first; b < end; b += 1) this.#block(page, page.detail, b);
    this.#pages += 1;
  }

  /** Writes what was touched at `sinceMs` or later of a page that was there before. */
  changes(place: number, page: Page, sinceMs: number): void {
    const { detail } = page;
    if (detail === null || page.bornMs >= sinceMs) {
      this.page(place, page);
      return;
    }
    const { lastMs } = detail;
    const alone = this.#alone;
    let count = 0;
    for (let b = 0; b < PAGE_BLOCKS; b += 1) {
      if ((lastMs[b] ?? 0) < sinceMs) continue;
      alone[count] = b;
      count += 1;
    }
    if (count > PAGE_BLOCKS / 2) {
      this.page(place, page);
      return;
    }
    const { blocks } = this.#columns;
    blocks.whole(place);
    blocks.whole(page.sectors === null ? ALONE : ALONE | WITH_SECTORS);
    blocks.whole(count);
    let before = 0;
    for (let n = 0; n < count; n += 1) {
      const b = alone[n] ?? 0;
      blocks.whole(b - before);
      before = b;
      this.#block(page, detail, b);
    }
    this.#pages += 1;
  }

  #block(page: Page, detail: PageDetail | null, b: number): void {
    const to = this.#columns;
    this.blocks += 1;
    to.states.whole(page.state[b] ?? 0);
    if (page.sectors !== null) {
      to.sectors.bytes(page.sectors.subarray(b * SECTORS_PER_BLOCK, (b + 1) * SECTORS_PER_BLOCK));
    }
    if (detail === null) return;
    to.ops.whole(detail.lastOp[b] ?? 0);
    to.errnos.whole(detail.errno[b] ?? 0);
    this.#time(to.ages, detail.lastMs[b] ?? 0);
    this.#time(to.readAges, detail.readMs[b] ?? 0);
    to.reads.whole(detail.reads[b] ?? 0);
    to.writes.whole(detail.writes[b] ?? 0);
    const latencyUs = detail.latencyUs[b] ?? Number.NaN;
    if (Number.isNaN(latencyUs)) to.latencies.whole(UNKNOWN);
    else if (Number.isInteger(latencyUs) && latencyUs >= 0 && latencyUs < MOST_WHOLE)
      to.latencies.whole(NUMBERS_FROM + latencyUs);
    else {
      to.latencies.whole(FRACTION);
      F32[0] = latencyUs;
      to.latencies.u32(F32_BITS[0] ?? 0);
    }
  }

  #time(to: ByteSink, ms: number): void {
    const age = this.#nowMs - ms;
    if (ms === 0) to.whole(NEVER);
    else if (Number.isInteger(age) && age >= 0 && age < MOST_WHOLE) to.whole(NUMBERS_FROM + age);
    else {
      to.whole(AS_IT_IS);
      to.f64(ms);
    }
  }

  /** All that was written, uncompressed; a view that is good until the next {@link begin}. */
  finish(): Uint8Array {
    const to = this.#whole;
    to.clear();
    to.f64(this.#nowMs);
    to.whole(this.#pages);
    for (const name of COLUMNS) to.whole(this.#columns[name].length);
    for (const name of COLUMNS) to.bytes(this.#columns[name].view());
    return to.view();
  }
}

/**
 * Takes what a RegionWriter wrote into pages, which the place in the region names; a page that was not there before must be
 * there, empty. Pages have details and sectors as they will once all is read.
 */
export function readRegion(bytes: Uint8Array, pages: readonly Page[]): void {
  const head = new ByteSource(bytes);
  const nowMs = head.f64();
  const count = head.whole();
  const lengths = COLUMNS.map(() => head.whole());
  let at = head.at;
  let next = 0;
  const from = columnsOf(() => {
    const column = new ByteSource(bytes, at);
    at += lengths[next] ?? 0;
    next += 1;
    return column;
  });
  for (let p = 0; p < count; p += 1) {
    const page = pages[from.blocks.whole()];
    if (page === undefined) throw new RangeError(`a region of ${pages.length} pages holds another`);
    const mode = from.blocks.whole();
    const hadSectors = (mode & WITH_SECTORS) !== 0;
    if ((mode & ALONE) === 0) {
      const first = from.blocks.whole();
      const end = from.blocks.whole();
      for (let b = first; b < end; b += 1) readBlock(page, b, from, nowMs, hadSectors);
      continue;
    }
    const blocks = from.blocks.whole();
    let b = 0;
    for (let n = 0; n < blocks; n += 1) {
      b += from.blocks.whole();
      readBlock(page, b, from, nowMs, hadSectors);
    }
  }
}

function readBlock(
  page: Page,
  b: number,
  from: Columns<ByteSource>,
  nowMs: number,
  hadSectors: boolean,
): void {
  page.state[b] = from.states.whole();
  const { detail, sectors } = page;
  if (sectors !== null && hadSectors)
    sectors.set(from.sectors.bytes(SECTORS_PER_BLOCK), b * SECTORS_PER_BLOCK);
  if (detail === null) return;
  detail.lastOp[b] = from.ops.whole();
  detail.errno[b] = from.errnos.whole();
  detail.lastMs[b] = readTime(from.ages, nowMs);
  detail.readMs[b] = readTime(from.readAges, nowMs);
  detail.reads[b] = from.reads.whole();
  detail.writes[b] = from.writes.whole();
  const latency = from.latencies.whole();
  if (latency === UNKNOWN) detail.latencyUs[b] = Number.NaN;
  else if (latency === FRACTION) {
    F32_BITS[0] = from.latencies.u32();
    detail.latencyUs[b] = F32[0] ?? 0;
  } else detail.latencyUs[b] = latency - NUMBERS_FROM;
}

function readTime(from: ByteSource, nowMs: number): number {
  const code = from.whole();
  if (code === NEVER) return 0;
  return code === AS_IT_IS ? from.f64() : nowMs - (code - NUMBERS_FROM);
}

/** A page on which nothing was read yet. */
export function emptyPage(hasDetail: boolean, hasSectors: boolean): Page {
  const page = new Page(UNTOUCHED_RUN, hasDetail, 0);
  if (hasSectors) page.sectors = new Uint8Array(PAGE_BLOCKS * SECTORS_PER_BLOCK);
  return page;
}
