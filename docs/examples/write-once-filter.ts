import { type Answer, Filter, type Request } from '#engine/nbd/backend.ts';
import { Errno } from '#engine/nbd/protocol.ts';
import { BLOCK_BYTES } from '#shared/model/block-state.ts';

/**
 * Makes a disk write-once: a block of 4 KiB that has been written is never written again, nor trimmed nor zeroed. Such a
 * request fails with EPERM and changes nothing, not even the other blocks that it was for.
 */
export class WriteOnceFilter extends Filter {
  readonly #written = new Set<number>();

  override write(request: Request): Answer {
    if (this.#wouldChange(request)) return Errno.EPERM;
    const [first, end] = blocksOf(request);
    for (let block = first; block < end; block += 1) this.#written.add(block);
    return this.next.write(request);
  }

  override zero(request: Request): Answer {
    return this.#wouldChange(request) ? Errno.EPERM : this.next.zero(request);
  }

  override trim(request: Request): Answer {
    return this.#wouldChange(request) ? Errno.EPERM : this.next.trim(request);
  }

  /** A trim may be of a whole disk of 8 EiB: what is walked over is what was written. */
  #wouldChange(request: Request): boolean {
    const [first, end] = blocksOf(request);
    for (const block of this.#written) if (block >= first && block < end) return true;
    return false;
  }
}

const BLOCKS_OF_4_GIB = 2 ** 32 / BLOCK_BYTES;

/** The first block that a request is of, and the one after the last: exact up to 2^63 bytes, which are 2^51 blocks. */
function blocksOf({ offsetHigh, offsetLow, length, lengthHigh }: Request): readonly [number, number] {
  const high = offsetHigh * BLOCKS_OF_4_GIB;
  const first = high + Math.floor(offsetLow / BLOCK_BYTES);
  return [first, high + lengthHigh * BLOCKS_OF_4_GIB + Math.ceil((offsetLow + length) / BLOCK_BYTES)];
}
