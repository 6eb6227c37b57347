import type { DiskInfo } from '#shared/contract/messages.ts';
import type { DiskActivity } from '#shared/model/activity/activity.ts';
import { describeDisks } from '#shared/model/activity/describe-disks.ts';
import type { SessionState } from '#shared/model/session-state.ts';

export type { DiskActivity };

/** What each disk is doing at session time `nowUs`, by its number; nothing before any time is known. */
export function viewActivities(
  state: SessionState,
  nowUs: number,
  disks: readonly DiskInfo[],
): ReadonlyMap<number, DiskActivity> {
  if (Number.isNaN(nowUs)) return new Map();
  const facts = disks.map(({ id, name, sizeBytes }) => ({
    id,
    name,
    sizeBytes: sizeBytes === null ? null : BigInt(sizeBytes),
  }));
  return new Map(describeDisks(state, nowUs, facts).map((activity) => [activity.disk, activity]));
}
