import { FASTEST, PLAY_SPEEDS } from '#shared/contract/time.ts';
import { type AppState, hasPast } from '../store/app-store.ts';
import { TIMELINE_OF } from '../store/preferences.ts';
import { lengthUs, spanBetween } from '../timeline/time-window.ts';
import { parseGoToTime, type TimeTarget } from '../words/go-to-time.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do about time. */

/** One step of zooming by keys or menu shows so much of what was shown. */
const ZOOM_STEP = 0.5;

/**
 * Plays the past or stands still in it. A live picture stands still at this moment while the recording goes on, and what does not
 * grow any more is played from its beginning.
 */
export function playOrPause(app: WindowApp): void {
  const { view, session, paused } = app.state;
  if (paused) app.setPaused(false);
  else if (view.mode === 'past') app.send({ command: 'play', playing: !view.playing });
  else if (session?.history.growing === true && hasPast(app.state)) app.time.seek({ us: app.time.endUs });
  else if (hasPast(app.state)) app.send({ command: 'play', playing: true });
  else app.setPaused(true);
}

/** Plays from the beginning, of the span where there is one. */
export function playFromStart(app: WindowApp): void {
  const fromUs = app.state.span?.fromUs ?? app.time.history.firstUs;
  if (fromUs === null) return;
  // Before what follows is sent, not after what is under way.
  app.time.seeker.giveUp();
  app.time.seek({ us: fromUs });
  app.send({ command: 'play', playing: true });
}

export function setSpeed(app: WindowApp, speed: number): void {
  steer(app, { speed });
}

/** Counts as done at once: the next press of a key, before the engine has answered, goes on from there. */
function steer(app: WindowApp, change: { readonly speed: number } | { readonly skipIdle: boolean }): void {
  app.store.setState(({ view }) => ({ view: { ...view, ...change } }));
  app.send({ command: 'play', ...change });
}

/** Plays faster (1) or slower (-1) by one step of the speeds; as fast as it goes comes after the fastest. */
export function stepSpeed(app: WindowApp, step: 1 | -1): void {
  const { speed } = app.state.view;
  const at = PLAY_SPEEDS.findIndex((candidate) => candidate >= speed || candidate === FASTEST);
  const now = speed === FASTEST ? PLAY_SPEEDS.length - 1 : at;
  const next = PLAY_SPEEDS[now + step];
  if (next !== undefined) setSpeed(app, next);
}

export function toggleSkipIdle(app: WindowApp): void {
  steer(app, { skipIdle: !app.state.view.skipIdle });
}

/** Stands still at the next (1) or the previous (-1) request. */
export function stepRequest(app: WindowApp, by: 1 | -1): void {
  if (app.state.paused) app.setPaused(false);
  app.send({ command: 'step', by });
}

/** Back to where rows are added; a picture that was held goes on. */
export function goLive(app: WindowApp): void {
  if (app.state.paused) app.setPaused(false);
  app.time.seeker.giveUp();
  app.send({ command: 'goLive' });
}

/** Goes on by a part of what the timeline shows; negative goes back. */
export function scrubBy(app: WindowApp, part: number): void {
  const { window } = app.time.timeline ?? {};
  if (window === undefined || window === null) return;
  scrubTo(app, app.time.shownUs + part * lengthUs(window));
}

/** Goes to a moment, brought into what is kept. */
export function scrubTo(app: WindowApp, us: number): void {
  const { firstUs } = app.time.history;
  if (firstUs === null || Number.isNaN(us)) return;
  app.time.seek({ us: Math.round(Math.min(Math.max(us, firstUs), app.time.endUs)) });
}

/** Reads a moment as typed; what it means here. */
export function readTime(app: WindowApp, text: string): TimeTarget {
  return parseGoToTime(text, app.time.history, app.time.shownUs, app.state.zone);
}

/** Begins or ends the span at the moment shown: a second time, with the other end, makes it one. */
export function setSpanEdge(app: WindowApp, edge: 'start' | 'end'): void {
  const us = Math.round(app.time.shownUs);
  if (Number.isNaN(us)) return;
  const { span, spanEdgeUs } = app.state;
  const other = span === null ? spanEdgeUs : edge === 'start' ? span.toUs : span.fromUs;
  if (other === null || (edge === 'start' ? other <= us : other >= us)) {
    // Nothing, or what lies on the wrong side: this is where another begins.
    app.store.setState({ spanEdgeUs: us });
    return;
  }
  app.time.setSpan(spanBetween(us, other));
}

/** Looks at all of the history again. */
export function clearSpan(app: WindowApp): void {
  if (app.state.span === null) app.store.setState({ spanEdgeUs: null, selectsSpan: false });
  else app.time.setSpan(null);
}

/** Has a drag over the timeline select a span, as with Shift, or scrub again. */
export function toggleSelectsSpan(app: WindowApp): void {
  app.store.setState({ selectsSpan: !app.state.selectsSpan });
}

/** Shows less (1) or more (-1) of the history on the timeline. */
export function zoomTime(app: WindowApp, step: 1 | -1): void {
  app.time.timeline?.zoom(step === 1 ? ZOOM_STEP : 1 / ZOOM_STEP);
}

export function showWholeTime(app: WindowApp): void {
  app.time.timeline?.showWhole();
}

export function zoomToSpan(app: WindowApp): void {
  const { span } = app.state;
  if (span !== null) app.time.timeline?.showSpan(span);
}

export function nextTimelineOf(app: WindowApp): void {
  const at = TIMELINE_OF.indexOf(app.state.timelineOf);
  app.prefer({ timelineOf: TIMELINE_OF[(at + 1) % TIMELINE_OF.length] ?? 'all' });
}

export function toggleZone(app: WindowApp): void {
  app.prefer({ zone: app.state.zone === 'utc' ? 'local' : 'utc' });
}

/** Puts the keyboard on the timeline. */
export function focusTimeline(app: WindowApp): void {
  const focus = (): void => document.querySelector<HTMLElement>('[data-timeline]')?.focus();
  if (app.state.footerOpen) {
    focus();
    return;
  }
  app.prefer({ footerOpen: true });
  // It is there once React has drawn it.
  requestAnimationFrame(focus);
}

/** How far behind the end of what is recorded the moment shown is, µs; null while the window is live. */
export function behindUs(state: AppState): number | null {
  const { view, session } = state;
  if (view.mode === 'live' || session?.history.lastUs == null || view.positionUs === null) return null;
  return Math.max(0, session.history.lastUs - view.positionUs);
}
