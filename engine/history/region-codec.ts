import { PAGE_BLOCKS, SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';
import { Page, UNTOUCHED_RUN } from '#shared/model/page.ts';
import { ByteSink, ByteSource } from './byte-stream.ts';
import { ALONE, PAGE_NUMBERS, type RegionColumns, WITH_DETAIL, WITH_SECTORS } from './region-columns.ts';

/**
 * Pages of a region as bytes: all of them, or what was touched of them since an earlier writing. Columns of all blocks lie
 * together, times as how long ago they are, so that little is left once they are compressed.
 */

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

/** The columns that a region is written in; each is emptied before it is used again. */
const sinks = columnsOf(() => new ByteSink());
const whole = new ByteSink();

/** The pages of a region as bytes, not yet compressed; a view that is good until the next call. */
export function encodeRegion(from: RegionColumns): Uint8Array {
  for (const name of COLUMNS) sinks[name].clear();
  const { blocks } = sinks;
  let at = 0;
  let sectorsAt = 0;
  for (let p = 0; p < from.pageCount * PAGE_NUMBERS; p += PAGE_NUMBERS) {
    const mode = from.pages[p + 1] ?? 0;
    const first = from.pages[p + 2] ?? 0;
    blocks.whole(from.pages[p] ?? 0);
    blocks.whole(mode & (ALONE | WITH_SECTORS));
    blocks.whole(first);
    let end = at + first;
    if ((mode & ALONE) === 0) {
      const spanEnd = from.pages[p + 3] ?? 0;
      blocks.whole(spanEnd);
      end = at + spanEnd - first;
    } else {
      let before = 0;
      for (let n = at; n < end; n += 1) {
        const number = from.number[n] ?? 0;
        blocks.whole(number - before);
        before = number;
      }
    }
    if ((mode & WITH_SECTORS) !== 0) {
      const sectorsEnd = sectorsAt + (end - at) * SECTORS_PER_BLOCK;
      sinks.sectors.bytes(from.sectors.subarray(sectorsAt, sectorsEnd));
      sectorsAt = sectorsEnd;
    }
    for (let n = at; n < end; n += 1) sinks.states.whole(from.state[n] ?? 0);
    if ((mode & WITH_DETAIL) !== 0) for (let n = at; n < end; n += 1) writeDetail(from, n);
    at = end;
  }
  whole.clear();
  whole.f64(from.nowMs);
  whole.whole(from.pageCount);
  for (const name of COLUMNS) whole.whole(sinks[name].length);
  for (const name of COLUMNS) whole.bytes(sinks[name].view());
  return whole.view();
}

function writeDetail(from: RegionColumns, n: number): void {
  sinks.ops.whole(from.lastOp[n] ?? 0);
  sinks.errnos.whole(from.errno[n] ?? 0);
  writeTime(sinks.ages, from.lastMs[n] ?? 0, from.nowMs);
  writeTime(sinks.readAges, from.readMs[n] ?? 0, from.nowMs);
  sinks.reads.whole(from.reads[n] ?? 0);
  sinks.writes.whole(from.writes[n] ?? 0);
  const latencyUs = from.latencyUs[n] ?? Number.NaN;
  if (Number.isNaN(latencyUs)) sinks.latencies.whole(UNKNOWN);
  else if (Number.isInteger(latencyUs) && latencyUs >= 0 && latencyUs < MOST_WHOLE)
    sinks.latencies.whole(NUMBERS_FROM + latencyUs);
  else {
    sinks.latencies.whole(FRACTION);
    F32[0] = latencyUs;
    sinks.latencies.u32(F32_BITS[0] ?? 0);
  }
}

function writeTime(to: ByteSink, ms: number, nowMs: number): void {
  const age = nowMs - ms;
  if (ms === 0) to.whole(NEVER);
  else if (Number.isInteger(age) && age >= 0 && age < MOST_WHOLE) to.whole(NUMBERS_FROM + age);
  else {
    to.whole(AS_IT_IS);
    to.f64(ms);
  }
}

/**
 * Takes what {@link encodeRegion} wrote into pages, which the place in the region names; a page that was not there before must be
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
