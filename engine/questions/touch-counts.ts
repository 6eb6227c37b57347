import type { HotRange } from '#shared/contract/questions.ts';

/** Ends of ranges that all disks of a question may keep apart together: some 12 MB. */
const MOST_ENDS = 1 << 18;
const NO_KEY = -1;

/**
 * How many requests touched each block of one disk, kept as where their ranges begin and end: a trim of a whole disk costs
 * as much as a write of one block. With too many ends the disk is counted in larger units, in which every count is still
 * that of the requests that touched any part of the unit.
 */
class DiskTouches {
  readonly disk: number;
  /** Blocks in a unit: a power of two. */
  unitBlocks = 1;
  /** Ends that are kept apart. */
  size = 0;
  #keys = new Float64Array(64).fill(NO_KEY);
  #begins = new Float64Array(64);
  #ends = new Float64Array(64);

  constructor(disk: number) {
    this.disk = disk;
  }

  add(firstBlock: number, endBlock: number): void {
    const begin = this.#placeOf(Math.floor(firstBlock / this.unitBlocks));
    this.#begins[begin] = (this.#begins[begin] ?? 0) + 1;
    const end = this.#placeOf(Math.ceil(endBlock / this.unitBlocks));
    this.#ends[end] = (this.#ends[end] ?? 0) + 1;
  }

  /** Doubles the unit. */
  coarsen(): void {
    const keys = this.#keys;
    const begins = this.#begins;
    const ends = this.#ends;
    this.unitBlocks *= 2;
    this.#empty(keys.length);
    keys.forEach((key, i) => {
      if (key === NO_KEY) return;
      // Begins go down to the unit they lie in, ends up to where theirs is over.
      if ((begins[i] ?? 0) > 0) this.#addTo('begins', Math.floor(key / 2), begins[i] ?? 0);
      if ((ends[i] ?? 0) > 0) this.#addTo('ends', Math.ceil(key / 2), ends[i] ?? 0);
    });
  }

  /** Visits every range of blocks that was touched equally often and at least once, in order. */
  forEachRange(visit: (firstBlock: number, endBlock: number, requests: number) => void): void {
    const places = new Map<number, number>();
    this.#keys.forEach((key, i) => {
      if (key !== NO_KEY) places.set(key, (this.#begins[i] ?? 0) - (this.#ends[i] ?? 0));
    });
    let count = 0;
    let from = 0;
    for (const key of Float64Array.from(places.keys()).sort()) {
      const change = places.get(key) ?? 0;
      if (change === 0) continue;
      if (count > 0) visit(from * this.unitBlocks, key * this.unitBlocks, count);
      count += change;
      from = key;
    }
  }

  #addTo(column: 'begins' | 'ends', key: number, count: number): void {
    const place = this.#placeOf(key);
    const counts = column === 'begins' ? this.#begins : this.#ends;
    counts[place] = (counts[place] ?? 0) + count;
  }

  /** Where the counts of an end stand, made when it is new. Hot path. */
  #placeOf(key: number): number {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let at = (Math.imul(key >>> 0, 0x9e37_79b1) ^ Math.imul((key / 0x1_0000_0000) | 0, 0x85eb_ca6b)) >>> 0;
    at = (at ^ (at >>> 15)) & mask;
    while (keys[at] !== key) {
      if (keys[at] === NO_KEY) {
        if (this.size >= keys.length / 2) {
          this.#grow();
          return this.#placeOf(key);
        }
        keys[at] = key;
        this.size += 1;
        return at;
      }
      at = (at + 1) & mask;
    }
    return at;
  }

  #empty(length: number): void {
    this.#keys = new Float64Array(length).fill(NO_KEY);
    this.#begins = new Float64Array(length);
    this.#ends = new Float64Array(length);
    this.size = 0;
  }

  #grow(): void {
    const keys = this.#keys;
    const begins = this.#begins;
    const ends = this.#ends;
    this.#empty(keys.length * 2);
    keys.forEach((key, i) => {
      if (key === NO_KEY) return;
      const at = this.#placeOf(key);
      this.#begins[at] = begins[i] ?? 0;
      this.#ends[at] = ends[i] ?? 0;
    });
  }
}

/** How many requests touched each block of several disks, in bounded memory. */
export class TouchCounts {
  readonly #disks = new Map<number, DiskTouches>();
  readonly #mostEnds: number;

  /** @param mostEnds ends of ranges to keep apart, at least 4. */
  constructor(mostEnds = MOST_ENDS) {
    this.#mostEnds = mostEnds;
  }

  /** Counts a request on the blocks [firstBlock, endBlock). */
  add(disk: number, firstBlock: number, endBlock: number): void {
    let touches = this.#disks.get(disk);
    if (touches === undefined) {
      touches = new DiskTouches(disk);
      this.#disks.set(disk, touches);
    }
    const before = touches.size;
    touches.add(firstBlock, endBlock);
    if (touches.size !== before && this.#ends() > this.#mostEnds) this.#coarsen();
  }

  /** The `most` ranges that were touched most often, at least twice; of equal ones those that come first. */
  hottest(most: number): readonly HotRange[] {
    const found: HotRange[] = [];
    const disks = [...this.#disks.values()].sort((a, b) => a.disk - b.disk);
    for (const touches of disks) {
      touches.forEachRange((firstBlock, endBlock, requests) => {
        if (requests < 2 || (found.length === most && requests <= (found.at(-1)?.requests ?? 0))) return;
        const at = found.findIndex((range) => range.requests < requests);
        found.splice(at < 0 ? found.length : at, 0, { disk: touches.disk, firstBlock, endBlock, requests });
        found.length = Math.min(found.length, most);
      });
    }
    return found;
  }

  #ends(): number {
    let ends = 0;
    for (const { size } of this.#disks.values()) ends += size;
    return ends;
  }

  #coarsen(): void {
    while (this.#ends() > this.#mostEnds / 2) {
      let largest: DiskTouches | null = null;
      for (const touches of this.#disks.values()) {
        if (touches.size > (largest?.size ?? 0)) largest = touches;
      }
      // Two ends a disk are the least there can be.
      if (largest === null || largest.size <= 2) return;
      largest.coarsen();
    }
  }
}
