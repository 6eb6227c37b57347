import { useEffect } from 'react';
import { type HostedSource, hostedSource } from '../store/hosted.ts';
import { useApp, useAppState } from './app-context.ts';

/** The hosted disk that the dialog speaks of. The dialog goes when the disk does; null in between. */
export function useAskedHost(): HostedSource | null {
  const app = useApp();
  const asked = useAppState((state) => state.asked);
  const session = useAppState((state) => state.session);
  const hosted = hostedSource(session, asked);
  const gone = hosted === null;
  useEffect(() => {
    if (gone) app.store.setState({ dialog: null, asked: null });
  }, [app, gone]);
  return hosted;
}
