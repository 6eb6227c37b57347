import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBatch, type RowInit } from '#shared/events/event-batch.ts';
import { Op, RowFlag, RowKind } from '#shared/events/vocabulary.ts';
import { FAILED, FUA_MARK } from '#shared/model/block-state.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { CellGrid, type CellWindow } from './cell-grid.ts';
import {
  CELL_BEYOND,
  CELL_FAILED,
  CELL_FUA,
  CELL_IN_FLIGHT,
  CELL_KINDS,
  CELL_MIXED,
  CELL_SECTORS_AT,
  CELL_TRIMMED,
  CELL_WORDS,
  CELL_WRITTEN,
  CELL_ZEROED,
  kindBit,
} from './cell-value.ts';
import { CELL_ORDERS, type CellOrder, layoutOf, type PlaneLayout, planeOf } from './plane.ts';
import { isOnDisk, placeOfCell } from './plane-place.ts';

const START_US = 1_700_000_000_000_000;

/** One request of a random stream; `open` leaves it in flight. */
interface Step {
  readonly op: number;
  readonly offset: bigint;
  readonly length: bigint;
  readonly errno: number;
  readonly fua: boolean;
  readonly open: boolean;
}

class Stream {
  readonly state = new SessionState();
  #slot = 0;
  #clockUs = START_US;

  step({ op, offset, length, errno, fua, open }: Step): void {
    this.#clockUs += 7_000;
    const row: RowInit = {
      kind: RowKind.Request,
      op,
      offsetBytes: offset,
      lengthBytes: length,
      slot: this.#slot,
      flags: fua ? RowFlag.Fua : 0,
      clockUs: this.#clockUs,
    };
    this.rows(open ? [row] : [row, { ...row, kind: RowKind.Completion, errno, latencyUs: 5 }]);
    if (open) this.#slot += 1;
  }

  rows(rows: readonly RowInit[]): void {
    const batch = new EventBatch(rows.length);
    batch.firstSequence = this.state.sequence + 1;
    for (const row of rows) batch.push(row);
    this.state.apply(batch);
  }

  grid(sizeBytes: bigint, layout: PlaneLayout, window: CellWindow): CellGrid {
    return new CellGrid(this.state.disk(0), sizeBytes, layout, window);
  }
}

function wholeOf(sizeBytes: bigint, layout: PlaneLayout): CellWindow {
  const { cols, rows } = planeOf(sizeBytes, layout);
  return { col: 0, row: 0, cols, rows };
}

function layoutAt(
  sizeBytes: bigint,
  cellShift: number,
  level: number,
  order: CellOrder = 'rows',
): PlaneLayout {
  const layout = layoutOf(sizeBytes, { cellShift, order });
  return { ...layout, level: Math.min(level, Math.log2(layout.rowCells)) };
}

const orders = fc.constantFrom(...CELL_ORDERS);

function steps(sectors: number): fc.Arbitrary<Step[]> {
  return fc.array(
    fc
      .record({
        op: fc.constantFrom(Op.Read, Op.Write, Op.Write, Op.Trim, Op.Zero),
        from: fc.integer({ min: 0, max: sectors - 1 }),
        length: fc.oneof(
          fc.integer({ min: 1, max: 24 }),
          fc.constantFrom(8, 16),
          fc.integer({ min: 1, max: sectors }),
        ),
        aligned: fc.boolean(),
        errno: fc.constantFrom(0, 0, 0, 5),
        fua: fc.boolean(),
        open: fc.constantFrom(false, false, false, true),
      })
      .map(({ op, from, length, aligned, errno, fua, open }) => {
        const first = aligned ? from - (from % 8) : from;
        const count = Math.min(aligned ? Math.ceil(length / 8) * 8 : length, sectors - first);
        return { op, offset: BigInt(first) * 512n, length: BigInt(count) * 512n, errno, fua, open };
      }),
    { minLength: 1, maxLength: 60 },
  );
}

/** What a cell should be, from the model alone, block by block and sector by sector. */
function expectedBits(state: SessionState, layout: PlaneLayout, col: number, row: number): number {
  const disk = state.disk(0);
  const side = 2 ** layout.level;
  const cellSectors = 2 ** (layout.cellShift - 9);
  const blocks = new Set<number>();
  let bits = 0;
  for (let y = row * side; y < (row + 1) * side; y += 1) {
    for (let x = col * side; x < (col + 1) * side; x += 1) {
      const place = placeOfCell(layout, x, y);
      const first = place.block * 8 + place.sector;
      for (let sector = first; sector < first + cellSectors; sector += 1) {
        bits |= kindBit(disk.model.sectorKind(sector));
        blocks.add(Math.floor(sector / 8));
        const table = disk.inFlight;
        for (let slot = 0; slot < table.slotEnd; slot += 1) {
          const byBlock = layout.cellShift + layout.level * (layout.order === 'hilbert' ? 2 : 1) >= 12;
          const from = table.firstSector[slot] ?? 0;
          const to = table.endSector[slot] ?? 0;
          const start = byBlock ? Math.floor(from / 8) * 8 : from;
          const end = byBlock ? Math.ceil(to / 8) * 8 : to;
          if (table.active[slot] === 1 && sector >= start && sector < end) bits |= CELL_IN_FLIGHT;
        }
      }
    }
  }
  for (const block of blocks) {
    const byte = disk.model.stateAt(block);
    if ((byte & FAILED) !== 0) bits |= CELL_FAILED;
    if ((byte & FUA_MARK) !== 0) bits |= CELL_FUA;
  }
  return bits;
}

describe('CellGrid', () => {
  it('kept up row by row is what it would be if made anew, in every layout', () => {
    const sizeBytes = 3n << 20n;
    fc.assert(
      fc.property(
        steps(6144),
        fc.integer({ min: 9, max: 16 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        orders,
        (stream, cellShift, level, refreshEvery, order) => {
          const layout = layoutAt(sizeBytes, cellShift, level, order);
          const window = wholeOf(sizeBytes, layout);
          const source = new Stream();
          const grid = source.grid(sizeBytes, layout, window);
          grid.refresh();
          stream.forEach((step, i) => {
            source.step(step);
            if (i % refreshEvery === 0) grid.refresh();
          });
          grid.refresh();
          const anew = source.grid(sizeBytes, layout, window);
          anew.refresh();
          expect(grid.values).toEqual(anew.values);
          expect(grid.latestReadMs).toBe(anew.latestReadMs);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('shows what the model says, sector by sector', () => {
    const sizeBytes = 256n << 10n;
    fc.assert(
      fc.property(
        steps(512),
        fc.integer({ min: 9, max: 14 }),
        fc.integer({ min: 0, max: 2 }),
        orders,
        (stream, cellShift, level, order) => {
          const layout = layoutAt(sizeBytes, cellShift, level, order);
          const window = wholeOf(sizeBytes, layout);
          const source = new Stream();
          const grid = source.grid(sizeBytes, layout, window);
          for (const step of stream) source.step(step);
          grid.refresh();
          for (let row = 0; row < window.rows; row += 1) {
            for (let col = 0; col < window.cols; col += 1) {
              const bits = grid.values[(row * window.cols + col) * CELL_WORDS] ?? 0;
              const onDisk = isOnDisk(layout, planeOf(sizeBytes, layout), col, row);
              expect((bits & CELL_BEYOND) !== 0).toBe(!onDisk);
              if (!onDisk) continue;
              const plain = bits & (CELL_KINDS | CELL_FAILED | CELL_FUA | CELL_IN_FLIGHT);
              expect(plain).toBe(expectedBits(source.state, layout, col, row));
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps a window the same as that part of the whole', () => {
    const sizeBytes = 4n << 20n;
    fc.assert(
      fc.property(
        steps(8192),
        fc.integer({ min: 9, max: 13 }),
        fc.integer({ min: 0, max: 2 }),
        fc.nat(),
        fc.nat(),
        orders,
        (stream, cellShift, level, a, b, order) => {
          const layout = layoutAt(sizeBytes, cellShift, level, order);
          const whole = wholeOf(sizeBytes, layout);
          const col = a % whole.cols;
          const row = b % whole.rows;
          const part = {
            col,
            row,
            cols: Math.min(5, whole.cols - col),
            rows: Math.min(4, whole.rows - row),
          };
          const source = new Stream();
          const all = source.grid(sizeBytes, layout, whole);
          const some = source.grid(sizeBytes, layout, part);
          all.refresh();
          some.refresh();
          for (const step of stream) source.step(step);
          all.refresh();
          some.refresh();
          for (let y = 0; y < part.rows; y += 1) {
            for (let x = 0; x < part.cols * CELL_WORDS; x += 1) {
              expect(some.values[y * part.cols * CELL_WORDS + x]).toBe(
                all.values[((row + y) * whole.cols + col) * CELL_WORDS + x],
              );
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('never hides one touched block among the many of a cell', () => {
    const size = 7n << 60n;
    const source = new Stream();
    const level = 20;
    const layout = layoutAt(size, 12, level);
    const grid = source.grid(size, layout, wholeOf(size, layout));
    grid.refresh();
    const whole = { errno: 0, fua: false, open: false, offset: 0n, length: size };
    source.step({ ...whole, op: Op.Trim });
    source.step({ ...whole, op: Op.Write, offset: size - 4096n, length: 4096n });
    source.step({ ...whole, op: Op.Zero, offset: 5n << 60n, length: 512n });
    grid.refresh();
    const bits = Array.from(
      { length: grid.cellCount },
      (_, i) => (grid.values[i * CELL_WORDS] ?? 0) & CELL_KINDS,
    );
    expect(bits.at(-1)).toBe(CELL_TRIMMED | CELL_WRITTEN);
    expect(bits.filter((b) => b === (CELL_TRIMMED | CELL_ZEROED))).toHaveLength(1);
    expect(bits.filter((b) => b === CELL_TRIMMED)).toHaveLength(grid.cellCount - 2);
    source.step({ ...whole, op: Op.Trim });
    grid.refresh();
    expect(new Set(Array.from(bits, (_, i) => grid.values[i * CELL_WORDS]))).toEqual(new Set([CELL_TRIMMED]));
  });

  it('costs the window, not the disk, at 7 EiB zoomed in', () => {
    const size = 7n << 60n;
    const source = new Stream();
    const layout = layoutAt(size, 12, 0);
    const window = { col: 2 ** 26 - 100, row: 7 * 2 ** 22 - 50, cols: 100, rows: 50 };
    const grid = source.grid(size, layout, window);
    grid.refresh();
    source.step({ op: Op.Trim, offset: 4096n, length: size - 4096n, errno: 0, fua: false, open: false });
    source.step({ op: Op.Write, offset: size - 4096n, length: 4096n, errno: 0, fua: true, open: true });
    grid.refresh();
    expect(grid.changedCount).toBe(5000);
    const bits = (i: number): number => grid.values[i * CELL_WORDS] ?? 0;
    expect(bits(0)).toBe(CELL_TRIMMED);
    expect(bits(4999)).toBe(CELL_TRIMMED | CELL_IN_FLIGHT);
  });

  it('shows the sectors of a block whose sectors differ', () => {
    const source = new Stream();
    const layout = layoutAt(64n << 20n, 12, 0);
    const grid = source.grid(64n << 20n, layout, wholeOf(64n << 20n, layout));
    grid.refresh();
    const at = { errno: 0, fua: false, open: false };
    source.step({ ...at, op: Op.Write, offset: 5n * 4096n + 512n, length: 1024n });
    source.step({ ...at, op: Op.Zero, offset: 5n * 4096n + 7n * 512n, length: 512n });
    grid.refresh();
    const bits = grid.values[5 * CELL_WORDS] ?? 0;
    expect(bits & CELL_MIXED).toBe(CELL_MIXED);
    expect(bits & CELL_KINDS).toBe(CELL_WRITTEN | CELL_ZEROED);
    expect(bits >>> CELL_SECTORS_AT).toBe((1 << 2) | (1 << 4) | (3 << 14));
    source.step({ ...at, op: Op.Trim, offset: 5n * 4096n, length: 4096n });
    grid.refresh();
    expect(grid.values[5 * CELL_WORDS]).toBe(CELL_TRIMMED);
  });

  it('lists only what changed, once, and says when all did', () => {
    const source = new Stream();
    const layout = layoutAt(64n << 20n, 12, 0);
    const grid = source.grid(64n << 20n, layout, wholeOf(64n << 20n, layout));
    grid.refresh();
    expect(grid.allChanged).toBe(true);
    const at = { errno: 0, fua: false, open: false, length: 8192n };
    source.step({ ...at, op: Op.Write, offset: 4096n });
    source.step({ ...at, op: Op.Zero, offset: 8192n });
    grid.refresh();
    expect(grid.allChanged).toBe(false);
    expect([...grid.changed.subarray(0, grid.changedCount)].sort()).toEqual([1, 2, 3]);
    grid.refresh();
    expect(grid.changedCount).toBe(0);
    source.rows([{ kind: RowKind.ClearPicture, disk: 0, clockUs: START_US + 9e6 }]);
    grid.refresh();
    expect(grid.allChanged).toBe(true);
    expect(grid.values.every((value) => value === 0)).toBe(true);
  });

  it('keeps what is in flight when the picture is cleared', () => {
    const source = new Stream();
    const layout = layoutAt(1n << 20n, 12, 0);
    const grid = source.grid(1n << 20n, layout, wholeOf(1n << 20n, layout));
    grid.refresh();
    source.step({ op: Op.Write, offset: 0n, length: 4096n, errno: 0, fua: false, open: true });
    source.rows([{ kind: RowKind.ClearPicture, disk: 0, clockUs: START_US + 9e6 }]);
    grid.refresh();
    expect(grid.values[0]).toBe(CELL_IN_FLIGHT);
    source.rows([{ kind: RowKind.Unanswered, disk: 0, slot: 0, op: Op.Write, clockUs: START_US + 9e6 }]);
    grid.refresh();
    expect(grid.values[0]).toBe(0);
  });

  it('gives the model back its listener’s place when the last grid is gone', () => {
    const source = new Stream();
    const layout = layoutAt(1n << 20n, 12, 0);
    const one = source.grid(1n << 20n, layout, wholeOf(1n << 20n, layout));
    const two = source.grid(1n << 20n, layout, wholeOf(1n << 20n, layout));
    expect(source.state.disk(0).model.listener).not.toBeNull();
    one.dispose();
    expect(source.state.disk(0).model.listener).not.toBeNull();
    two.dispose();
    two.dispose();
    expect(source.state.disk(0).model.listener).toBeNull();
    expect(source.state.disk(0).inFlightListener).toBeNull();
  });
});
