import type { SourceDisk } from '#engine/session/source.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';

/**
 * The smallest session: one log, no window. Sets the rows' clocks and sequence numbers as a session does and applies
 * them to the same state, so that what is counted here is what a window shows.
 */
export class OfflineSession {
  readonly state: SessionState;
  /** The disks found, by number. */
  readonly disks = new Map<number, SourceDisk>();

  constructor(state = new SessionState()) {
    this.state = state;
  }

  rows(batch: EventBatch): undefined {
    let clockUs = this.state.clockUs;
    for (let i = 0; i < batch.count; i += 1) {
      const timeUs = batch.timeUs[i] ?? Number.NaN;
      if (!(timeUs <= clockUs) && !Number.isNaN(timeUs)) clockUs = timeUs;
      batch.clockUs[i] = clockUs;
    }
    batch.firstSequence = this.state.sequence + 1;
    this.state.apply(batch);
    return undefined;
  }

  disk(disk: SourceDisk): void {
    this.disks.set(disk.index, disk);
  }
}
