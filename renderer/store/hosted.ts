import type { HostInfo, SessionInfo, SourceInfo } from '#shared/contract/messages.ts';
import type { AppState } from './app-store.ts';

/** A source whose disk is hosted here and served now. */
export type HostedSource = SourceInfo & { readonly host: HostInfo };

export function isHosted(source: SourceInfo | undefined): source is HostedSource {
  return source !== undefined && source.host !== null;
}

/** The hosted source of that number; null when there is none. */
export function hostedSource(session: SessionInfo | null, id: number | null): HostedSource | null {
  const source = session?.sources.find((candidate) => candidate.id === id);
  return isHosted(source) ? source : null;
}

/** The hosted source of the disk in hand; null where that is not hosted here. */
export function hostInHand(state: AppState): HostedSource | null {
  const disk = state.session?.disks.find((candidate) => candidate.id === state.activeDisk);
  return disk === undefined ? null : hostedSource(state.session, disk.source);
}
