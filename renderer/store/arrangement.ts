import type { DiskInfo, SessionInfo } from '#shared/contract/messages.ts';
import type { AppState } from './app-store.ts';

/** Which panels are shown, and in which order: the window's own, not the session's. */

/** Disks in the order that a person gave them; those without a place there follow in the order of their logs. */
export function inOrder(session: SessionInfo, order: readonly number[]): SessionInfo {
  const place = new Map(order.map((disk, i) => [disk, i]));
  const placeOf = (disk: DiskInfo): number => place.get(disk.id) ?? order.length;
  const disks = session.disks.toSorted(
    (a, b) => placeOf(a) - placeOf(b) || a.source - b.source || a.id - b.id,
  );
  return { ...session, disks };
}

/** The numbers with `disk` taken out and put in again so that it stands where `to` stands now; as they are where it cannot. */
export function movedTo(disks: readonly number[], disk: number, to: number): readonly number[] {
  const from = disks.indexOf(disk);
  const at = disks.indexOf(to);
  if (from < 0 || at < 0 || from === at) return disks;
  return disks.toSpliced(from, 1).toSpliced(at, 0, disk);
}

/** The disks that have a panel, in the order of the panels. */
export function shownDisks(state: Pick<AppState, 'session' | 'hidden'>): readonly DiskInfo[] {
  return state.session?.disks.filter((disk) => !state.hidden.includes(disk.id)) ?? [];
}

/** The disks whose panels a person has put away. */
export function hiddenDisks(state: Pick<AppState, 'session' | 'hidden'>): readonly DiskInfo[] {
  return state.session?.disks.filter((disk) => state.hidden.includes(disk.id)) ?? [];
}

/** Columns in which the panels stand. */
export function columnsOf(tiles: AppState['tiles']): number {
  return Math.max(1, new Set(tiles.map((tile) => tile.xPx)).size);
}
