import type { ByteReader, ByteWriter } from '../bytes/binary.ts';
import { Op } from '../events/vocabulary.ts';
import { KIND_MASK, MIXED, PAGE_BLOCKS, SECTORS_PER_BLOCK } from './block-state.ts';

/** What is remembered of a whole run of blocks that have always been treated alike. */
export interface RunRecord {
  readonly state: number;
  readonly lastOp: number;
  readonly errno: number;
  /** Last request's end, ms since the model's epoch; 0 when there was none. */
  readonly lastMs: number;
  readonly latencyUs: number;
  readonly reads: number;
  readonly writes: number;
  /** Last successful read, ms since the model's epoch; 0 when there was none. */
  readonly readMs: number;
}

/** Bits that tell which columns a page in a snapshot has besides the states. */
const HAS_DETAIL = 1;
const HAS_SECTORS = 2;
/** Blocks one by one, each with its number. */
const BLOCKS_ALONE = 4;
/** Of a page with more blocks than this to write, the touched span is written: it takes less then. */
const MOST_ALONE = PAGE_BLOCKS / 2;

export const NO_OP = 255;

export const UNTOUCHED_RUN: RunRecord = Object.freeze({
  state: 0,
  lastOp: NO_OP,
  errno: 0,
  lastMs: 0,
  latencyUs: 0,
  reads: 0,
  writes: 0,
  readMs: 0,
});

/** Per-block columns beyond the state; dropped for new pages when the model's memory runs short. */
export class PageDetail {
  static readonly BYTES = PAGE_BLOCKS * 30;
  /** All columns in one: a buffer each would cost a third more than what is in them. */
  readonly #bytes = new ArrayBuffer(PageDetail.BYTES);
  /** Doubles: 32 bits of ms are full after 49 days, and a log may well be older. */
  readonly lastMs = new Float64Array(this.#bytes, 0, PAGE_BLOCKS);
  readonly readMs = new Float64Array(this.#bytes, PAGE_BLOCKS * 8, PAGE_BLOCKS);
  readonly latencyUs = new Float32Array(this.#bytes, PAGE_BLOCKS * 16, PAGE_BLOCKS);
  readonly reads = new Uint32Array(this.#bytes, PAGE_BLOCKS * 20, PAGE_BLOCKS);
  readonly writes = new Uint32Array(this.#bytes, PAGE_BLOCKS * 24, PAGE_BLOCKS);
  readonly lastOp = new Uint8Array(this.#bytes, PAGE_BLOCKS * 28, PAGE_BLOCKS).fill(NO_OP);
  readonly errno = new Uint8Array(this.#bytes, PAGE_BLOCKS * 29, PAGE_BLOCKS);
}

/** {@link PAGE_BLOCKS} neighbouring blocks, at least one of which has been touched by itself. */
export class Page {
  /** What a page costs without details: its states, the objects, its place in the map. */
  static readonly BYTES = PAGE_BLOCKS + 400;
  /** State bytes, see block-state.ts. */
  readonly state = new Uint8Array(PAGE_BLOCKS);
  detail: PageDetail | null = null;
  /** Kinds per sector; only meaningful for blocks whose state has MIXED. */
  sectors: Uint8Array | null = null;
  /** When it was made, and last touched; model ms. */
  readonly bornMs: number;
  touchedMs: number;

  constructor(run: RunRecord, withDetail: boolean, nowMs: number) {
    this.bornMs = nowMs;
    this.touchedMs = nowMs;
    if (run.state !== 0) this.state.fill(run.state);
    if (!withDetail) return;
    const detail = new PageDetail();
    this.detail = detail;
    if (run === UNTOUCHED_RUN) return;
    detail.lastMs.fill(run.lastMs);
    detail.latencyUs.fill(run.latencyUs);
    detail.reads.fill(run.reads);
    detail.writes.fill(run.writes);
    detail.readMs.fill(run.readMs);
    detail.lastOp.fill(run.lastOp);
    detail.errno.fill(run.errno);
  }

  get memoryBytes(): number {
    return Page.BYTES + (this.detail === null ? 0 : PageDetail.BYTES) + (this.sectors?.byteLength ?? 0);
  }

  /**
   * Writes what was touched at `sinceMs` or later, model ms, at least: the blocks from the first that was ever touched to
   * the last, or, where that is less, those blocks alone.
   */
  write(to: ByteWriter, sinceMs = 0): void {
    const { detail, sectors } = this;
    const parts = (detail === null ? 0 : HAS_DETAIL) | (sectors === null ? 0 : HAS_SECTORS);
    const touched = detail !== null && this.bornMs < sinceMs ? blocksSince(detail, sinceMs) : null;
    if (touched !== null && detail !== null) {
      to.u32(parts | BLOCKS_ALONE);
      to.u32(touched.length);
      for (const b of touched) this.#writeBlock(b, detail, to);
      return;
    }
    const [first, end] = this.touchedSpan();
    to.u32(parts);
    to.u32(first);
    to.u32(end);
    for (const column of this.#columns(first, end)) to.array(column);
  }

  /** Takes what {@link write} wrote into this page. Throws RangeError when the bytes do not fit. */
  read(from: ByteReader): void {
    const parts = from.u32();
    if ((parts & HAS_DETAIL) !== 0) this.detail ??= new PageDetail();
    // A copy that lacks rows may have told sectors apart where the original did not.
    if ((parts & HAS_SECTORS) === 0) this.sectors = null;
    else this.sectors ??= new Uint8Array(PAGE_BLOCKS * SECTORS_PER_BLOCK);
    if ((parts & BLOCKS_ALONE) !== 0) {
      const count = from.u32();
      for (let i = 0; i < count; i += 1) this.#readBlock(from);
      return;
    }
    const first = from.u32();
    const end = from.u32();
    if (first > end || end > PAGE_BLOCKS) {
      throw new RangeError(`snapshot of blocks ${first} to ${end} of a page`);
    }
    for (const column of this.#columns(first, end)) from.into(column);
    // A block without details is as if never touched again once its failure has been read away.
    this.state.fill(0, 0, first).fill(0, end);
  }

  #writeBlock(b: number, detail: PageDetail, to: ByteWriter): void {
    to.u32(b | ((this.state[b] ?? 0) << 16) | ((detail.lastOp[b] ?? 0) << 24));
    to.u32(detail.errno[b] ?? 0);
    to.f64(detail.lastMs[b] ?? 0);
    to.f64(detail.readMs[b] ?? 0);
    to.f64(detail.latencyUs[b] ?? 0);
    to.u32(detail.reads[b] ?? 0);
    to.u32(detail.writes[b] ?? 0);
    if (this.sectors !== null)
      to.array(this.sectors.subarray(b * SECTORS_PER_BLOCK, (b + 1) * SECTORS_PER_BLOCK));
  }

  #readBlock(from: ByteReader): void {
    const packed = from.u32();
    const b = packed & 0xffff;
    const { detail, sectors } = this;
    if (b >= PAGE_BLOCKS || detail === null) throw new RangeError(`snapshot of block ${b} of a page`);
    this.state[b] = packed >>> 16;
    detail.lastOp[b] = packed >>> 24;
    detail.errno[b] = from.u32();
    detail.lastMs[b] = from.f64();
    detail.readMs[b] = from.f64();
    detail.latencyUs[b] = from.f64();
    detail.reads[b] = from.u32();
    detail.writes[b] = from.u32();
    if (sectors !== null) from.into(sectors.subarray(b * SECTORS_PER_BLOCK, (b + 1) * SECTORS_PER_BLOCK));
  }

  /** The least range of blocks, as [first, end), outside of which every column still is as it was made. */
  touchedSpan(): readonly [number, number] {
    const { state, detail } = this;
    const isTouched = (b: number): boolean =>
      state[b] !== 0 || (detail !== null && detail.lastOp[b] !== NO_OP);
    let first = 0;
    while (first < PAGE_BLOCKS && !isTouched(first)) first += 1;
    let end = PAGE_BLOCKS;
    while (end > first && !isTouched(end - 1)) end -= 1;
    return [first, end];
  }

  /** Views of all columns there are, for blocks [first, end). */
  #columns(first: number, end: number): readonly (Uint8Array | Uint32Array | Float32Array | Float64Array)[] {
    const columns: (Uint8Array | Uint32Array | Float32Array | Float64Array)[] = [
      this.state.subarray(first, end),
    ];
    if (this.sectors !== null) {
      columns.push(this.sectors.subarray(first * SECTORS_PER_BLOCK, end * SECTORS_PER_BLOCK));
    }
    if (this.detail === null) return columns;
    const { lastMs, latencyUs, reads, writes, readMs, lastOp, errno } = this.detail;
    for (const column of [lastMs, latencyUs, reads, writes, readMs, lastOp, errno]) {
      columns.push(column.subarray(first, end));
    }
    return columns;
  }

  /** Sets the sectors [from, to) of block `index` to `kind`, and the block's MIXED bit to whether its sectors differ. */
  setSectors(index: number, from: number, to: number, kind: number): void {
    let sectors = this.sectors;
    if (sectors === null) {
      sectors = new Uint8Array(PAGE_BLOCKS * SECTORS_PER_BLOCK);
      this.sectors = sectors;
    }
    const base = index * SECTORS_PER_BLOCK;
    const state = this.state[index] ?? 0;
    if ((state & MIXED) === 0) sectors.fill(state & KIND_MASK, base, base + SECTORS_PER_BLOCK);
    sectors.fill(kind, base + from, base + to);
    const first = sectors[base];
    let mixed = 0;
    for (let s = 1; s < SECTORS_PER_BLOCK; s += 1) if (sectors[base + s] !== first) mixed = MIXED;
    this.state[index] = (state & ~MIXED) | mixed;
  }
}

/** Notes the end of a request in the columns of the blocks [firstBlock, endBlock) of a page, where it has any. Hot path. */
export function noteDetail(
  detail: PageDetail | null,
  op: number,
  errno: number,
  firstBlock: number,
  endBlock: number,
  nowMs: number,
  latencyUs: number,
): void {
  if (detail === null) return;
  if (endBlock - firstBlock === 1) {
    // One block, as most requests are: a fill of each column would cost several times as much.
    detail.lastMs[firstBlock] = nowMs;
    detail.latencyUs[firstBlock] = latencyUs;
    detail.lastOp[firstBlock] = op;
    detail.errno[firstBlock] = errno;
    if (op === Op.Read) {
      detail.reads[firstBlock] = (detail.reads[firstBlock] ?? 0) + 1;
      if (errno === 0) detail.readMs[firstBlock] = nowMs;
    } else if (op !== Op.Trim) {
      detail.writes[firstBlock] = (detail.writes[firstBlock] ?? 0) + 1;
    }
    return;
  }
  detail.lastMs.fill(nowMs, firstBlock, endBlock);
  detail.latencyUs.fill(latencyUs, firstBlock, endBlock);
  detail.lastOp.fill(op, firstBlock, endBlock);
  detail.errno.fill(errno, firstBlock, endBlock);
  if (op === Op.Read) {
    for (let b = firstBlock; b < endBlock; b += 1) detail.reads[b] = (detail.reads[b] ?? 0) + 1;
    if (errno === 0) detail.readMs.fill(nowMs, firstBlock, endBlock);
  } else if (op !== Op.Trim) {
    for (let b = firstBlock; b < endBlock; b += 1) detail.writes[b] = (detail.writes[b] ?? 0) + 1;
  }
}

/** The blocks that were touched at `sinceMs` or later; null when there are many. */
function blocksSince(detail: PageDetail, sinceMs: number): number[] | null {
  const { lastMs } = detail;
  const found: number[] = [];
  for (let b = 0; b < PAGE_BLOCKS; b += 1) {
    if ((lastMs[b] ?? 0) < sinceMs) continue;
    if (found.length === MOST_ALONE) return null;
    found.push(b);
  }
  return found;
}
