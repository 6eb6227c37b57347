import { useEffect, useRef } from 'react';
import { useApp, useAppState } from './app-context.ts';

/**
 * Returns what to call when something is to be opened: once the engine has taken it the dialog goes. Until then it stays, so that a
 * refusal stands where it was asked.
 */
export function useCloseOnceOpened(): () => void {
  const app = useApp();
  const sources = useAppState((state) => state.session?.sources);
  const before = useRef<ReadonlySet<number> | null>(null);
  useEffect(() => {
    // A number that was not there: words of what is open already come all the time.
    const isOpened = sources?.some(({ id }) => before.current?.has(id) === false) === true;
    if (isOpened) app.store.setState({ dialog: null });
  }, [app, sources]);
  return () => {
    before.current = new Set(sources?.map(({ id }) => id));
  };
}
