import { type BlockMap, BlockState } from './block-map.ts';

/**
 * What a commit has written to the disk below and forgets only once that is durable there. A block that is written again
 * meanwhile stays in the overlay.
 */
export class CommitBatch {
  readonly #states = new Map<number, number>();

  /** Blocks in it. */
  get size(): number {
    return this.#states.size;
  }

  /** A block was written to the disk below as it was in that state. */
  add(block: number, state: number): void {
    this.#states.set(block, state);
  }

  /** A block is being written to the overlay: what was committed of it is out of date. */
  changed(block: number): void {
    this.#states.delete(block);
  }

  /** Forgets in the overlay what is durable below; a block that was trimmed or zeroed since keeps that. */
  forget(map: BlockMap): void {
    for (const [block, state] of this.#states) if (map.get(block) === state) map.set(block, BlockState.Base);
    this.#states.clear();
  }

  /** Keeps all of it in the overlay. */
  keep(): void {
    this.#states.clear();
  }
}
