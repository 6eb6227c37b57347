import { useEffect, useRef } from 'react';
import type { SourceInfo } from '#shared/contract/messages.ts';
import { useApp, useAppState } from './app-context.ts';

/**
 * Returns what to call when something is asked for that comes as a source of this kind: once it is there its first disk
 * is taken in hand and the dialog goes. Until then the dialog stays, so that a refusal stands where it belongs.
 */
export function useCloseOnceServed(kind: SourceInfo['kind']): () => void {
  const app = useApp();
  const session = useAppState((state) => state.session);
  const before = useRef<ReadonlySet<number> | null>(null);
  useEffect(() => {
    if (before.current === null) return;
    const served = session?.sources.find(
      (source) => source.kind === kind && before.current?.has(source.id) === false,
    );
    if (served === undefined) return;
    const disk = session?.disks.find((candidate) => candidate.source === served.id);
    // A hosted disk is there at once; the disk of a log shows with its first client.
    if (disk === undefined && kind === 'host') return;
    before.current = null;
    if (disk !== undefined) app.activate(disk.id);
    app.store.setState({ dialog: null });
  }, [app, session, kind]);
  return () => {
    before.current = new Set(session?.sources.map((source) => source.id));
  };
}
