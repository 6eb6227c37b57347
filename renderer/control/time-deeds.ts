import { FASTEST, PLAY_SPEEDS } from '#shared/contract/time.ts';
import type { AppState } from '../store/app-store.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do about time: play the past, go through it, and come back. */

/** Whether there is a past to show. */
export function hasPast({ session }: AppState): boolean {
  return session !== null && session.history.lastSequence > 0;
}

export function isInPast({ view }: AppState): boolean {
  return view.mode === 'past';
}

/**
 * Plays or pauses the past, and plays what has ended again. Live, it holds the picture or lets it go; where nothing more comes, it
 * plays from the start.
 */
export function playOrPause(app: WindowApp): void {
  const { paused, view, session } = app.state;
  const isLive = view.mode === 'live' && (session?.history.growing !== false || !hasPast(app.state));
  if (paused || isLive) app.setPaused(!paused);
  else app.send({ command: 'play', playing: !view.playing });
}

/** Plays from the first moment, or from the beginning of the span that is looked at. */
export function playFromStart(app: WindowApp): void {
  const { session, view } = app.state;
  const firstUs = view.span?.fromUs ?? session?.history.firstUs ?? null;
  app.send({ command: 'seek', to: firstUs === null ? { sequence: 0 } : { us: firstUs } });
  app.send({ command: 'play', playing: true });
}

/** Plays faster (1) or slower (-1) by one step of the speeds. */
export function stepSpeed(app: WindowApp, step: 1 | -1): void {
  const { speed } = app.state.view;
  const inOrder = [...PLAY_SPEEDS].sort((a, b) => rank(a) - rank(b));
  const next =
    step === 1
      ? inOrder.find((other) => rank(other) > rank(speed))
      : inOrder.findLast((other) => rank(other) < rank(speed));
  if (next !== undefined) app.send({ command: 'play', speed: next });
}

function rank(speed: number): number {
  return speed === FASTEST ? Number.POSITIVE_INFINITY : speed;
}

/** Stands still at the next request's arrival (1) or the previous one's (-1). */
export function stepRequest(app: WindowApp, by: 1 | -1): void {
  app.send({ command: 'step', by });
}

/** Back to where rows are added. */
export function goLive(app: WindowApp): void {
  app.send({ command: 'goLive' });
}
