import type { MemoryAllowance } from '../memory-allowance.ts';

/** Where a block's bytes are. Any number from {@link FIRST_SLOT} on is a place in the overlay. */
export const BlockState = {
  /** On the disk below, as it was. */
  Base: 0,
  /** Nowhere: a hole, read as zeroes. */
  Hole: 1,
  /** Nowhere: zeroes that are to take their place on the disk when they are committed. */
  Zero: 2,
} as const;
export const FIRST_SLOT = 3;

/** Blocks in one directory. */
const DIRECTORY_BLOCKS = 1024;
const DIRECTORY_BYTES = DIRECTORY_BLOCKS * 4;
/** About what an entry of the table takes besides. */
const ENTRY_BYTES = 64;

/** A directory in which every block has the same state is that state. */
type Directory = Int32Array | number;

/**
 * The states of the blocks of a disk, by block number below 2^51. Costs memory only where blocks are not on the disk
 * below, and little where many neighbours have become holes together.
 */
export class BlockMap {
  readonly #directories = new Map<number, Directory>();
  readonly #allowance: MemoryAllowance;
  /** Called for a place in the overlay that no block has any more. */
  readonly #onFreed: (slot: number) => void;
  #usedBytes = 0;

  constructor(allowance: MemoryAllowance, onFreed: (slot: number) => void) {
    this.#allowance = allowance;
    this.#onFreed = onFreed;
  }

  /** Memory that it takes. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  get(block: number): number {
    const directory = this.#directories.get(Math.floor(block / DIRECTORY_BLOCKS)) ?? BlockState.Base;
    return typeof directory === 'number' ? directory : (directory[block % DIRECTORY_BLOCKS] ?? 0);
  }

  /** Sets the state of one block. Returns false when there is no memory for it. */
  set(block: number, state: number): boolean {
    return this.setRun(block, block + 1, state);
  }

  /** Sets the state of blocks from `first` to before `end`. Returns false when memory ran out on the way. */
  setRun(first: number, end: number, state: number): boolean {
    for (let at = first; at < end; ) {
      const number = Math.floor(at / DIRECTORY_BLOCKS);
      const from = at % DIRECTORY_BLOCKS;
      const to = Math.min(DIRECTORY_BLOCKS, from + end - at);
      const done =
        to - from === DIRECTORY_BLOCKS ? this.#setAll(number, state) : this.#setPart(number, from, to, state);
      if (!done) return false;
      at += to - from;
    }
    return true;
  }

  /** The end of the run of blocks from `block` on, before `end`, that have the same state, or are all in the overlay. */
  runEnd(block: number, end: number): number {
    const kind = Math.min(this.get(block), FIRST_SLOT);
    let at = block + 1;
    while (at < end) {
      const within = at % DIRECTORY_BLOCKS;
      const directory = this.#directories.get(Math.floor(at / DIRECTORY_BLOCKS)) ?? BlockState.Base;
      if (typeof directory === 'number') {
        if (directory !== kind) return at;
        at += DIRECTORY_BLOCKS - within;
      } else if (Math.min(directory[within] ?? 0, FIRST_SLOT) === kind) at += 1;
      else return at;
    }
    return end;
  }

  /** The runs of blocks that are not on the disk below, in order, each [first, end); a copy of how they are now. */
  changedRuns(endOfDisk: number): [first: number, end: number][] {
    const runs: [number, number][] = [];
    for (const number of [...this.#directories.keys()].sort((a, b) => a - b)) {
      const end = Math.min(endOfDisk, (number + 1) * DIRECTORY_BLOCKS);
      for (let at = number * DIRECTORY_BLOCKS; at < end; ) {
        const next = this.runEnd(at, end);
        if (this.get(at) !== BlockState.Base) runs.push([at, next]);
        at = next;
      }
    }
    return runs;
  }

  /** Whether every block is on the disk below. */
  isEmpty(endOfDisk: number): boolean {
    return this.changedRuns(endOfDisk).length === 0;
  }

  /** Forgets everything; places in the overlay are not told as freed. */
  clear(): void {
    this.#directories.clear();
    this.#allowance.give(this.#usedBytes);
    this.#usedBytes = 0;
  }

  #setAll(number: number, state: number): boolean {
    const before = this.#directories.get(number);
    if (before instanceof Int32Array) for (const slot of before) this.#freed(slot, state);
    if (state === BlockState.Base) return this.#drop(number);
    if (before === undefined && !this.#take(ENTRY_BYTES)) return false;
    if (before instanceof Int32Array) this.#give(DIRECTORY_BYTES);
    this.#directories.set(number, state);
    return true;
  }

  #setPart(number: number, from: number, to: number, state: number): boolean {
    const before = this.#directories.get(number);
    if ((before ?? BlockState.Base) === state) return true;
    let directory = before;
    if (!(directory instanceof Int32Array)) {
      if (!this.#take(DIRECTORY_BYTES + (before === undefined ? ENTRY_BYTES : 0))) return false;
      directory = new Int32Array(DIRECTORY_BLOCKS).fill(
        typeof before === 'number' ? before : BlockState.Base,
      );
      this.#directories.set(number, directory);
    }
    for (let i = from; i < to; i += 1) {
      this.#freed(directory[i] ?? 0, state);
      directory[i] = state;
    }
    if (state === BlockState.Base && directory.every((each) => each === BlockState.Base)) this.#drop(number);
    return true;
  }

  #freed(before: number, after: number): void {
    if (before >= FIRST_SLOT && before !== after) this.#onFreed(before - FIRST_SLOT);
  }

  #drop(number: number): boolean {
    const before = this.#directories.get(number);
    if (before === undefined) return true;
    this.#directories.delete(number);
    this.#give(ENTRY_BYTES + (before instanceof Int32Array ? DIRECTORY_BYTES : 0));
    return true;
  }

  #take(bytes: number): boolean {
    if (!this.#allowance.take(bytes)) return false;
    this.#usedBytes += bytes;
    return true;
  }

  #give(bytes: number): void {
    this.#allowance.give(bytes);
    this.#usedBytes -= bytes;
  }
}
