import { MIXED, PAGE_BLOCKS, SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';
import type { DiskModel } from '#shared/model/disk-model.ts';

/**
 * The sector kinds of mixed blocks as they were last told, two bits a sector. The model tells that such a block
 * changed but not what its sectors were before, and counting needs both. 0 means the block is not mixed.
 */
export class SectorShadow {
  readonly #pages = new Map<number, Uint16Array>();

  get(block: number): number {
    const page = Math.floor(block / PAGE_BLOCKS);
    return this.#pages.get(page)?.[block - page * PAGE_BLOCKS] ?? 0;
  }

  set(block: number, packed: number): void {
    const number = Math.floor(block / PAGE_BLOCKS);
    let page = this.#pages.get(number);
    if (page === undefined) {
      if (packed === 0) return;
      page = new Uint16Array(PAGE_BLOCKS);
      this.#pages.set(number, page);
    }
    page[block - number * PAGE_BLOCKS] = packed;
  }

  clear(): void {
    this.#pages.clear();
  }
}

/** The sectors of a block whose state byte is `state`, as the model has them now; 0 when it is not mixed. */
export function packedSectors(model: DiskModel, block: number, state: number): number {
  if ((state & MIXED) === 0) return 0;
  let packed = 0;
  for (let s = 0; s < SECTORS_PER_BLOCK; s += 1) {
    packed |= model.sectorKind(block * SECTORS_PER_BLOCK + s) << (2 * s);
  }
  return packed;
}
