import type { EventBatch } from '#shared/events/event-batch.ts';

/** Which of two recordings a source is, where two are shown in step. */
export interface SourceSide {
  /** `A` or `B`: before the names of its disks. */
  readonly badge: string;
  /** Added to all of its times, µs, so that it keeps step with the other. */
  readonly shiftUs: number;
  /** Whether its captions are shown in the picture. Only one tells its story there; those of the other are marks. */
  readonly tells: boolean;
}

/** Moves the times of rows that have not yet come into order. Times that are unknown stay so. */
export function shiftTimes(batch: EventBatch, shiftUs: number): void {
  if (shiftUs === 0) return;
  const { timeUs, count } = batch;
  for (let i = 0; i < count; i += 1) timeUs[i] = (timeUs[i] ?? Number.NaN) + shiftUs;
}

/** A disk's name with its side before it. */
export function sidedName(side: SourceSide | null, name: string): string {
  return side === null ? name : `${side.badge} · ${name}`;
}
