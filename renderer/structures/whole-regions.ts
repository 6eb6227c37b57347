import type { Disposable } from '#shared/channel/channel.ts';
import { blockCount } from '../grid/plane.ts';
import { RegionFeeds } from './region-feeds.ts';
import type { Regions } from './regions.ts';

/** What lies on whole disks, whatever part of them the window shows: for a film that is recorded. */
export class WholeRegions implements Disposable {
  readonly #feeds: RegionFeeds;
  readonly #disks: readonly { readonly id: number; readonly sizeBytes: bigint }[];
  readonly #pastSequence: () => number | null;
  readonly #version: (disk: number) => number;

  /** @param version what is known of a disk, 0 for nothing that is to be shown. */
  constructor(
    ask: ConstructorParameters<typeof RegionFeeds>[0],
    disks: readonly { readonly id: number; readonly sizeBytes: bigint }[],
    pastSequence: () => number | null,
    version: (disk: number) => number,
  ) {
    this.#feeds = new RegionFeeds(ask, () => {});
    this.#disks = disks;
    this.#pastSequence = pastSequence;
    this.#version = version;
  }

  /** As far as is known now; what has changed is asked for. */
  now(): ReadonlyMap<number, Regions> {
    for (const { id, sizeBytes } of this.#disks) {
      const whole = { firstBlock: 0, endBlock: blockCount(sizeBytes) };
      this.#feeds.want(id, whole, this.#version(id), this.#pastSequence());
    }
    return this.#feeds.regions;
  }

  dispose(): void {
    this.#feeds.dispose();
  }
}
