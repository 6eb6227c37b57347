import type { History } from '../history/history.ts';
import type { SourceNotice } from '../session/source.ts';

/** A session as far as its structures go. */
export interface WatchedSession {
  readonly session: {
    readonly state: { readonly sequence: number };
    sourceInfos(): readonly { readonly id: number }[];
    notice(source: null, notice: SourceNotice): void;
    hasDisk(disk: number): boolean;
    diskInfos(): readonly { readonly id: number; readonly name: string }[];
  };
  readonly past: { readonly history: History | null };
}

/** The disks of a session, with what they are called in sentences. */
export function diskNames({
  session,
}: WatchedSession): readonly { readonly id: number; readonly name: string }[] {
  return session.diskInfos().map(({ id, name }) => ({ id, name }));
}
