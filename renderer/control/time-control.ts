import type { Disposable } from '#shared/channel/channel.ts';
import type { HistoryInfo, Span, View } from '#shared/contract/time.ts';
import { NO_HISTORY } from '#shared/contract/time.ts';
import type { Theme } from '#shared/theme/theme.ts';
import type { AppState } from '../store/app-store.ts';
import { shownDisks } from '../store/arrangement.ts';
import { spanBetween } from '../timeline/time-window.ts';
import { Timeline, type TimelineSource } from '../timeline/timeline.ts';
import { Seeker, type SeekTarget } from './seeker.ts';
import type { WindowApp } from './window-app.ts';

/** After a span was sent, what the engine says of spans may be older than that. */
const SPAN_PATIENCE_MS = 1000;

/** The window's place in time: its timeline, the seeks that are under way and the span that is looked at. */
export class TimeControl implements Disposable {
  timeline: Timeline | null = null;
  readonly seeker: Seeker;
  readonly #app: WindowApp;
  readonly #unsubscribe: () => void;
  #compact = false;
  /** A span is being drawn by hand: what the engine says of it waits. */
  #drafting = false;
  #spanSentMs = Number.NEGATIVE_INFINITY;

  constructor(app: WindowApp) {
    this.#app = app;
    this.seeker = new Seeker((to) => app.session.seek(to));
    this.#unsubscribe = app.store.subscribe((state, before) => {
      const id = state.session?.history.id;
      if (id !== before.session?.history.id) this.timeline?.restart();
      if (SHOWN.some((name) => state[name] !== before[name])) this.timeline?.update();
    });
  }

  get history(): HistoryInfo {
    return this.#app.state.session?.history ?? NO_HISTORY;
  }

  /** The moment that is shown, or that the window is on its way to; NaN before any time is known. */
  get shownUs(): number {
    return this.seeker.targetUs ?? this.#app.session.shownUs();
  }

  /** The last moment of the session so far; NaN before any time is known. */
  get endUs(): number {
    const lastUs = this.history.lastUs ?? Number.NaN;
    const { view } = this.#app.state;
    const nowUs = view.mode === 'live' ? this.#app.session.shownUs() : Number.NaN;
    return Number.isNaN(nowUs) ? lastUs : Number.isNaN(lastUs) ? nowUs : Math.max(lastUs, nowUs);
  }

  /** Gives the timeline its canvas; called once it is in the document. */
  attach(canvas: HTMLCanvasElement): Timeline {
    const timeline = new Timeline({
      canvas,
      source: this.#source(),
      ask: (question, signal) => this.#app.session.ask(question, signal),
      onData: (timelineTrouble) => this.#app.store.setState({ timelineTrouble }),
      onPointed: (us) => this.#point(us),
    });
    this.timeline = timeline;
    return timeline;
  }

  detach(): void {
    this.timeline?.dispose();
    this.timeline = null;
    this.#app.store.setState({ pointedMoment: null });
  }

  setCompact(compact: boolean): void {
    this.#compact = compact;
    this.timeline?.update();
  }

  /** Goes to a moment; a picture that was held is let go, as it would not follow. */
  seek(to: SeekTarget): void {
    if (this.#app.state.paused) this.#app.setPaused(false);
    this.seeker.seek(to);
    this.timeline?.update();
  }

  /** The window was told where it stands. */
  onView(view: View): void {
    const isSame = isSameSpan(view.span, this.#app.state.span);
    if (isSame) this.#spanSentMs = Number.NEGATIVE_INFINITY;
    const isOld = performance.now() - this.#spanSentMs < SPAN_PATIENCE_MS;
    if (!isSame && !isOld && !this.#drafting) this.#app.store.setState({ span: view.span });
    this.timeline?.update();
  }

  /** A command about time was refused: what was expected of it will not come. */
  onRefused(): void {
    this.seeker.giveUp();
    this.#spanSentMs = Number.NEGATIVE_INFINITY;
    this.#app.store.setState({ span: this.#app.state.view.span });
  }

  /** A span as it is being drawn; nothing is played differently yet. */
  draftSpan(span: Span): void {
    this.#drafting = true;
    this.#app.store.setState({ span });
  }

  /** Looks only at a span from now on, or at all again. */
  setSpan(span: Span | null): void {
    this.#drafting = false;
    this.#spanSentMs = performance.now();
    this.seeker.giveUp();
    this.#app.store.setState({ span, spanEdgeUs: null, selectsSpan: false });
    this.#app.send({ command: 'play', span: span === null ? null : { ...span } });
  }

  /** A span that was begun comes to nothing. */
  dropDraft(): void {
    this.#drafting = false;
    this.#app.store.setState({ span: this.#app.state.view.span });
  }

  dispose(): void {
    this.#unsubscribe();
    this.detach();
  }

  #point(us: number | null): void {
    this.#app.store.setState({
      pointedMoment: us === null ? null : { us, readout: this.timeline?.readout(us) ?? null },
    });
  }

  #source(): TimelineSource {
    const control = this;
    const app = this.#app;
    return {
      get history() {
        return control.history;
      },
      get view() {
        return app.state.view;
      },
      get endUs() {
        return control.endUs;
      },
      get lastSequence() {
        return Math.max(control.history.lastSequence, app.session.state.sequence);
      },
      get shownUs() {
        return control.shownUs;
      },
      get span() {
        const { span, spanEdgeUs } = app.state;
        // One that is being chosen by keys goes to where the keys have got to.
        return span ?? (spanEdgeUs === null ? null : spanBetween(spanEdgeUs, control.shownUs));
      },
      get pickedUs() {
        return app.state.picked.momentsUs;
      },
      get disks() {
        const { timelineOf, activeDisk } = app.state;
        return timelineOf === 'disk' && activeDisk !== null ? [activeDisk] : null;
      },
      get lanes() {
        return lanesOf(app.state);
      },
      get zone() {
        return app.state.zone;
      },
      get theme(): Theme {
        return app.theme.theme;
      },
      get compact() {
        return control.#compact;
      },
    };
  }
}

/** What the timeline follows from. */
const SHOWN = [
  'session',
  'counters',
  'span',
  'spanEdgeUs',
  'activeDisk',
  'timelineOf',
  'zone',
  'order',
  'hidden',
  'theme',
] as const satisfies readonly (keyof AppState)[];

/** The disks that have a lane of their own; null while one lane is for all. */
export function lanesOf(state: AppState): readonly { readonly disk: number; readonly name: string }[] | null {
  const disks = shownDisks(state);
  if (state.timelineOf !== 'lanes' || disks.length < 2) return null;
  return disks.map(({ id, name }) => ({ disk: id, name }));
}

function isSameSpan(a: Span | null, b: Span | null): boolean {
  return a === b || (a !== null && b !== null && a.fromUs === b.fromUs && a.toUs === b.toUs);
}
