import type { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { rowSectors, SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';
import { ByteSink, ByteSource } from './byte-stream.ts';

/**
 * Which blocks some rows are of, in few bytes, so that rows need not be read where a block is looked for: for each disk the
 * ranges of blocks, merged and in order, each as how far it begins behind the one before. Exact; two bytes a request at most where
 * requests lie all over a large disk, next to nothing where they follow each other.
 *
 * Whole numbers: disks; of each its number, its ranges and the bytes of them; of each range twice the blocks in front of it, plus
 * 1 where it has more than one block, and then how many more.
 */

/** Blocks past this one are as if they were this one: the last below 2^63 bytes. */
const LAST_BLOCK = 2 ** 51 - 1;
/** Of so many slots the range is known that was noted last. */
const SLOTS = 4096;

/** Writes footprints of one batch after another. */
export class FootprintWriter {
  readonly #bytes = new ByteSink();
  readonly #ofDisk = new ByteSink();
  readonly #range = new Float64Array(2);
  readonly #slotFirst = new Float64Array(SLOTS);
  readonly #slotEnd = new Float64Array(SLOTS);
  readonly #slotDisk = new Int32Array(SLOTS);
  /** Of the rows that are of any block, the disks and where their ranges begin and end. */
  #disks = new Uint16Array(0);
  #firsts = new Float64Array(0);
  #ends = new Float64Array(0);
  #diskFirsts = new Float64Array(0);
  #diskEnds = new Float64Array(0);
  #count = 0;

  /** Bytes of their own, for {@link mayTouch}. */
  write(batch: EventBatch): Uint8Array {
    this.#collect(batch);
    const to = this.#bytes;
    to.clear();
    const disks = new Set(this.#disks.subarray(0, this.#count));
    to.whole(disks.size);
    for (const disk of disks) this.#writeDisk(disk);
    return to.view().slice();
  }

  /** Hot path: nothing is allocated for a row. */
  #collect(batch: EventBatch): void {
    if (this.#disks.length < batch.count) {
      this.#disks = new Uint16Array(batch.count);
      this.#firsts = new Float64Array(batch.count);
      this.#ends = new Float64Array(batch.count);
      this.#diskFirsts = new Float64Array(batch.count);
      this.#diskEnds = new Float64Array(batch.count);
    }
    this.#slotDisk.fill(-1);
    let count = 0;
    const range = this.#range;
    for (let i = 0; i < batch.count; i += 1) {
      const kind = batch.kind[i];
      if (kind !== RowKind.Request && kind !== RowKind.Completion && kind !== RowKind.Unanswered) continue;
      rowSectors(batch, i, range);
      const [firstSector = 0, endSector = 0] = range;
      if (firstSector >= endSector) continue;
      const disk = batch.disk[i] ?? 0;
      const first = Math.min(LAST_BLOCK, Math.floor(firstSector / SECTORS_PER_BLOCK));
      const end = Math.min(LAST_BLOCK + 1, Math.ceil(endSector / SECTORS_PER_BLOCK));
      // A reply mostly is of the blocks of the request that was the last in its slot.
      const slot = (batch.slot[i] ?? 0) & (SLOTS - 1);
      if (this.#slotDisk[slot] === disk && this.#slotFirst[slot] === first && this.#slotEnd[slot] === end)
        continue;
      this.#slotDisk[slot] = disk;
      this.#slotFirst[slot] = first;
      this.#slotEnd[slot] = end;
      this.#disks[count] = disk;
      this.#firsts[count] = first;
      this.#ends[count] = end;
      count += 1;
    }
    this.#count = count;
  }

  #writeDisk(disk: number): void {
    let count = 0;
    for (let i = 0; i < this.#count; i += 1) {
      if (this.#disks[i] !== disk) continue;
      this.#diskFirsts[count] = this.#firsts[i] ?? 0;
      this.#diskEnds[count] = this.#ends[i] ?? 0;
      count += 1;
    }
    // Beginnings and ends by themselves: where as many have ended as have begun a merged range is over.
    const firsts = this.#diskFirsts.subarray(0, count).sort();
    const ends = this.#diskEnds.subarray(0, count).sort();
    const to = this.#ofDisk;
    to.clear();
    let ranges = 0;
    let before = 0;
    let from = 0;
    for (let n = 0; n < count; n += 1) {
      const end = ends[n] ?? 0;
      if (n + 1 < count && (firsts[n + 1] ?? 0) <= end) continue;
      const first = firsts[from] ?? 0;
      const more = end - first - 1;
      to.whole((first - before) * 2 + (more > 0 ? 1 : 0));
      if (more > 0) to.whole(more);
      ranges += 1;
      before = end;
      from = n + 1;
    }
    this.#bytes.whole(disk);
    this.#bytes.whole(ranges);
    this.#bytes.whole(to.length);
    this.#bytes.bytes(to.view());
  }
}

/** Whether any of the rows of a footprint is of any of the blocks [firstBlock, endBlock) of that disk. */
export function mayTouch(footprint: Uint8Array, disk: number, firstBlock: number, endBlock: number): boolean {
  const askedFirst = Math.min(LAST_BLOCK, firstBlock);
  const askedEnd = Math.min(LAST_BLOCK + 1, endBlock);
  const from = new ByteSource(footprint);
  for (let disks = from.whole(); disks > 0; disks -= 1) {
    const number = from.whole();
    const ranges = from.whole();
    const bytes = from.whole();
    if (number !== disk) {
      from.at += bytes;
      continue;
    }
    let end = 0;
    for (let r = 0; r < ranges; r += 1) {
      const code = from.whole();
      const first = end + Math.floor(code / 2);
      if (first >= askedEnd) return false;
      end = first + 1 + (code % 2 === 1 ? from.whole() : 0);
      if (end > askedFirst) return true;
    }
    return false;
  }
  return false;
}
