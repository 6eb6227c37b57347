/**
 * The Hilbert curve on a square of 2^levels x 2^levels places, y down. Six levels are one look into a table of 16 KiB, so
 * that finding a place takes at most five of them, whatever the disk's size. All numbers are doubles: an index
 * may have 54 bits.
 */

/** How a curve lies in its square: it starts at one corner and ends at another. */
const QUARTERS: readonly (readonly (readonly [x: number, y: number, sub: number])[])[] = [
  // Left top to right top.
  [
    [0, 0, 1],
    [0, 1, 0],
    [1, 1, 0],
    [1, 0, 3],
  ],
  // Left top to left bottom.
  [
    [0, 0, 0],
    [1, 0, 1],
    [1, 1, 1],
    [0, 1, 2],
  ],
  // Right bottom to left bottom.
  [
    [1, 1, 3],
    [1, 0, 2],
    [0, 0, 2],
    [0, 1, 1],
  ],
  // Right bottom to right top.
  [
    [1, 1, 2],
    [0, 1, 3],
    [0, 0, 3],
    [1, 0, 0],
  ],
];

/** Starts at the left top of its square and ends at the right top, beside which the next square may start. */
export const TO_THE_RIGHT = 0;
/** Starts at the left top and ends at the left bottom, above the next square's start. */
export const DOWNWARDS = 1;

/** Levels that one look into a table takes, the side of their square and the places in it. */
const STEP = 6;
const STEP_SIDE = 2 ** STEP;
const STEP_PLACES = 4 ** STEP;

/** By way and index within six levels: x, y above it and, in bits 12 and 13, the way on within that place. */
const PLACES = new Uint16Array(QUARTERS.length * STEP_PLACES);
/** By way and place (y * 64 + x) within six levels: the index and, in bits 12 and 13, the way on. */
const INDICES = new Uint16Array(QUARTERS.length * STEP_PLACES);

for (let way = 0; way < QUARTERS.length; way += 1) {
  for (let index = 0; index < STEP_PLACES; index += 1) {
    let at = way;
    let x = 0;
    let y = 0;
    for (let shift = 2 * (STEP - 1); shift >= 0; shift -= 2) {
      const quarter = QUARTERS[at]?.[(index >> shift) & 3] ?? [0, 0, 0];
      x = 2 * x + quarter[0];
      y = 2 * y + quarter[1];
      at = quarter[2];
    }
    PLACES[way * STEP_PLACES + index] = x | (y << STEP) | (at << (2 * STEP));
    INDICES[way * STEP_PLACES + y * STEP_SIDE + x] = index | (at << (2 * STEP));
  }
}

/** A rectangle of places by its corners; the end is exclusive. */
export interface PlaceRect {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** One curve. Finding leaves its answer in fields, so that nothing is allocated a place. */
export class HilbertCurve {
  readonly levels: number;
  readonly way: number;
  /** Answer of {@link locate}. */
  x = 0;
  y = 0;
  /** Answer of {@link find}: the index is `high * 4096 + low`, kept apart where it would not fit a double. */
  high = 0;
  low = 0;
  readonly #steps: number;
  /** The curve as the first part of one whose levels are a multiple of six. */
  readonly #paddedWay: number;

  /** @param way {@link TO_THE_RIGHT} or {@link DOWNWARDS}. */
  constructor(levels: number, way: number) {
    this.levels = levels;
    this.way = way;
    this.#steps = Math.max(1, Math.ceil(levels / STEP));
    this.#paddedWay = way ^ ((this.#steps * STEP - levels) & 1);
  }

  /** Finds the place of an index. */
  locate(index: number): void {
    let way = this.#paddedWay;
    let x = 0;
    let y = 0;
    let left = index;
    for (let step = this.#steps - 1; step >= 0; step -= 1) {
      const size = STEP_PLACES ** step;
      const part = Math.floor(left / size);
      left -= part * size;
      const entry = PLACES[way * STEP_PLACES + part] ?? 0;
      x = x * STEP_SIDE + (entry & (STEP_SIDE - 1));
      y = y * STEP_SIDE + ((entry >> STEP) & (STEP_SIDE - 1));
      way = entry >> (2 * STEP);
    }
    this.x = x;
    this.y = y;
  }

  /** Finds the index of a place within the square. */
  find(x: number, y: number): void {
    let way = this.#paddedWay;
    let high = 0;
    let low = 0;
    for (let step = this.#steps - 1; step >= 0; step -= 1) {
      const side = STEP_SIDE ** step;
      const partX = Math.floor(x / side) % STEP_SIDE;
      const partY = Math.floor(y / side) % STEP_SIDE;
      const entry = INDICES[way * STEP_PLACES + partY * STEP_SIDE + partX] ?? 0;
      high = high * STEP_PLACES + low;
      low = entry & (STEP_PLACES - 1);
      way = entry >> (2 * STEP);
    }
    this.high = high;
    this.low = low;
  }

  /** How far right and down the first `count` places reach; both 0 for none. */
  reach(count: number): { readonly x: number; readonly y: number } {
    let way = this.way;
    let left = count;
    let baseX = 0;
    let baseY = 0;
    let x = 0;
    let y = 0;
    for (let level = this.levels; level >= 0 && left > 0; level -= 1) {
      const half = 2 ** (level - 1);
      if (left >= 4 ** level) return { x: Math.max(x, baseX + 2 * half), y: Math.max(y, baseY + 2 * half) };
      const whole = Math.floor(left / 4 ** (level - 1));
      for (const [qx, qy] of QUARTERS[way]?.slice(0, whole) ?? []) {
        x = Math.max(x, baseX + (qx + 1) * half);
        y = Math.max(y, baseY + (qy + 1) * half);
      }
      const [qx, qy, sub] = QUARTERS[way]?.[whole] ?? [0, 0, 0];
      baseX += qx * half;
      baseY += qy * half;
      left -= whole * 4 ** (level - 1);
      way = sub;
    }
    return { x, y };
  }

  /**
   * Visits the places of the indices [first, end) that lie in `within`, in the curve's order. The cost follows what is
   * visited and the length of the rectangle's edge, not the range.
   */
  walk(
    first: number,
    end: number,
    within: PlaceRect,
    visit: (x: number, y: number, index: number) => void,
  ): void {
    descend(this.levels, this.way, 0, 0, 0, first, end, within, visit);
  }

  /**
   * Visits ranges of indices that together hold all places of `within`, in order and apart from each other. They hold
   * others too, near its edge: no square smaller than `grain` places a side is split.
   */
  cover(within: PlaceRect, grain: number, visit: (first: number, end: number) => void): void {
    let from = 0;
    let to = 0;
    split(this.levels, this.way, 0, 0, 0, within, grain, (first, end) => {
      if (first !== to) {
        if (to > from) visit(from, to);
        from = first;
      }
      to = end;
    });
    if (to > from) visit(from, to);
  }
}

function outside(x: number, y: number, side: number, within: PlaceRect): boolean {
  return x >= within.x1 || y >= within.y1 || x + side <= within.x0 || y + side <= within.y0;
}

function descend(
  levels: number,
  way: number,
  x: number,
  y: number,
  base: number,
  first: number,
  end: number,
  within: PlaceRect,
  visit: (x: number, y: number, index: number) => void,
): void {
  const side = 2 ** levels;
  const places = side * side;
  if (base >= end || base + places <= first || outside(x, y, side, within)) return;
  if (levels > STEP) {
    for (let n = 0; n < 4; n += 1) {
      const quarter = QUARTERS[way]?.[n] ?? [0, 0, 0];
      const half = side / 2;
      const start = base + (n * places) / 4;
      const [qx, qy, sub] = quarter;
      descend(levels - 1, sub, x + qx * half, y + qy * half, start, first, end, within, visit);
    }
    return;
  }
  const { x0, y0, x1, y1 } = within;
  const table = (way ^ ((STEP - levels) & 1)) * STEP_PLACES;
  const mask = side - 1;
  const to = Math.min(end - base, places);
  for (let index = Math.max(first - base, 0); index < to; index += 1) {
    const entry = PLACES[table + index] ?? 0;
    const atX = x + (entry & mask);
    const atY = y + ((entry >> STEP) & mask);
    if (atX >= x0 && atX < x1 && atY >= y0 && atY < y1) visit(atX, atY, base + index);
  }
}

function split(
  levels: number,
  way: number,
  x: number,
  y: number,
  base: number,
  within: PlaceRect,
  grain: number,
  visit: (first: number, end: number) => void,
): void {
  const side = 2 ** levels;
  if (outside(x, y, side, within)) return;
  const inside = x >= within.x0 && y >= within.y0 && x + side <= within.x1 && y + side <= within.y1;
  if (inside || levels === 0 || side <= grain) {
    visit(base, base + side * side);
    return;
  }
  const half = side / 2;
  for (let n = 0; n < 4; n += 1) {
    const [qx, qy, sub] = QUARTERS[way]?.[n] ?? [0, 0, 0];
    split(levels - 1, sub, x + qx * half, y + qy * half, base + n * half * half, within, grain, visit);
  }
}
