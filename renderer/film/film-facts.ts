import type { Caption } from '#shared/captions/captions-file.ts';
import type { DiskInfo, SessionInfo } from '#shared/contract/messages.ts';
import type { FilmDisk } from './film-layout.ts';

/** The disks that can be drawn, in the order of their panels. */
export function filmDisks(disks: readonly DiskInfo[]): readonly FilmDisk[] {
  return disks.flatMap(({ id, name, sizeBytes }) =>
    sizeBytes === null ? [] : [{ id, name, sizeBytes: BigInt(sizeBytes) }],
  );
}

/** The captions of a session, in the order of time. */
export function captionsOf({ history }: Pick<SessionInfo, 'history'>): readonly Caption[] {
  return history.marks.filter(({ kind }) => kind === 'caption');
}
