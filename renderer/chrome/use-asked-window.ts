import { type TimeWindow, wholeWindow } from '../timeline/time-window.ts';
import { useAppState } from './app-context.ts';

/** The time that is asked about: the span of the timeline, else the whole history. */
export interface AskedWindow {
  /** Null while nothing was recorded. */
  readonly window: TimeWindow | null;
  /** The same as text, which does not change while the history grows. */
  readonly key: string;
  readonly isSpan: boolean;
}

export function useAskedWindow(): AskedWindow {
  const span = useAppState((state) => state.span);
  const firstUs = useAppState((state) => state.session?.history.firstUs ?? null);
  const lastUs = useAppState((state) => state.session?.history.lastUs ?? null);
  if (firstUs === null || lastUs === null) return { window: null, key: '', isSpan: false };
  if (span !== null) return { window: span, key: `${span.fromUs}-${span.toUs}`, isSpan: true };
  return { window: wholeWindow(firstUs, lastUs), key: `from ${firstUs}`, isSpan: false };
}
