import type { Extent } from '#shared/structures/structure.ts';
import { NotUnderstood, type ParseLimits } from '../structure-parser.ts';
import { type Volume, VolumeReadError } from '../volume.ts';
import { Budget, type StructureDraft } from './budget.ts';
import { crc32cOfU32 } from './checksum.ts';
import { RO_COMPAT } from './features.ts';
import type { BlockRun } from './geometry.ts';
import type { ExtSuperblock } from './superblock.ts';

/** Volumes are read in pieces of at most this many bytes. */
const MOST_BYTES_AT_ONCE = 1 << 20;
/** After so many failed reads nothing more is tried: the disk behind is gone, or its budget is spent. */
const MOST_FAILURES = 64;

/** Why something could not be had: the end of a sentence that begins "not understood here, because". */
export interface Trouble {
  readonly reason: string;
}

/** A file system being read: its volume in blocks, its numbers, and what may still be made of it. */
export class ExtReader {
  readonly superblock: ExtSuperblock;
  readonly budget: Budget;
  /** The first block that cannot be read: where the file system ends, or the volume below it. */
  readonly endBlock: number;
  readonly hasChecksums: boolean;
  readonly #volume: Volume;
  readonly #limits: ParseLimits;
  readonly #blockBytes: bigint;
  #failures = 0;

  constructor(volume: Volume, superblock: ExtSuperblock, limits: ParseLimits) {
    this.superblock = superblock;
    this.#volume = volume;
    this.#limits = limits;
    this.#blockBytes = BigInt(superblock.blockBytes);
    const volumeBlocks = Number(volume.sizeBytes / this.#blockBytes);
    this.endBlock = Math.min(superblock.blocksCount, volumeBlocks);
    this.hasChecksums = (superblock.features.roCompat & RO_COMPAT.metadataChecksum) !== 0;
    this.budget = new Budget(limits.maxStructures);
  }

  /** Gives way to other work; throws when the work is to stop. */
  breathe(): Promise<void> {
    return this.#limits.breathe();
  }

  /** Whether a run of blocks lies inside what can be read. */
  isInside(run: BlockRun): boolean {
    return run.firstBlock >= 0 && run.count > 0 && run.firstBlock + run.count <= this.endBlock;
  }

  /** Where blocks lie, in bytes of the volume, cut at its end; empty when nothing of them lies on it. */
  extentsOf(run: BlockRun): Extent[] {
    const end = Math.min(run.firstBlock + run.count, this.endBlock);
    if (run.count <= 0 || run.firstBlock >= end) return [];
    return [{ startBytes: this.offsetBytes(run.firstBlock), endBytes: BigInt(end) * this.#blockBytes }];
  }

  /** The byte of the volume that a block begins with. */
  offsetBytes(block: number): bigint {
    return BigInt(block) * this.#blockBytes;
  }

  /** One block. Throws {@link NotUnderstood} when it lies outside, {@link VolumeReadError} when it cannot be had. */
  async block(block: number, what: string): Promise<Uint8Array> {
    if (!this.isInside({ firstBlock: block, count: 1 })) {
      throw new NotUnderstood(`${what} is said to lie in block ${block}, outside the file system`);
    }
    return await this.bytes(this.offsetBytes(block), this.superblock.blockBytes);
  }

  /** Bytes of the volume, at most 1 MiB. */
  async bytes(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    if (lengthBytes > MOST_BYTES_AT_ONCE || offsetBytes + BigInt(lengthBytes) > this.#volume.sizeBytes) {
      throw new NotUnderstood(`bytes ${offsetBytes} and on lie outside ${this.#volume.name}`);
    }
    if (this.#failures >= MOST_FAILURES) {
      throw new VolumeReadError(`${MOST_FAILURES} reads of ${this.#volume.name} failed`);
    }
    try {
      const bytes = await this.#volume.read(offsetBytes, lengthBytes);
      if (bytes.length >= lengthBytes) return bytes;
      throw new VolumeReadError(`${this.#volume.name} gave ${bytes.length} of ${lengthBytes} bytes`);
    } catch (error) {
      if (error instanceof VolumeReadError) this.#failures++;
      throw error;
    }
  }

  /** Does `work`; what is not understood or cannot be read there comes back as a value, all else is thrown. */
  async attempt<T extends object>(work: () => Promise<T>): Promise<T | Trouble> {
    try {
      return await work();
    } catch (error) {
      return troubleOf(error);
    }
  }

  /** A structure for what is known to be here but cannot be read, and why. */
  notUnderstood(key: string, name: string, reason: string, run?: BlockRun): StructureDraft {
    const extents = run === undefined ? [] : this.extentsOf(run);
    return this.budget.make('notUnderstood', key, name, extents, [['not understood here, because', reason]]);
  }

  /** What the checksums of an inode's own blocks begin with. */
  inodeSeed(inode: number, generation: number): number {
    return crc32cOfU32(crc32cOfU32(this.superblock.checksumSeed, inode), generation);
  }
}

/** The reason, when an error tells of the volume or of what is on it; any other is thrown on. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof NotUnderstood || error instanceof VolumeReadError) return { reason: error.message };
  throw error;
}

/** Whether {@link ExtReader.attempt} failed. */
export function isTrouble(value: object): value is Trouble {
  return 'reason' in value && typeof value.reason === 'string';
}
