import type { Answer } from '#shared/channel/answer.ts';
import type { Disposable } from '#shared/channel/channel.ts';
import type { Question } from '#shared/contract/questions.ts';
import type { HistoryInfo, Span, View } from '#shared/contract/time.ts';
import type { Theme } from '#shared/theme/theme.ts';
import type { Zone } from '../words/zone.ts';
import { type Flag, placeFlags } from './flags.ts';
import { type MomentReadout, readMoment } from './moment-readout.ts';
import { paintTimeline } from './paint-timeline.ts';
import { Pen } from './pen.ts';
import { pendingWords } from './pending-words.ts';
import {
  clampWindow,
  lengthUs,
  panWindow,
  revealMoment,
  showsEnd,
  type TimeWindow,
  usAt,
  wholeWindow,
  xOf,
  zoomWindow,
} from './time-window.ts';
import type { TimelineData } from './timeline-data.ts';
import { TimelineFeed } from './timeline-feed.ts';
import { type TimelineLayout, timelineLayout } from './timeline-layout.ts';
import { wantedColumns } from './wanted-columns.ts';

/** What the timeline shows the past of; read whenever it is drawn. */
export interface TimelineSource {
  readonly history: HistoryInfo;
  readonly view: View;
  /** The last moment that the session has come to: the last row, or now while it is recorded. NaN before any. */
  readonly endUs: number;
  readonly lastSequence: number;
  /** The moment shown; NaN before any time is known. */
  readonly shownUs: number;
  readonly span: Span | null;
  /** Whose activity: null for all disks. */
  readonly disks: readonly number[] | null;
  /** A lane each; null for one of all. */
  readonly lanes: readonly { readonly disk: number; readonly name: string }[] | null;
  /** Moments of the requests on what is picked, ascending. */
  readonly pickedUs: readonly number[];
  readonly zone: Zone;
  readonly theme: Theme;
  readonly compact: boolean;
}

export interface TimelineOptions {
  readonly canvas: HTMLCanvasElement;
  readonly source: TimelineSource;
  readonly ask: (question: Question, signal: AbortSignal) => Promise<Answer>;
  /** New data came, or (words) why there is none. */
  readonly onData: (trouble: string | null) => void;
  /** Another moment is under the pointer, or more is known of it; null when the pointer is not there. */
  readonly onPointed: (us: number | null) => void;
}

/** Where the canvas stands: its width in CSS px, and the device px it is drawn with. */
export interface TimelineArea {
  readonly widthPx: number;
  readonly ratio: number;
}

/** The timeline on its canvas: which part of the history it shows, and what it knows of that. */
export class Timeline implements Disposable {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #source: TimelineSource;
  readonly #onPointed: (us: number | null) => void;
  readonly #feed: TimelineFeed;
  #data: TimelineData | null = null;
  #flags: readonly Flag[] = [];
  #area: TimelineArea = { widthPx: 0, ratio: 1 };
  /** Null shows all there is, however much that becomes. */
  #window: TimeWindow | null = null;
  /** As they were when the window was last brought up to date. */
  #endUs = Number.NaN;
  #playheadUs = Number.NaN;
  #wasPlaying = false;
  #pointerPx: number | null = null;
  #pointedUs: number | null = null;
  #held = false;
  #frame: number | null = null;

  constructor({ canvas, source, ask, onData, onPointed }: TimelineOptions) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    this.#source = source;
    this.#onPointed = onPointed;
    this.#feed = new TimelineFeed({
      ask,
      onAnswer: (data) => {
        this.#data = data;
        this.#pointedUs = null;
        onData(null);
        this.requestDraw();
      },
      onTrouble: onData,
    });
  }

  /** All of the history; null while there is none. */
  get whole(): TimeWindow | null {
    const { firstUs } = this.#source.history;
    const { endUs } = this.#source;
    return firstUs === null || Number.isNaN(endUs) ? null : wholeWindow(firstUs, Math.max(firstUs, endUs));
  }

  /** What is in sight; null while there is no history. */
  get window(): TimeWindow | null {
    const { whole } = this;
    return whole === null ? null : (this.#window ?? whole);
  }

  get widthPx(): number {
    return this.#area.widthPx;
  }

  get flags(): readonly Flag[] {
    return this.#flags;
  }

  get layout(): TimelineLayout {
    const { lanes, compact } = this.#source;
    return timelineLayout(lanes === null ? 1 : Math.max(1, lanes.length), compact);
  }

  setArea(area: TimelineArea): void {
    this.#area = area;
    this.update();
  }

  /** Something of the source has changed: follows the moment shown and the end of the history, and draws. */
  update(): void {
    this.#follow();
    this.#want();
    this.requestDraw();
  }

  /** The history is another, or comes from an engine that has begun anew: what is known of it may be wrong. */
  restart(): void {
    this.#window = null;
    this.#data = null;
    this.#feed.restart();
    this.update();
  }

  /** While a hand has hold of it, the window stays where it is. */
  hold(held: boolean): void {
    this.#held = held;
  }

  /** Shows `factor` times as much time about a moment; the one shown, or the middle, when none is given. */
  zoom(factor: number, atUs: number | null = null): void {
    const { window, whole } = this;
    if (window === null || whole === null) return;
    const playheadUs = this.#source.shownUs;
    const inSight = playheadUs >= window.fromUs && playheadUs <= window.toUs;
    const middleUs = inSight ? playheadUs : (window.fromUs + window.toUs) / 2;
    this.#look(zoomWindow(window, atUs ?? middleUs, factor, whole));
  }

  /** Moves on by so many px of its width. */
  pan(dxPx: number): void {
    const { window, whole } = this;
    if (window === null || whole === null || this.widthPx === 0) return;
    this.#look(panWindow(window, (dxPx / this.widthPx) * lengthUs(window), whole));
  }

  showWhole(): void {
    this.#window = null;
    this.update();
  }

  /** Shows a span with a little around it. */
  showSpan({ fromUs, toUs }: Span): void {
    const { whole } = this;
    if (whole === null) return;
    this.#look(clampWindow(wholeWindow(fromUs, toUs), whole));
  }

  /** The moment at a place; null while there is no history. It is brought into what is kept. */
  momentAt(xPx: number): number | null {
    const { window } = this;
    const { history, endUs } = this.#source;
    if (window === null || history.firstUs === null) return null;
    const us = Math.round(usAt(window, this.widthPx, xPx));
    return Math.min(Math.max(us, history.firstUs), Math.max(history.firstUs, endUs));
  }

  /** Where a moment lies, CSS px; NaN while there is no history. */
  placeOf(us: number): number {
    return this.window === null ? Number.NaN : xOf(this.window, this.widthPx, us);
  }

  /** The pointer is over a place, or over none: what lies there may change under it. */
  hover(xPx: number | null): void {
    this.#pointerPx = xPx;
    this.requestDraw();
  }

  /** What happened about a moment, as far as is known. */
  readout(us: number): MomentReadout | null {
    return this.#data === null ? null : readMoment(this.#data, us);
  }

  requestDraw(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#draw();
    });
  }

  dispose(): void {
    this.#feed.dispose();
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
  }

  #look(window: TimeWindow): void {
    const { whole } = this;
    const isAll = whole !== null && window.fromUs <= whole.fromUs && window.toUs >= whole.toUs;
    this.#window = isAll ? null : window;
    this.#want();
    this.requestDraw();
  }

  #follow(): void {
    const { whole } = this;
    const { view, endUs, shownUs } = this.#source;
    const beforeEndUs = this.#endUs;
    const beforeUs = this.#playheadUs;
    const wasPlaying = this.#wasPlaying;
    this.#wasPlaying = view.playing;
    this.#endUs = endUs;
    this.#playheadUs = shownUs;
    if (whole === null) this.#window = null;
    if (this.#window === null || whole === null || this.#held) return;
    let window = this.#window;
    const wasInSight = beforeUs >= window.fromUs && beforeUs <= window.toUs;
    if (view.mode === 'live' && endUs !== beforeEndUs && showsEnd(window, beforeEndUs)) {
      window = { fromUs: whole.toUs - lengthUs(window), toUs: whole.toUs };
    } else if (shownUs !== beforeUs && (wasInSight || (!view.playing && !wasPlaying))) {
      // What was played on out of sight is left there; where somebody goes is shown.
      window = revealMoment(window, shownUs, whole);
    }
    this.#window = clampWindow(window, whole);
  }

  #want(): void {
    const { window } = this;
    const { history, endUs, disks, lanes, lastSequence } = this.#source;
    const wanted =
      window === null || history.firstUs === null || document.visibilityState === 'hidden'
        ? null
        : wantedColumns(window, this.widthPx, { fromUs: history.firstUs, toUs: endUs });
    this.#feed.want(wanted === null ? null : { ...wanted, disks, perDisk: lanes !== null, lastSequence });
  }

  #draw(): void {
    const { window, layout } = this;
    const context = this.#context;
    const { widthPx, ratio } = this.#area;
    if (context === null || widthPx === 0) return;
    size(this.#canvas, Math.round(widthPx * ratio), Math.round(layout.heightPx * ratio));
    const pointedUs = this.#pointerPx === null ? null : this.momentAt(this.#pointerPx);
    if (pointedUs !== this.#pointedUs) {
      this.#pointedUs = pointedUs;
      this.#onPointed(pointedUs);
    }
    const { history, theme, span, view, shownUs, endUs, zone, lanes } = this.#source;
    const pen = new Pen(context, ratio);
    const shown = window ?? { fromUs: 0, toUs: 1 };
    const marks = window === null ? [] : history.marks;
    this.#flags = placeFlags(marks, shown, widthPx, (words) => pen.textPx(words));
    paintTimeline(context, widthPx, ratio, {
      window: shown,
      kept: history.firstUs === null ? null : { fromUs: history.firstUs, toUs: endUs },
      hasLostBeginning: history.droppedRequests > 0,
      data: window === null ? null : this.#data,
      countedShare: history.countedShare,
      lanes,
      layout,
      flags: this.#flags,
      pickedUs: this.#source.pickedUs,
      span,
      playheadUs: window === null || Number.isNaN(shownUs) ? null : shownUs,
      isLive: view.mode === 'live',
      hoverUs: pointedUs,
      skipsIdle: view.skipIdle,
      zone,
      theme,
    });
    this.#tell(shown);
  }

  /** For whoever looks at the page rather than at the picture. */
  #tell(window: TimeWindow): void {
    const { dataset } = this.#canvas;
    dataset['fromUs'] = String(Math.round(window.fromUs));
    dataset['toUs'] = String(Math.round(window.toUs));
    dataset['shownUs'] = String(Math.round(this.#source.shownUs));
    dataset['picked'] = String(this.#source.pickedUs.length);
    dataset['columns'] = String(this.#data?.columns ?? 0);
    const isCounted = window === null || this.#data !== null;
    dataset['pending'] = isCounted ? '' : pendingWords(this.#source.history.countedShare);
  }
}

/** A canvas of another size is emptied: it gets one only where it changes. */
function size(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
