import { flagAt } from '../timeline/flags.ts';
import { spanBetween } from '../timeline/time-window.ts';
import type { DragKind, TimelinePointerActions } from '../timeline/timeline-pointer.ts';
import { scrubTo } from './time-deeds.ts';
import type { WindowApp } from './window-app.ts';

/** So near to the edge of the span a drag moves that edge, CSS px. */
const EDGE_PX = 4;

/** A drag that is under way. */
interface Drag {
  readonly kind: DragKind;
  /** The moment that a span is drawn from. */
  readonly anchorUs: number;
  /** Scrubbing has stopped the past from playing: it goes on when the hand lets go. */
  readonly wasPlaying: boolean;
}

/** What the pointer does to the timeline. */
export function timelinePointing(app: WindowApp): TimelinePointerActions {
  let drag: Drag | null = null;
  const momentAt = (xPx: number): number | null => app.time.timeline?.momentAt(xPx) ?? null;

  /** The other end of the span, when `xPx` is on one of its edges. */
  const anchorOfEdge = (xPx: number): number | null => {
    const { span } = app.state;
    const timeline = app.time.timeline;
    if (span === null || timeline === null) return null;
    if (Math.abs(timeline.placeOf(span.fromUs) - xPx) <= EDGE_PX) return span.toUs;
    return Math.abs(timeline.placeOf(span.toUs) - xPx) <= EDGE_PX ? span.fromUs : null;
  };

  const begin = (kind: DragKind, xPx: number, yPx: number): void => {
    const timeline = app.time.timeline;
    const us = momentAt(xPx);
    if (timeline === null || us === null) return;
    const edgeUs = kind === 'scrub' ? anchorOfEdge(xPx) : null;
    const { view } = app.state;
    const wasPlaying = kind === 'scrub' && view.mode === 'past' && view.playing;
    timeline.hold(true);
    drag = { kind: edgeUs === null ? kind : 'select', anchorUs: edgeUs ?? us, wasPlaying };
    if (drag.kind !== 'scrub') return;
    if (wasPlaying) app.send({ command: 'play', playing: false });
    const { flags } = timeline.layout;
    const flag = yPx < flags.topPx + flags.heightPx ? flagAt(timeline.flags, xPx) : null;
    scrubTo(app, flag?.mark.clockUs ?? us);
  };

  return {
    begin,
    drag: (xPx, fromXPx) => {
      const us = momentAt(xPx);
      if (drag === null || us === null) return;
      if (drag.kind === 'pan') app.time.timeline?.pan(fromXPx - xPx);
      else if (drag.kind === 'scrub') scrubTo(app, us);
      else app.time.draftSpan(spanBetween(drag.anchorUs, us));
    },
    end: (moved) => {
      if (drag === null) return;
      const { kind, wasPlaying } = drag;
      drag = null;
      app.time.timeline?.hold(false);
      if (wasPlaying) app.send({ command: 'play', playing: true });
      if (kind !== 'select') return;
      if (moved && app.state.span !== null) app.time.setSpan(app.state.span);
      else app.time.dropDraft();
    },
    hover: (xPx) => app.time.timeline?.hover(xPx),
    leave: () => app.time.timeline?.hover(null),
    zoom: (xPx, factor) => app.time.timeline?.zoom(factor, momentAt(xPx)),
    pan: (dxPx) => app.time.timeline?.pan(dxPx),
  };
}
