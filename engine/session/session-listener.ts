import type { EventBatch } from '#shared/events/event-batch.ts';

/** Told of what changes, by the engine that shows the session to windows. */
export interface SessionListener {
  /** Rows were applied to the state. The batch is not written to again. */
  rows(batch: EventBatch): void;
  /** The state is another one: everything a window holds is void. */
  reset(): void;
  /** Disks, sources or notices have changed. */
  infoChanged(): void;
  /** A source has found a disk. */
  diskCame(disk: number, source: number): void;
  /** A source has left the session, and its disks with it. */
  sourceGone(source: number): void;
  /** A disk has left the session; its number may come to stand for another. */
  diskGone(disk: number): void;
}
