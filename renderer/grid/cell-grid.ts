import type { Disposable } from '#shared/channel/channel.ts';
import {
  BLOCK_SHIFT,
  FAILED,
  FUA_MARK,
  KIND_MASK,
  MIXED,
  SECTOR_SHIFT,
  SECTORS_PER_BLOCK,
} from '#shared/model/block-state.ts';
import { forEachHeat, type HeatKind } from '#shared/model/heat.ts';
import type { DiskState } from '#shared/model/session-state.ts';
import {
  CELL_BEYOND,
  CELL_FAILED,
  CELL_FUA,
  CELL_IN_FLIGHT,
  CELL_MIXED,
  CELL_SECTORS_AT,
  CELL_TRIMMED,
  CELL_WORDS,
  CELL_WRITTEN,
  CELL_ZEROED,
  kindBit,
  kindBitsOf,
} from './cell-value.ts';
import { type DiskFollower, followDisk } from './disk-feed.ts';
import type { PlaceRect } from './hilbert.ts';
import { HilbertStrip } from './hilbert-strip.ts';
import { type PlaneLayout, planeOf, rowBlocks } from './plane.ts';
import { isBackwards, isOnDisk } from './plane-place.ts';
import { packedSectors, SectorShadow } from './sector-shadow.ts';

/** A rectangle of drawn cells that are kept; all of the plane, or a part around what is in view. */
export interface CellWindow {
  readonly col: number;
  readonly row: number;
  readonly cols: number;
  readonly rows: number;
}

/** Values are stored in rows of this many cells, as the texture holds them. */
export const VALUE_ROW_CELLS = 2048;

type Counts = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function countsFor(largest: number, length: number): Counts {
  if (largest < 0x100) return new Uint8Array(length);
  if (largest < 0x1_0000) return new Uint16Array(length);
  return largest < 0x1_0000_0000 ? new Uint32Array(length) : new Float64Array(length);
}

/** A run of as many drawn cells on a curve, or fewer, is found cell by cell. */
const FEW_CELLS = 8;
/** A curve's window is rebuilt from squares down to this part of its longer side. */
const COVER_PARTS = 16;
/** Smaller squares could split a block of eight sectors. */
const MIN_COVER_CELLS = 4;

/** Requests that may be in flight on one block at once, at most: one a slot. */
const MOST_IN_FLIGHT = 0x1_0000;

/**
 * The drawn cells of one disk in one layout, kept up as the model changes. For each cell it counts the units (blocks,
 * or sectors where a drawn cell is narrower than a block) in each state, so that a cell that stands for many blocks
 * stays exact when states are overwritten. A change costs what it touches of the window, whatever its size in blocks.
 */
export class CellGrid implements DiskFollower, Disposable {
  readonly layout: PlaneLayout;
  readonly window: CellWindow;
  /** What the second number of a cell is: its heat; null for the time of its last read. */
  readonly heat: HeatKind | null;
  /** Cells in the window; values beyond them are padding. */
  readonly cellCount: number;
  /** {@link CELL_WORDS} numbers a cell, see cell-value.ts; current after {@link refresh}. */
  readonly values: Uint32Array<ArrayBuffer>;
  /** Cells whose values changed in the last {@link refresh}: the first `changedCount` of the list. */
  readonly changed: Int32Array;
  changedCount = 0;
  /** Everything changed since the last {@link refresh}: the list does not tell, read all values. */
  allChanged = true;
  /** Session ms of the latest read in the window, 0 for none. */
  latestReadMs = 0;

  readonly #disk: DiskState;
  readonly #sizeBytes: bigint;
  readonly #following: Disposable;
  readonly #unitIsBlock: boolean;
  /** On a curve: where its drawn cells are, and the window's place among them. */
  readonly #strip: HilbertStrip | null;
  readonly #within: PlaceRect;
  /** Units across a drawn cell (on a curve: in it), and in a row of the plane. */
  readonly #spanUnits: number;
  readonly #rowUnits: number;
  readonly #rowsPerCell: number;
  readonly #oneBlock: boolean;
  readonly #written: Counts;
  readonly #trimmed: Counts;
  readonly #zeroed: Counts;
  readonly #failed: Counts;
  readonly #fua: Counts;
  readonly #inFlight: Counts;
  readonly #shadow = new SectorShadow();
  readonly #isDirty: Uint8Array;
  #dirtyCount = 0;
  #stale = true;

  /** What a walk along the curve adds to each drawn cell: of the units [first, end). */
  #addCounts: Counts | null = null;
  #addFirst = 0;
  #addEnd = 0;
  #addAmount = 0;

  constructor(
    disk: DiskState,
    sizeBytes: bigint,
    layout: PlaneLayout,
    window: CellWindow,
    heat: HeatKind | null = null,
  ) {
    this.layout = layout;
    this.window = window;
    this.heat = heat;
    this.#disk = disk;
    this.#sizeBytes = sizeBytes;
    this.#strip = layout.order === 'hilbert' ? new HilbertStrip(layout) : null;
    const { col, row } = window;
    this.#within = { x0: col, y0: row, x1: col + window.cols, y1: row + window.rows };
    const cells = window.cols * window.rows;
    this.cellCount = cells;
    const padded = Math.max(1, Math.ceil(cells / VALUE_ROW_CELLS)) * VALUE_ROW_CELLS;
    this.values = new Uint32Array(padded * CELL_WORDS);
    this.changed = new Int32Array(cells);
    this.#isDirty = new Uint8Array(cells);
    const spanCells = this.#strip?.cellsPerDrawn ?? 2 ** layout.level;
    const spanSectors = spanCells * 2 ** (layout.cellShift - SECTOR_SHIFT);
    this.#unitIsBlock = spanSectors >= SECTORS_PER_BLOCK;
    this.#spanUnits = this.#unitIsBlock ? spanSectors / SECTORS_PER_BLOCK : spanSectors;
    this.#rowUnits = rowBlocks(layout) * (this.#unitIsBlock ? 1 : SECTORS_PER_BLOCK);
    this.#rowsPerCell = 2 ** layout.level;
    this.#oneBlock = layout.level === 0 && layout.cellShift === BLOCK_SHIFT;
    const largest = this.#spanUnits * (this.#strip === null ? this.#rowsPerCell : 1);
    this.#written = countsFor(largest, cells);
    this.#trimmed = countsFor(largest, cells);
    this.#zeroed = countsFor(largest, cells);
    this.#failed = countsFor(largest, cells);
    this.#fua = countsFor(largest, cells);
    this.#inFlight = countsFor(largest * MOST_IN_FLIGHT, cells);
    this.#following = followDisk(disk, this);
  }

  dispose(): void {
    this.#following.dispose();
  }

  /** Brings {@link values} up to date and says in {@link changed} or {@link allChanged} what differs from before. */
  refresh(): void {
    this.allChanged = this.#stale;
    if (this.#stale) this.#rebuild();
    const count = this.#dirtyCount;
    for (let k = 0; k < count; k += 1) {
      const cell = this.changed[k] ?? 0;
      this.#isDirty[cell] = 0;
      this.values[cell * CELL_WORDS] = this.#bitsOf(cell);
    }
    this.changedCount = count;
    this.#dirtyCount = 0;
  }

  reset(): void {
    this.#stale = true;
  }

  blocksChanged(first: number, count: number, oldState: number, newState: number): void {
    if (this.#stale) return;
    if (((oldState | newState) & MIXED) === 0) {
      this.#changeKind(first, count, oldState & KIND_MASK, newState & KIND_MASK);
    } else {
      for (let block = first; block < first + count; block += 1)
        this.#changeSectors(block, oldState, newState);
    }
    this.#changeMark(this.#failed, first, count, (newState & FAILED) - (oldState & FAILED));
    this.#changeMark(this.#fua, first, count, (newState & FUA_MARK) - (oldState & FUA_MARK));
  }

  blocksRead(first: number, count: number, readMs: number): void {
    if (this.#stale || this.heat !== null) return;
    this.#addBlocks(null, first, count, readMs);
  }

  blocksTouched(first: number, count: number): void {
    if (this.#stale || this.heat === null) return;
    forEachHeat(this.#disk.model, first, first + count, this.heat, this.#noteHeat);
  }

  touchesReplaced(): void {
    // A cell knows the hottest of its blocks alone, and that may have become less.
    if (this.heat !== null) this.#stale = true;
  }

  readonly #noteHeat = (first: number, count: number, heat: number): void =>
    this.#addBlocks(null, first, count, heat);

  inFlightChanged(firstSector: number, endSector: number, change: 1 | -1): void {
    if (this.#stale || endSector <= firstSector) return;
    if (this.#unitIsBlock) {
      const first = Math.floor(firstSector / SECTORS_PER_BLOCK);
      this.#add(this.#inFlight, first, Math.ceil(endSector / SECTORS_PER_BLOCK), change);
    } else {
      this.#add(this.#inFlight, firstSector, endSector, change);
    }
  }

  #rebuild(): void {
    for (const counts of [
      this.#written,
      this.#trimmed,
      this.#zeroed,
      this.#failed,
      this.#fua,
      this.#inFlight,
    ]) {
      counts.fill(0);
    }
    this.values.fill(0);
    this.#isDirty.fill(0);
    this.#dirtyCount = 0;
    this.#shadow.clear();
    this.latestReadMs = 0;
    this.#stale = false;
    this.#markBeyond();
    this.#eachRange((first, end) =>
      this.#disk.model.forEachTouched(first, end, (block, count, state, readMs) => {
        if (state !== 0) this.blocksChanged(block, count, 0, state);
        if (readMs !== 0) this.blocksRead(block, count, readMs);
      }),
    );
    const { heat } = this;
    if (heat !== null) {
      this.#eachRange((first, end) => forEachHeat(this.#disk.model, first, end, heat, this.#noteHeat));
    }
    const table = this.#disk.inFlight;
    for (let slot = 0; slot < table.slotEnd; slot += 1) {
      if (table.active[slot] !== 1) continue;
      this.inFlightChanged(table.firstSector[slot] ?? 0, table.endSector[slot] ?? 0, 1);
    }
  }

  /** Ranges of blocks, apart from each other, that hold all that the window shows. */
  #eachRange(visit: (first: number, end: number) => void): void {
    const { row, rows, cols } = this.window;
    const strip = this.#strip;
    if (strip === null) {
      const perRow = rowBlocks(this.layout) * this.#rowsPerCell;
      visit(row * perRow, (row + rows) * perRow);
      return;
    }
    const perDrawn = this.#spanUnits / (this.#unitIsBlock ? 1 : SECTORS_PER_BLOCK);
    const grain = Math.max(MIN_COVER_CELLS, Math.max(cols, rows) / COVER_PARTS);
    strip.cover(this.#within, grain, (first, end) => visit(first * perDrawn, end * perDrawn));
  }

  /** Marks the cells of the window in which nothing of the disk lies. */
  #markBeyond(): void {
    const { col, row, cols, rows } = this.window;
    const plane = planeOf(this.#sizeBytes, this.layout);
    if (this.#strip !== null) {
      this.#strip.walk(plane.ending, Number.POSITIVE_INFINITY, this.#within, (x, y) => {
        this.values[((y - row) * cols + x - col) * CELL_WORDS] = CELL_BEYOND;
      });
      return;
    }
    const y = plane.rows - 1 - row;
    if (y < 0 || y >= rows) return;
    for (let x = 0; x < cols; x += 1) {
      if (isOnDisk(this.layout, plane, col + x, row + y)) continue;
      this.values[(y * cols + x) * CELL_WORDS] = CELL_BEYOND;
    }
  }

  #countsOf(kind: number): Counts | null {
    if (kind === 0) return null;
    return kind === 1 ? this.#written : kind === 2 ? this.#trimmed : this.#zeroed;
  }

  #changeKind(first: number, count: number, oldKind: number, newKind: number): void {
    if (oldKind === newKind) return;
    const old = this.#countsOf(oldKind);
    const next = this.#countsOf(newKind);
    if (old !== null) this.#addBlocks(old, first, count, -1);
    if (next !== null) this.#addBlocks(next, first, count, 1);
  }

  #changeMark(counts: Counts, first: number, count: number, change: number): void {
    if (change !== 0) this.#addBlocks(counts, first, count, Math.sign(change));
  }

  #changeSectors(block: number, oldState: number, newState: number): void {
    const wasMixed = (oldState & MIXED) !== 0;
    const isMixed = (newState & MIXED) !== 0;
    const old = wasMixed ? this.#shadow.get(block) : 0;
    const next = packedSectors(this.#disk.model, block, newState);
    if (wasMixed || isMixed) this.#shadow.set(block, next);
    const oldKind = oldState & KIND_MASK;
    const newKind = newState & KIND_MASK;
    if (this.#unitIsBlock) {
      const oldBits = wasMixed ? kindBitsOf(old) : kindBit(oldKind);
      const newBits = isMixed ? kindBitsOf(next) : kindBit(newKind);
      for (let kind = 1; kind <= 3; kind += 1) {
        const change = ((newBits >>> (kind - 1)) & 1) - ((oldBits >>> (kind - 1)) & 1);
        const counts = this.#countsOf(kind);
        if (change !== 0 && counts !== null) this.#add(counts, block, block + 1, change);
      }
      // The sectors may have changed places though the kinds among them are the same.
      if (old !== next) this.#add(this.#written, block, block + 1, 0);
      return;
    }
    for (let s = 0; s < SECTORS_PER_BLOCK; s += 1) {
      const from = wasMixed ? (old >>> (2 * s)) & 3 : oldKind;
      const to = isMixed ? (next >>> (2 * s)) & 3 : newKind;
      if (from === to) continue;
      const sector = block * SECTORS_PER_BLOCK + s;
      const before = this.#countsOf(from);
      const after = this.#countsOf(to);
      if (before !== null) this.#add(before, sector, sector + 1, -1);
      if (after !== null) this.#add(after, sector, sector + 1, 1);
    }
  }

  #addBlocks(counts: Counts | null, first: number, count: number, amount: number): void {
    const perBlock = this.#unitIsBlock ? 1 : SECTORS_PER_BLOCK;
    this.#add(counts, first * perBlock, (first + count) * perBlock, amount);
  }

  /** Adds `amount` for each of the units [first, end) to the cells they lie in; without counts, notes a read at `amount` ms, or a heat. */
  #add(counts: Counts | null, first: number, end: number, amount: number): void {
    if (this.#strip !== null) {
      this.#addOnCurve(this.#strip, counts, first, end, amount);
      return;
    }
    const perRow = this.#rowUnits;
    let row = Math.floor(first / perRow);
    let endRow = Math.floor(end / perRow);
    const from = first - row * perRow;
    const to = end - endRow * perRow;
    if (row === endRow) {
      this.#addPart(counts, row, from, to, amount);
      return;
    }
    if (from > 0) {
      this.#addPart(counts, row, from, perRow, amount);
      row += 1;
    }
    if (to > 0) this.#addPart(counts, endRow, 0, to, amount);
    endRow = Math.min(endRow, (this.window.row + this.window.rows) * this.#rowsPerCell);
    row = Math.max(row, this.window.row * this.#rowsPerCell);
    while (row < endRow) {
      const next = Math.min(endRow, (Math.floor(row / this.#rowsPerCell) + 1) * this.#rowsPerCell);
      this.#addPart(counts, row, 0, perRow, amount * (counts === null ? 1 : next - row));
      row = next;
    }
  }

  /** The units [from, to) of one row of the plane. Hot path. */
  #addPart(counts: Counts | null, row: number, from: number, to: number, amount: number): void {
    const window = this.window;
    const y = Math.floor(row / this.#rowsPerCell) - window.row;
    if (y < 0 || y >= window.rows) return;
    if (isBackwards(this.layout, row)) {
      this.#addSpan(counts, y, this.#rowUnits - to, this.#rowUnits - from, amount);
    } else {
      this.#addSpan(counts, y, from, to, amount);
    }
  }

  /** The units [from, to) of a row, counted from the left of the plane, in row `y` of the window. */
  #addSpan(counts: Counts | null, y: number, from: number, to: number, amount: number): void {
    const window = this.window;
    const span = this.#spanUnits;
    const firstX = Math.max(Math.floor(from / span), window.col);
    const endX = Math.min(Math.ceil(to / span), window.col + window.cols);
    const base = y * window.cols - window.col;
    for (let x = firstX; x < endX; x += 1) {
      const units = Math.min(to, (x + 1) * span) - Math.max(from, x * span);
      this.#bump(counts, base + x, units, amount);
    }
  }

  #addOnCurve(strip: HilbertStrip, counts: Counts | null, first: number, end: number, amount: number): void {
    this.#addCounts = counts;
    this.#addFirst = first;
    this.#addEnd = end;
    this.#addAmount = amount;
    const from = Math.floor(first / this.#spanUnits);
    const to = Math.ceil(end / this.#spanUnits);
    if (to - from > FEW_CELLS) {
      strip.walk(from, to, this.#within, this.#addAt);
      return;
    }
    const { x0, y0, x1, y1 } = this.#within;
    for (let index = from; index < to; index += 1) {
      strip.locate(index);
      const { col, row } = strip;
      if (col >= x0 && col < x1 && row >= y0 && row < y1) this.#addAt(col, row, index);
    }
  }

  readonly #addAt = (col: number, row: number, index: number): void => {
    const { window } = this;
    const cell = (row - window.row) * window.cols + col - window.col;
    const span = this.#spanUnits;
    const units = Math.min(this.#addEnd, (index + 1) * span) - Math.max(this.#addFirst, index * span);
    this.#bump(this.#addCounts, cell, units, this.#addAmount);
  };

  /** Adds to the count of a cell, or, without counts, notes a read at `amount` ms, or a heat. */
  #bump(counts: Counts | null, cell: number, units: number, amount: number): void {
    if (counts !== null) {
      counts[cell] = (counts[cell] ?? 0) + amount * units;
    } else {
      const word = cell * CELL_WORDS + 1;
      if (amount > (this.values[word] ?? 0)) this.values[word] = amount;
      if (this.heat === null && amount > this.latestReadMs) this.latestReadMs = amount;
    }
    if (this.#isDirty[cell] === 0) {
      this.#isDirty[cell] = 1;
      this.changed[this.#dirtyCount] = cell;
      this.#dirtyCount += 1;
    }
  }

  /** The block in a cell of the plane, where cells are blocks. */
  #blockAt(col: number, row: number): number {
    if (this.#strip !== null) return this.#strip.indexAt(col, row);
    return row * this.#rowUnits + (isBackwards(this.layout, row) ? this.#rowUnits - 1 - col : col);
  }

  #bitsOf(cell: number): number {
    let bits = (this.values[cell * CELL_WORDS] ?? 0) & CELL_BEYOND;
    if (this.#written[cell]) bits |= CELL_WRITTEN;
    if (this.#trimmed[cell]) bits |= CELL_TRIMMED;
    if (this.#zeroed[cell]) bits |= CELL_ZEROED;
    if (this.#failed[cell]) bits |= CELL_FAILED;
    if (this.#fua[cell]) bits |= CELL_FUA;
    if (this.#inFlight[cell]) bits |= CELL_IN_FLIGHT;
    if (!this.#oneBlock) return bits;
    const { col, row, cols } = this.window;
    const y = Math.floor(cell / cols);
    const packed = this.#shadow.get(this.#blockAt(col + cell - y * cols, row + y));
    return packed === 0 ? bits : (bits | CELL_MIXED | (packed << CELL_SECTORS_AT)) >>> 0;
  }
}
