import type { ByteReader } from '../bytes/binary.ts';
import type { EventBatch } from '../events/event-batch.ts';
import { Op, RowFlag } from '../events/vocabulary.ts';
import { type BlockInfo, infoOfBlock, infoOfRun } from './block-info.ts';
import {
  BlockKind,
  COARSE,
  FAILED,
  FUA_MARK,
  KIND_MASK,
  MIXED,
  PAGE_BLOCKS,
  rowSectors,
  SECTORS_PER_BLOCK,
} from './block-state.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { type ModelListener, tellPage, tellRun } from './model-listener.ts';
import { noteDetail, Page, PageDetail, UNTOUCHED_RUN } from './page.ts';
import { forEachGap, pagesBetween } from './page-gaps.ts';
import { PageMap, SleepingPage, type SleepingRegion, TOUCH } from './page-map.ts';
import { RunMap } from './run-map.ts';

const KIND_OF_OP: readonly number[] = [
  -1, // read
  BlockKind.Written,
  BlockKind.Trimmed,
  BlockKind.Zeroed,
  -1, // flush
  -1, // cache
  -1, // extents
];

/**
 * The state of every block of one disk, sparse: pages of blocks that were touched one by one, runs of pages that
 * were only touched whole. Memory follows what was touched, within the shared budget; a request that covers the
 * whole of a 7 EiB disk costs no more than the pages there are.
 */
export class DiskModel {
  readonly pages = new PageMap((page, sleeping) => this.#catchUp(page, sleeping));
  runs = new RunMap();
  /** Sequence number of the row that made or last emptied this model: a copy with another has nothing in common with it. */
  bornAt: number;
  /** A copy to which pages and runs have still to come: rows change only what it has, and make nothing new. */
  isPartial = false;
  listener: ModelListener | null = null;
  /** Session clock of the last flush's reply, ms since the epoch below; 0 when there was none. */
  lastFlushMs = 0;

  readonly #budget: MemoryBudget;
  readonly #range = new Float64Array(2);
  /** States of a page as they were before a snapshot's came. */
  readonly #before = new Uint8Array(PAGE_BLOCKS);
  #lastPageNumber = -1;
  #lastPage: Page | undefined;

  constructor(budget: MemoryBudget, bornAt = 0) {
    this.#budget = budget;
    this.bornAt = bornAt;
  }

  /**
   * Applies the completion in row `i`. `nowMs` is the session clock in whole ms since the model's epoch, at least 1.
   * Hot path: nothing is allocated unless a page is touched for the first time.
   */
  complete(batch: EventBatch, i: number, nowMs: number): void {
    const op = batch.op[i] ?? 0;
    const errno = batch.errno[i] ?? 0;
    if (op === Op.Flush) {
      if (errno === 0) this.lastFlushMs = nowMs;
      return;
    }
    if (op !== Op.Read && op !== Op.Write && op !== Op.Trim && op !== Op.Zero) return;
    const range = this.#range;
    rowSectors(batch, i, range);
    const firstSector = range[0] ?? 0;
    const endSector = range[1] ?? 0;
    if (endSector <= firstSector) return;
    const fua = op === Op.Write && ((batch.flags[i] ?? 0) & RowFlag.Fua) !== 0;
    this.#touch(op, errno, fua, firstSector, endSector, nowMs, batch.latencyUs[i] ?? Number.NaN);
  }

  #touch(
    op: number,
    errno: number,
    fua: boolean,
    firstSector: number,
    endSector: number,
    nowMs: number,
    latencyUs: number,
  ): void {
    const firstBlock = Math.floor(firstSector / SECTORS_PER_BLOCK);
    const endBlock = Math.ceil(endSector / SECTORS_PER_BLOCK);
    const firstPage = Math.floor(firstBlock / PAGE_BLOCKS);
    const endPage = Math.ceil(endBlock / PAGE_BLOCKS);
    // Pages covered whole: all sectors of the page lie in the range.
    const pageSectors = PAGE_BLOCKS * SECTORS_PER_BLOCK;
    const wholeFrom = Math.ceil(firstSector / pageSectors);
    const wholeTo = Math.floor(endSector / pageSectors);
    if (wholeFrom >= wholeTo) {
      for (let page = firstPage; page < endPage; page += 1) {
        this.#touchPart(page, op, errno, fua, firstSector, endSector, nowMs, latencyUs);
      }
      return;
    }
    if (firstPage < wholeFrom) {
      this.#touchPart(firstPage, op, errno, fua, firstSector, endSector, nowMs, latencyUs);
    }
    this.#touchWhole(wholeFrom, wholeTo, op, errno, fua, nowMs, latencyUs);
    if (wholeTo < endPage) {
      this.#touchPart(wholeTo, op, errno, fua, firstSector, endSector, nowMs, latencyUs);
    }
  }

  #touchWhole(
    from: number,
    to: number,
    op: number,
    errno: number,
    fua: boolean,
    nowMs: number,
    latencyUs: number,
  ): void {
    const pageSectors = PAGE_BLOCKS * SECTORS_PER_BLOCK;
    const cover = (number: number): void =>
      this.#touchPart(
        number,
        op,
        errno,
        fua,
        number * pageSectors,
        (number + 1) * pageSectors,
        nowMs,
        latencyUs,
      );
    if (to - from <= this.pages.size) {
      for (let number = from; number < to; number += 1) if (this.pages.has(number)) cover(number);
    } else {
      for (const number of this.pages.keys()) if (number >= from && number < to) cover(number);
    }
    if (this.isPartial) return;
    const listener = this.listener;
    this.runs.update(from, to, (record, start, end, isWidened) => {
      const next = nextState(record.state, op, errno, fua);
      const state = !isWidened ? next & ~COARSE : next === record.state ? next : next | COARSE;
      const readMs = op === Op.Read && errno === 0 ? nowMs : 0;
      if (listener !== null) this.#tellGaps(listener, start, end, record.state, state, readMs);
      return {
        state,
        lastOp: op,
        errno,
        lastMs: nowMs,
        latencyUs: Math.fround(latencyUs),
        reads: record.reads + (op === Op.Read ? 1 : 0),
        writes: record.writes + (op === Op.Write || op === Op.Zero ? 1 : 0),
        readMs: readMs === 0 ? record.readMs : readMs,
      };
    });
    this.#tellTouched(from, to);
    this.#boundRuns();
  }

  /** Tells that pages which are not in memory were touched: those that are have told already. */
  #tellTouched(from: number, to: number): void {
    const { listener } = this;
    const { grain } = this.runs;
    if (listener === null) return;
    // What is kept in a coarser grain was touched in all of it.
    const start = Math.floor(from / grain) * grain;
    forEachGap(this.pages, start, Math.ceil(to / grain) * grain, (first, end) =>
      listener.blocksTouched(first * PAGE_BLOCKS, (end - first) * PAGE_BLOCKS),
    );
  }

  /** Runs that are not shared by neighbours are bounded in number, like pages, and for the same reason. */
  #boundRuns(): void {
    if (!this.runs.isFull) return;
    this.runs.coarsen();
    this.listener?.reset();
  }

  /**
   * Tells the listener about the pages of [from, to) that are not in memory: those that are have told already.
   * `readMs` is 0 where nothing was read.
   */
  #tellGaps(
    listener: ModelListener,
    from: number,
    to: number,
    oldState: number,
    newState: number,
    readMs: number,
  ): void {
    if (oldState === newState && readMs === 0) return;
    forEachGap(this.pages, from, to, (start, end) => {
      const first = start * PAGE_BLOCKS;
      const count = (end - start) * PAGE_BLOCKS;
      if (oldState !== newState) listener.blocksChanged(first, count, oldState, newState);
      if (readMs !== 0) listener.blocksRead(first, count, readMs);
    });
  }

  #touchPart(
    pageNumber: number,
    op: number,
    errno: number,
    fua: boolean,
    firstSector: number,
    endSector: number,
    nowMs: number,
    latencyUs: number,
  ): void {
    const found = this.#pageFor(pageNumber, nowMs);
    if (found === null) {
      if (!this.isPartial) this.#touchCoarsely(pageNumber, op, errno, fua, nowMs, latencyUs);
      return;
    }
    let page: Page | undefined;
    if (found instanceof SleepingPage) {
      const cutsBlocks = firstSector % SECTORS_PER_BLOCK !== 0 || endSector % SECTORS_PER_BLOCK !== 0;
      // Memory for its sectors must be taken in the order of the rows, and a listener hears what changes.
      if (this.listener === null && !found.isInUse && (found.hasSectors || !cutsBlocks)) {
        found.touchedMs = nowMs;
        found.touches.push(op, errno, fua ? 1 : 0, firstSector, endSector, nowMs, latencyUs);
        return;
      }
      page = this.pages.get(pageNumber);
      if (page === undefined) return;
    } else page = found;
    this.#touchPage(page, pageNumber, op, errno, fua, firstSector, endSector, nowMs, latencyUs);
  }

  /** Does to a page what touched it while it slept. */
  #catchUp(page: Page, { number, touches }: SleepingPage): void {
    for (let t = 0; t < touches.length; t += TOUCH) {
      this.#touchPage(
        page,
        number,
        touches[t] ?? 0,
        touches[t + 1] ?? 0,
        touches[t + 2] === 1,
        touches[t + 3] ?? 0,
        touches[t + 4] ?? 0,
        touches[t + 5] ?? 0,
        touches[t + 6] ?? Number.NaN,
      );
    }
  }

  #touchPage(
    page: Page,
    pageNumber: number,
    op: number,
    errno: number,
    fua: boolean,
    firstSector: number,
    endSector: number,
    nowMs: number,
    latencyUs: number,
  ): void {
    page.touchedMs = nowMs;
    const pageSector = pageNumber * PAGE_BLOCKS * SECTORS_PER_BLOCK;
    const from = Math.max(firstSector - pageSector, 0);
    const to = Math.min(endSector - pageSector, PAGE_BLOCKS * SECTORS_PER_BLOCK);
    const firstBlock = Math.floor(from / SECTORS_PER_BLOCK);
    const endBlock = Math.ceil(to / SECTORS_PER_BLOCK);
    const kind = errno === 0 ? (KIND_OF_OP[op] ?? -1) : -1;
    const listener = this.listener;
    const base = pageNumber * PAGE_BLOCKS;
    const states = page.state;
    let runStart = firstBlock;
    let runOld = -1;
    let runNew = -1;
    for (let b = firstBlock; b < endBlock; b += 1) {
      const old = states[b] ?? 0;
      let next = nextState(old, op, errno, fua);
      if (kind >= 0) {
        const sectorFrom = Math.max(from - b * SECTORS_PER_BLOCK, 0);
        const sectorTo = Math.min(to - b * SECTORS_PER_BLOCK, SECTORS_PER_BLOCK);
        if (
          sectorTo - sectorFrom < SECTORS_PER_BLOCK &&
          ((old & MIXED) !== 0 || (old & KIND_MASK) !== kind)
        ) {
          this.#withSectors(page);
          page.setSectors(b, sectorFrom, sectorTo, kind);
          next |= (states[b] ?? 0) & MIXED;
        }
        states[b] = next;
      } else {
        states[b] = next;
      }
      if (listener === null) continue;
      if (old !== runOld || next !== runNew) {
        if (b > runStart) tellRun(listener, base + runStart, b - runStart, runOld, runNew);
        runStart = b;
        runOld = old;
        runNew = next;
      }
    }
    if (listener !== null) {
      if (endBlock > runStart) tellRun(listener, base + runStart, endBlock - runStart, runOld, runNew);
      if (op === Op.Read && errno === 0) listener.blocksRead(base + firstBlock, endBlock - firstBlock, nowMs);
    }
    noteDetail(page.detail, op, errno, firstBlock, endBlock, nowMs, latencyUs);
    listener?.blocksTouched(base + firstBlock, endBlock - firstBlock);
  }

  #withSectors(page: Page): void {
    if (page.sectors === null) this.#budget.usedBytes += PAGE_BLOCKS * SECTORS_PER_BLOCK;
  }

  /** The page to write to, made when it is not there yet; null when the budget is spent. */
  #pageFor(number: number, nowMs: number): Page | SleepingPage | null {
    if (number === this.#lastPageNumber && this.#lastPage !== undefined) return this.#lastPage;
    let page = this.pages.peek(number);
    if (page instanceof SleepingPage) return page;
    if (page === undefined) {
      if (this.isPartial) return null;
      const grant = this.#budget.grant(Page.BYTES, PageDetail.BYTES);
      if (grant === 'none') return null;
      page = new Page(this.runs.at(number), grant === 'full', nowMs);
      this.pages.set(number, page);
      // From here on nobody counts in it.
      if (page.detail === null) this.listener?.blocksTouched(number * PAGE_BLOCKS, PAGE_BLOCKS);
    }
    this.#lastPageNumber = number;
    this.#lastPage = page;
    return page;
  }

  /** Out of memory: the page as a whole takes on what a part of it became, so that nothing touched is hidden. */
  #touchCoarsely(
    pageNumber: number,
    op: number,
    errno: number,
    fua: boolean,
    nowMs: number,
    latencyUs: number,
  ): void {
    const listener = this.listener;
    this.runs.update(pageNumber, pageNumber + 1, (record, start, end) => {
      // Even where the state is as it was, nobody counted which part was touched.
      const state = nextState(record.state, op, errno, fua) | COARSE;
      if (listener !== null && state !== record.state) {
        this.#tellGaps(listener, start, end, record.state, state, 0);
      }
      return { ...record, state, lastOp: op, errno, lastMs: nowMs, latencyUs: Math.fround(latencyUs) };
    });
    this.#tellTouched(pageNumber, pageNumber + 1);
    this.#boundRuns();
  }

  /** State byte of a block. */
  stateAt(block: number): number {
    const number = Math.floor(block / PAGE_BLOCKS);
    const page = this.pages.get(number);
    return page ? (page.state[block - number * PAGE_BLOCKS] ?? 0) : this.runs.at(number).state;
  }

  /** Kind of one sector, counted from the start of the disk. */
  sectorKind(sector: number): number {
    const block = Math.floor(sector / SECTORS_PER_BLOCK);
    const number = Math.floor(block / PAGE_BLOCKS);
    const page = this.pages.get(number);
    if (page === undefined) return this.runs.at(number).state & KIND_MASK;
    const index = block - number * PAGE_BLOCKS;
    const state = page.state[index] ?? 0;
    if ((state & MIXED) === 0 || page.sectors === null) return state & KIND_MASK;
    return page.sectors[index * SECTORS_PER_BLOCK + (sector - block * SECTORS_PER_BLOCK)] ?? 0;
  }

  blockInfo(block: number): BlockInfo {
    const number = Math.floor(block / PAGE_BLOCKS);
    const page = this.pages.get(number);
    const sectors = Array.from({ length: SECTORS_PER_BLOCK }, (_, s) =>
      this.sectorKind(block * SECTORS_PER_BLOCK + s),
    );
    if (page === undefined) return infoOfRun(this.runs.at(number), sectors);
    return infoOfBlock(page, block - number * PAGE_BLOCKS, sectors);
  }

  /**
   * Visits everything in blocks [first, end) that is not as it was at the start, in no particular order: runs of
   * equal state with, for each, the time of the last read (0 for none). Cost follows what was touched, not the size.
   */
  forEachTouched(
    first: number,
    end: number,
    visit: (firstBlock: number, count: number, state: number, readMs: number) => void,
  ): void {
    const firstPage = Math.floor(first / PAGE_BLOCKS);
    const endPage = Math.ceil(end / PAGE_BLOCKS);
    const inMemory = pagesBetween(this.pages, firstPage, endPage);
    let next = 0;
    this.runs.forEach(firstPage, endPage, (record, start, stop) => {
      if (record.state === 0 && record.readMs === 0) return;
      for (let number = inMemory[next]; number !== undefined && number < start; number = inMemory[next])
        next += 1;
      let from = start;
      const tell = (to: number): void => {
        const a = Math.max(from * PAGE_BLOCKS, first);
        const b = Math.min(to * PAGE_BLOCKS, end);
        if (a < b) visit(a, b - a, record.state, record.readMs);
      };
      for (let number = inMemory[next]; number !== undefined && number < stop; number = inMemory[next]) {
        tell(number);
        from = number + 1;
        next += 1;
      }
      tell(stop);
    });
    for (const number of inMemory) {
      const page = this.pages.get(number);
      if (page === undefined) continue;
      const base = number * PAGE_BLOCKS;
      const from = Math.max(first - base, 0);
      const to = Math.min(end - base, PAGE_BLOCKS);
      const reads = page.detail?.readMs;
      let runStart = from;
      for (let b = from; b < to; b = runStart) {
        const state = page.state[b];
        const readMs = reads?.[b] ?? 0;
        runStart = b + 1;
        while (runStart < to && page.state[runStart] === state && (reads?.[runStart] ?? 0) === readMs)
          runStart += 1;
        if (state !== 0 || readMs !== 0) visit(base + b, runStart - b, state ?? 0, readMs);
      }
    }
  }

  /**
   * Forgets what every block shows; what comes next starts on an untouched disk.
   * @param bornAt sequence number of the row that asks for it.
   */
  clear(bornAt: number): void {
    this.bornAt = bornAt;
    this.#budget.usedBytes -= this.pages.memoryBytes;
    this.pages.clear();
    this.runs.clear();
    this.#lastPageNumber = -1;
    this.#lastPage = undefined;
    this.listener?.reset();
  }

  /** Takes pages that sleep, behind those that are there. */
  addSleeping(region: SleepingRegion): void {
    this.pages.addSleeping(region);
    for (const { memoryBytes } of region.pages) this.#budget.usedBytes += memoryBytes;
  }

  /** Takes a page of a snapshot, its number before it, in the place of what is known of its blocks. */
  readPage(from: ByteReader): void {
    const number = from.f64();
    const known = this.pages.get(number);
    const page = known ?? new Page(UNTOUCHED_RUN, false, 0);
    const before = this.#before;
    if (known === undefined) before.fill(this.runs.at(number).state);
    else before.set(known.state);
    const bytesBefore = known?.memoryBytes ?? 0;
    page.read(from);
    if (known === undefined) this.pages.set(number, page);
    this.#budget.usedBytes += page.memoryBytes - bytesBefore;
    if (this.listener === null) return;
    tellPage(this.listener, number * PAGE_BLOCKS, before, page);
    this.listener.touchesReplaced();
  }

  /**
   * Takes the runs of a snapshot in the place of those that are there, with the last of some steps. Throws RangeError when the
   * bytes end early.
   */
  *runsInSteps(from: ByteReader): Generator<void, void> {
    const before = this.runs;
    const runs = new RunMap();
    yield* runs.readInSteps(from);
    this.runs = runs;
    const listener = this.listener;
    if (listener === null) return;
    runs.eachDifference(before, (start, end, was, is) => {
      this.#tellGaps(listener, start, end, was.state, is.state, is.readMs === was.readMs ? 0 : is.readMs);
    });
    listener.touchesReplaced();
  }
}

/** The state byte after a completion; MIXED is left to the caller when sectors matter. */
function nextState(old: number, op: number, errno: number, fua: boolean): number {
  if (errno !== 0) return old | FAILED;
  const kind = KIND_OF_OP[op] ?? -1;
  if (kind < 0) return old & ~FAILED;
  return kind | (fua ? FUA_MARK : 0) | (old & COARSE);
}
