import type { DiskInfo, SessionInfo } from '#shared/contract/messages.ts';
import type { AppState } from './app-store.ts';
import { type HostedSource, hostInHand, isHosted } from './hosted.ts';

/** Disks that were hosted together. */
export interface HostedSet {
  readonly id: number;
  /** Those that are still served, in their order. */
  readonly sources: readonly HostedSource[];
}

/** The set of that number; null when none of its disks is served any more. */
export function hostedSet(session: SessionInfo | null, id: number | null): HostedSet | null {
  if (session === null || id === null) return null;
  const sources = session.sources
    .filter(isHosted)
    .filter((source) => source.host.set?.id === id)
    .toSorted((a, b) => (a.host.set?.index ?? 0) - (b.host.set?.index ?? 0));
  return sources.length === 0 ? null : { id, sources };
}

/** The number of the set that the disk in hand is of; null when it is of none. */
export function setInHand(state: AppState): number | null {
  return hostInHand(state)?.host.set?.id ?? null;
}

/** The disks of a set, in its order. */
export function disksOfSet(session: SessionInfo, set: HostedSet): readonly DiskInfo[] {
  return set.sources.flatMap((source) => session.disks.filter((disk) => disk.source === source.id));
}
