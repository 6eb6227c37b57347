import type { Disposable } from '#shared/channel/channel.ts';
import type { ModelListener } from '#shared/model/model-listener.ts';
import type { DiskState } from '#shared/model/session-state.ts';

/** What follows a disk: the model's changes and the requests that come into flight and leave it. */
export interface DiskFollower extends ModelListener {
  /** A request over sectors [first, end) came into flight (+1) or left it (-1). */
  inFlightChanged(firstSector: number, endSector: number, change: 1 | -1): void;
}

/** Hands one disk's changes on to all who follow it: the model itself has one listener's place. */
class DiskFeed implements ModelListener {
  readonly #disk: DiskState;
  readonly #followers: DiskFollower[] = [];

  constructor(disk: DiskState) {
    this.#disk = disk;
    disk.model.listener = this;
    disk.inFlightListener = (firstSector, endSector, change) => {
      for (const follower of this.#followers) follower.inFlightChanged(firstSector, endSector, change);
    };
  }

  blocksChanged(first: number, count: number, oldState: number, newState: number): void {
    for (const follower of this.#followers) follower.blocksChanged(first, count, oldState, newState);
  }

  blocksRead(first: number, count: number, readMs: number): void {
    for (const follower of this.#followers) follower.blocksRead(first, count, readMs);
  }

  blocksTouched(first: number, count: number): void {
    for (const follower of this.#followers) follower.blocksTouched(first, count);
  }

  touchesReplaced(): void {
    for (const follower of this.#followers) follower.touchesReplaced();
  }

  reset(): void {
    for (const follower of this.#followers) follower.reset();
  }

  add(follower: DiskFollower): Disposable {
    this.#followers.push(follower);
    return {
      dispose: () => {
        const at = this.#followers.indexOf(follower);
        if (at >= 0) this.#followers.splice(at, 1);
        if (this.#followers.length === 0) this.#end();
      },
    };
  }

  #end(): void {
    if (this.#disk.model.listener === this) this.#disk.model.listener = null;
    this.#disk.inFlightListener = null;
    feeds.delete(this.#disk);
  }
}

const feeds = new WeakMap<DiskState, DiskFeed>();

/** Follows a disk until disposed of. */
export function followDisk(disk: DiskState, follower: DiskFollower): Disposable {
  let feed = feeds.get(disk);
  if (feed === undefined) {
    feed = new DiskFeed(disk);
    feeds.set(disk, feed);
  }
  return feed.add(follower);
}
