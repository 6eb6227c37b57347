import type { Copied } from './copy-disk.ts';
import type { CowFilter } from './filters/cow-filter.ts';
import type { HostedExport } from './hosted-export.ts';

/** Knows whether a hosted disk holds what nobody could bring back once it is stopped. */
export class UnsavedChanges {
  readonly #hosted: HostedExport;
  readonly #overlay: CowFilter | null;
  readonly #volatile: boolean;
  /** Something was committed to a disk that is itself lost when it is stopped. */
  #below = false;
  /** What was written before a save began is at stake until that is carried out. */
  #beingSaved = false;

  /** @param volatile whether the disk, or the one below its overlay, is lost when it is stopped. */
  constructor(hosted: HostedExport, overlay: CowFilter | null, volatile: boolean) {
    this.#hosted = hosted;
    this.#overlay = overlay;
    this.#volatile = volatile;
  }

  /** Whether the disk was written to since it was hosted, saved or put back. */
  get any(): boolean {
    return this.#hosted.changed || this.#below || this.#beingSaved;
  }

  /** Whether that would be lost when the disk is stopped. */
  get wouldBeLost(): boolean {
    if (this.#below || this.#beingSaved) return true;
    return this.#hosted.changed && (this.#overlay?.isChanged ?? this.#volatile);
  }

  /** To be called when so many bytes of the overlay have been written to the disk below. */
  committed(bytes: bigint): void {
    if (this.#overlay?.isChanged === false) this.#hosted.changed = false;
    if (this.#volatile && bytes > 0n) this.#below = true;
  }

  /** To be called when the overlay has been emptied. */
  discarded(): void {
    this.#hosted.changed = false;
  }

  /** Carries out a save of the whole disk. What was written before is safe once it has succeeded, and no sooner. */
  async save(copy: () => Promise<Copied>): Promise<Copied> {
    const changed = this.#hosted.changed;
    this.#beingSaved = this.wouldBeLost;
    this.#hosted.changed = false;
    let saved = false;
    try {
      const copied = await copy();
      saved = !copied.cancelled;
      return copied;
    } finally {
      this.#beingSaved = false;
      if (saved) this.#below = false;
      else this.#hosted.changed ||= changed;
    }
  }
}
