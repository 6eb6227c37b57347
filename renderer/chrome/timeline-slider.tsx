import { type KeyboardEvent, type ReactElement, useEffect, useRef } from 'react';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { goLive, scrubBy, scrubTo, setSpanEdge, stepRequest, zoomTime } from '../control/time-deeds.ts';
import { timelinePointing } from '../control/timeline-pointing.ts';
import type { WindowApp } from '../control/window-app.ts';
import { listenToTimeline } from '../timeline/timeline-pointer.ts';
import { momentWords, positionWords, readoutParts } from '../words/time-words.ts';
import { useApp, useAppState } from './app-context.ts';

/** Parts of what is in sight that an arrow, one with Shift, and a page go on by. */
const ARROW = 0.01;
const PAGE = 0.1;

/** What a key does to the timeline that has the focus. True for one that it takes. */
function onTimelineKey(app: WindowApp, event: KeyboardEvent): boolean {
  const ctrl = event.ctrlKey || event.metaKey;
  const sign = event.key === 'ArrowLeft' || event.key === 'ArrowDown' || event.key === 'PageDown' ? -1 : 1;
  if (event.altKey) return false;
  switch (event.key) {
    case 'ArrowLeft':
    case 'ArrowRight':
    case 'ArrowUp':
    case 'ArrowDown':
      if (ctrl) stepRequest(app, sign);
      else scrubBy(app, sign * (event.shiftKey ? PAGE : ARROW));
      return true;
    case 'PageUp':
    case 'PageDown':
      scrubBy(app, sign * PAGE);
      return true;
    case 'Home':
      scrubTo(app, app.time.history.firstUs ?? Number.NaN);
      return true;
    case 'End':
      if (app.time.history.growing) goLive(app);
      else scrubTo(app, app.time.endUs);
      return true;
    case '+':
    case '=':
      zoomTime(app, 1);
      return true;
    case '-':
      zoomTime(app, -1);
      return true;
    case '[':
      setSpanEdge(app, 'start');
      return true;
    case ']':
      setSpanEdge(app, 'end');
      return true;
    default:
      return false;
  }
}

/** The timeline's canvas, as a slider over the moments that are kept. */
export function TimelineSlider({ compact }: { readonly compact: boolean }): ReactElement {
  const app = useApp();
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const selects = useAppState((state) => state.selectsSpan);
  const { least, most, now, words } = useSliderValues();

  useEffect(() => {
    const placeElement = place.current;
    const canvasElement = canvas.current;
    if (placeElement === null || canvasElement === null) return;
    const timeline = app.time.attach(canvasElement);
    const stop = new AbortController();
    const measure = (): void =>
      timeline.setArea({ widthPx: placeElement.clientWidth, ratio: devicePixelRatio });
    const observer = new ResizeObserver(measure);
    observer.observe(placeElement);
    // A window that is dragged to another screen keeps its size and changes its ratio.
    window.addEventListener('resize', measure, { signal: stop.signal });
    document.addEventListener('visibilitychange', () => timeline.update(), { signal: stop.signal });
    void document.fonts.ready.then(() => timeline.requestDraw());
    const pointer = listenToTimeline(placeElement, timelinePointing(app), () => app.state.selectsSpan);
    return () => {
      stop.abort();
      observer.disconnect();
      pointer.dispose();
      app.time.detach();
    };
  }, [app]);

  useEffect(() => app.time.setCompact(compact), [app, compact]);

  return (
    <div
      ref={place}
      className="timeline"
      data-timeline
      data-testid="timeline"
      data-own-arrows
      data-selects={selects}
      role="slider"
      tabIndex={0}
      aria-label="Moment shown"
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={now}
      aria-valuetext={words}
      onKeyDown={(event) => {
        if (onTimelineKey(app, event)) event.preventDefault();
      }}
    >
      <canvas ref={canvas} className="timeline-canvas" data-testid="timeline-canvas" />
    </div>
  );
}

/** What is said of the moment shown; numbers are seconds from the beginning. */
interface SliderValues {
  readonly least: number;
  readonly most: number;
  readonly now: number;
  readonly words: string;
}

function useSliderValues(): SliderValues {
  const app = useApp();
  const history = useAppState((state) => state.session?.history ?? NO_HISTORY);
  const zone = useAppState((state) => state.zone);
  const live = useAppState((state) => state.view.mode === 'live');
  const shownUs = useAppState((state) => state.counters.clockUs);
  const { firstUs, lastUs } = history;
  if (firstUs === null || lastUs === null || Number.isNaN(shownUs)) {
    return { least: 0, most: 0, now: 0, words: 'nothing recorded yet' };
  }
  const readout = live ? null : (app.time.timeline?.readout(shownUs) ?? null);
  const words = [
    live ? 'live' : momentWords(shownUs, readout?.lengthUs ?? 1000, history, zone),
    positionWords(shownUs, history),
    ...(readout === null ? [] : readoutParts(readout)),
  ];
  const most = Math.round((lastUs - firstUs) / 1e6);
  const now = Math.min(Math.max(0, Math.round((shownUs - firstUs) / 1e6)), most);
  return { least: 0, most, now, words: words.join(', ') };
}
