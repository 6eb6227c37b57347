import type { Command } from '#shared/contract/commands.ts';
import type { Message } from '#shared/contract/messages.ts';
import { FASTEST, LIVE_VIEW, type Resume, type Span, type View } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import type { History } from '../history/history.ts';
import { RefusedError } from '../refused-error.ts';
import type { WindowFeed } from '../session/window-feed.ts';
import { findRequest } from './find-request.ts';
import { PlayClock } from './play-clock.ts';
import { Playback } from './playback.ts';
import { Wake } from './wake.ts';

/** What the windows look at. */
export interface Watched {
  /** Null while nothing is kept. */
  readonly history: History | null;
  /** Another after each time that the session began anew. */
  readonly historyId: string;
  /** The state at the end, where rows are added. */
  readonly state: SessionState;
  /** Whether rows may still come; 'loading' when all that will come lies in a recording that is being read. */
  readonly growth: 'over' | 'loading' | 'growing';
}

export type TimeCommand = Extract<Command, { command: 'seek' | 'play' | 'step' | 'goLive' }>;

/** Rows that fall due within this are delivered together. */
const TICK_MS = 16;
/** How often at least a window is told where it stands while it plays. */
const TELL_MS = 200;
/** Rows that are applied in one go: a few ms. */
const MAX_ROWS = 16_384;
/** A view that lags behind its clock by more than this has the clock wait: what it cannot show in time it shows later. */
const LAG_MS = 250;
/** Idle stretches that last longer than this on the wall are skipped. */
const IDLE_MS = 1_000;
/** How long marks may fade before an idle stretch is skipped, and how long it is waited after it. */
const REST_MS = 400;
/** A seek of no more rows than this, forward, goes through them instead of sending another picture. */
const NEAR_ROWS = 32_768;

/** Where a window is on its way to. Seeks that come meanwhile take its place; steps add up. */
interface Move {
  /** Null: from where the view stands. */
  to: { readonly us: number } | { readonly sequence: number } | null;
  steps: number;
  tag: number | null;
}

/**
 * One window's place in time: live, or in the past, where a {@link Playback} of its own is fed to it as the session's rows are.
 * A loop carries out where to go and plays on, one thing after another, never ahead of what the window takes.
 */
export class WindowView {
  readonly #feed: WindowFeed;
  readonly #watched: Watched;
  readonly #send: (message: Message) => void;
  readonly #wake = new Wake();
  readonly #clock = new PlayClock();
  /** Null: live. */
  #playback: Playback | null = null;
  #playing = false;
  #speed = 1;
  #skipIdle = false;
  #span: Span | null = null;
  #ended = false;
  /** What comes next, and what is being carried out. */
  #move: Move | null = null;
  #underway: Move | null = null;
  /** Tag of a seek that has arrived and is answered once all is sent. */
  #arrivedTag: number | null = null;
  /** Aborted when the window leaves where it is for good: what is under way then comes to nothing. */
  #stay = new AbortController();
  #toldMs = Number.NEGATIVE_INFINITY;
  #greeted = false;
  #disposed = false;

  constructor(feed: WindowFeed, watched: Watched, send: (message: Message) => void) {
    this.#feed = feed;
    this.#watched = watched;
    this.#send = send;
    feed.onProgress = () => this.#wake.signal();
    void this.#run();
  }

  /** The state that the window shows. */
  get state(): SessionState {
    return this.#playback?.state ?? this.#watched.state;
  }

  get isLive(): boolean {
    return this.#playback === null;
  }

  get #isMoving(): boolean {
    return this.#move !== null || this.#underway !== null;
  }

  /** The window is there: where it stood before, where that was in what is open now; else where `opening` says. */
  begin(resume: Resume | null, opening: 'live' | 'start'): void {
    this.#greeted = true;
    if (resume !== null && resume.history === this.#watched.historyId) this.#resume(resume.view);
    else if (opening === 'start') this.playFromStart();
    else this.#tell();
  }

  #resume(view: Resume['view']): void {
    const { mode, speed, skipIdle } = view;
    this.#speed = speed;
    this.#skipIdle = skipIdle;
    this.#clock.setSpeed(speed, performance.now());
    if (mode === 'past') {
      this.#span = view.span;
      this.#goTo(view.positionUs === null ? { sequence: view.sequence } : { us: view.positionUs });
      this.#playing = view.playing;
      this.#ended = view.ended;
    }
    this.#tell();
  }

  /** Rows were added at the end. */
  rows(batch: EventBatch): void {
    if (this.#playback === null) this.#feed.rows(batch);
    else if (this.#watched.growth === 'loading') this.#wake.signal();
  }

  /** The session's state is another, or has lost a disk: history begins anew there. */
  reset(): void {
    const wasLive = this.isLive;
    this.#leave();
    this.#feed.resync();
    if (!wasLive) this.#tell();
  }

  /** A recording was opened: it is played from its first moment, as its rows come. */
  playFromStart(): void {
    this.#leave();
    this.#speed = 1;
    this.#clock.setSpeed(1, performance.now());
    this.#playing = true;
    if (this.#watched.history === null) {
      const state = new SessionState();
      state.sequence = this.#watched.state.sequence;
      this.#enter(state);
      // From the first time that there is.
      this.#clock.set(Number.NaN, performance.now());
      this.#setPlaying(true);
    } else {
      this.#goTo(this.#start(this.#watched.history));
    }
    this.#tell();
    this.#wake.signal();
  }

  /** @throws RefusedError when there is no past to go to. */
  carryOut(command: TimeCommand): void {
    switch (command.command) {
      case 'seek':
        this.#kept();
        if (this.isLive) this.#playing = false;
        this.#ended = false;
        this.#goTo(command.to, command.tag ?? null);
        break;
      case 'play':
        this.#play(command);
        break;
      case 'step':
        this.#kept();
        this.#setPlaying(false);
        this.#ended = false;
        this.#move ??= { to: null, steps: 0, tag: null };
        this.#move.steps += command.by;
        break;
      case 'goLive':
        this.#goLive();
        break;
    }
    this.#wake.signal();
  }

  /** Shows only what comes next, until the view goes elsewhere. */
  clearPicture(): void {
    this.#playback?.clearPicture();
    this.#feed.resync();
  }

  dispose(): void {
    this.#disposed = true;
    this.#stay.abort();
    this.#wake.signal();
  }

  #kept(): History {
    const { history } = this.#watched;
    if (history === null || history.lastSequence === 0) {
      throw new RefusedError('there is no past to show: nothing has been recorded yet');
    }
    return history;
  }

  #start(history: History): NonNullable<Move['to']> {
    const { firstUs, firstSequence } = history.info();
    const us = this.#span?.fromUs ?? firstUs;
    return us === null ? { sequence: Math.max(0, firstSequence - 1) } : { us };
  }

  #play(change: Extract<TimeCommand, { command: 'play' }>): void {
    const wallMs = performance.now();
    const { playing, speed, skipIdle, span } = change;
    if (speed !== undefined) {
      this.#speed = speed;
      this.#clock.setSpeed(speed, wallMs);
    }
    if (skipIdle !== undefined) this.#skipIdle = skipIdle;
    if (span !== undefined) this.#setSpan(span);
    if (playing === true) {
      const history = this.#kept();
      const isOver = this.isLive || this.#ended || this.#isPastSpan(wallMs);
      if (isOver && !this.#isMoving) this.#goTo(this.#start(history));
      this.#ended = false;
    }
    if (playing !== undefined) this.#setPlaying(playing);
    this.#tell();
  }

  #setSpan(span: Span | null): void {
    this.#span = span;
    if (span === null) return;
    const history = this.#kept();
    const { firstUs, lastUs } = history.info();
    const bring = (us: number): number => Math.min(Math.max(us, firstUs ?? us), lastUs ?? us);
    this.#span = { fromUs: bring(span.fromUs), toUs: bring(span.toUs) };
    const positionUs = this.#clock.at(performance.now());
    const isInside = positionUs >= this.#span.fromUs && positionUs <= this.#span.toUs;
    if (this.#isMoving || (!this.isLive && isInside)) return;
    if (this.isLive) this.#playing = false;
    this.#ended = false;
    this.#goTo({ us: this.#span.fromUs });
  }

  #isPastSpan(wallMs: number): boolean {
    return this.#span !== null && this.#clock.at(wallMs) >= this.#span.toUs;
  }

  #setPlaying(playing: boolean): void {
    this.#playing = playing;
    this.#clock.run(playing && !this.isLive && !this.#isMoving, performance.now());
  }

  #goTo(to: NonNullable<Move['to']>, tag: number | null = null): void {
    this.#answerAnyway();
    this.#move = { to, steps: 0, tag };
    this.#feed.hurries = tag !== null;
  }

  /** A seek that another takes the place of is answered from wherever the view is then. */
  #answerAnyway(): void {
    const tags = [this.#arrivedTag, this.#underway?.tag ?? null, this.#move?.tag ?? null];
    this.#arrivedTag = null;
    for (const move of [this.#underway, this.#move]) if (move !== null) move.tag = null;
    for (const tag of tags) if (tag !== null) this.#tell(tag);
  }

  #goLive(): void {
    const wasLive = this.isLive && !this.#isMoving;
    this.#leave();
    if (!wasLive) this.#feed.resync();
    this.#tell();
  }

  /** Leaves the past, and whatever was on its way there. */
  #leave(): void {
    this.#stay.abort();
    this.#stay = new AbortController();
    this.#playback = null;
    this.#playing = false;
    this.#ended = false;
    this.#span = null;
    this.#clock.run(false, performance.now());
    this.#answerAnyway();
    this.#move = null;
    this.#underway = null;
    this.#feed.hurries = false;
  }

  /** Shows a state of the past, whatever was shown before. */
  #enter(state: SessionState): Playback {
    const playback = new Playback(() => this.#watched.history, state);
    this.#playback = playback;
    this.#feed.resync();
    return playback;
  }

  async #run(): Promise<void> {
    while (!this.#disposed) {
      const { signal } = this.#stay;
      try {
        await this.#goOn(signal);
      } catch (error) {
        // What was called off has come to nothing, as it should.
        if (!signal.aborted) this.#fail(error);
      }
    }
  }

  #fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#send({ message: 'refused', command: 'seek', text: `the past cannot be shown: ${text}` });
    this.#goLive();
  }

  /** Does the next thing that is to be done, or waits until there may be one. */
  async #goOn(signal: AbortSignal): Promise<void> {
    if (this.#arrivedTag !== null && this.#feed.isSent) {
      const tag = this.#arrivedTag;
      this.#arrivedTag = null;
      this.#feed.hurries = false;
      this.#tell(tag);
    }
    // Between two seeks the window gets to see what the first has led to.
    if (this.#move !== null && !this.#feed.isBehind) {
      this.#underway = this.#move;
      this.#move = null;
      await this.#carryOut(this.#underway, signal);
    } else if (this.#playback !== null && this.#playing && this.#move === null && this.#feed.hasRoom) {
      await this.#playOn(this.#playback, signal);
    } else {
      await this.#wake.wait();
    }
  }

  async #carryOut(move: Move, signal: AbortSignal): Promise<void> {
    const history = this.#kept();
    const { firstUs, lastUs } = history.info();
    let sequence = this.state.sequence;
    let positionUs = this.#playback === null ? Number.POSITIVE_INFINITY : this.#clock.at(performance.now());
    const { to } = move;
    if (to !== null && 'us' in to) {
      positionUs =
        firstUs === null || lastUs === null ? Number.NaN : Math.min(Math.max(to.us, firstUs), lastUs);
      sequence = Number.isNaN(positionUs) ? history.lastSequence : await history.sequenceAt(positionUs);
    } else if (to !== null) {
      sequence = Math.min(Math.max(to.sequence, history.firstSequence - 1), history.lastSequence);
      positionUs = Number.NaN;
    }
    signal.throwIfAborted();
    if (move.steps !== 0) {
      // Standing later than a request's arrival, that arrival itself is one step back.
      const isLater = move.steps < 0 && to === null && positionUs > this.state.clockUs;
      const found = await findRequest(history, isLater ? sequence + 1 : sequence, move.steps, signal);
      if (found !== null) {
        sequence = found;
        positionUs = Number.NaN;
      } else if (this.#playback === null) {
        this.#finishMove(move, Number.NaN);
        return;
      }
    }
    await this.#show(history, sequence, signal);
    this.#finishMove(move, Number.isNaN(positionUs) ? this.state.clockUs : positionUs);
  }

  /** Brings the window to a row: through the rows on the way there where they are few, else by another state. */
  async #show(history: History, sequence: number, signal: AbortSignal): Promise<void> {
    const near = this.#playback;
    const ahead = sequence - this.state.sequence;
    if (near === null || ahead < 0 || ahead > NEAR_ROWS || !this.#feed.hasRoom) {
      const state = await history.stateAt(sequence, signal);
      signal.throwIfAborted();
      this.#enter(state);
      return;
    }
    while (near.state.sequence < sequence) {
      const next = await near.next(signal);
      signal.throwIfAborted();
      if (next === null || next === 'gone') return;
      const rows = near.take(Number.POSITIVE_INFINITY, MAX_ROWS, sequence);
      if (rows !== null) this.#feed.rows(rows);
    }
  }

  #finishMove(move: Move, positionUs: number): void {
    const wallMs = performance.now();
    this.#underway = null;
    this.#clock.run(false, wallMs);
    this.#clock.set(positionUs, wallMs);
    this.#clock.run(this.#playing && !this.isLive && !this.#isMoving, wallMs);
    if (move.tag !== null) this.#arrivedTag = move.tag;
    this.#tell();
  }

  async #playOn(playback: Playback, signal: AbortSignal): Promise<void> {
    const nextUs = await playback.next(signal);
    signal.throwIfAborted();
    if (this.#move !== null || !this.#playing) return;
    if (nextUs === 'gone') {
      this.#goTo({ sequence: this.#kept().firstSequence });
      return;
    }
    const wallMs = performance.now();
    const endUs = this.#span?.toUs ?? Number.POSITIVE_INFINITY;
    this.#keepClock(playback, nextUs, endUs, wallMs);
    const positionUs = this.#speed === FASTEST ? Number.POSITIVE_INFINITY : this.#clock.at(wallMs);
    const rows = playback.take(
      Math.min(Number.isNaN(positionUs) ? Number.NEGATIVE_INFINITY : positionUs, endUs),
      MAX_ROWS,
    );
    if (rows !== null) {
      this.#feed.rows(rows);
      if (this.#speed === FASTEST) this.#clock.set(playback.state.clockUs, wallMs);
    } else if (this.#span !== null && positionUs >= endUs) {
      this.#end(endUs);
    } else if (nextUs === null) {
      await this.#atLastRow(playback);
      return;
    }
    if (wallMs - this.#toldMs >= TELL_MS) this.#tell();
    const dueUs = Math.min(nextUs ?? Number.POSITIVE_INFINITY, endUs);
    const waitMs = rows === null ? (dueUs - positionUs) / 1000 / this.#speed : 0;
    if (rows === null && this.#playing) await this.#wake.wait(Math.min(TELL_MS, Math.max(TICK_MS, waitMs)));
    // Whatever else the engine does has its turn between two batches.
    else await new Promise((resolve) => setImmediate(resolve));
  }

  /** Starts the clock at the first time there is, has it wait for rows that could not be shown in time, and skips what is idle. */
  #keepClock(playback: Playback, nextUs: number | null, endUs: number, wallMs: number): void {
    if (nextUs === null || Number.isNaN(nextUs) || this.#speed === FASTEST) return;
    const msUs = 1000 * this.#speed;
    const positionUs = this.#clock.at(wallMs);
    if (Number.isNaN(positionUs)) this.#clock.set(nextUs, wallMs);
    if (positionUs - nextUs > LAG_MS * msUs) this.#clock.set(nextUs + LAG_MS * msUs, wallMs);
    if (!this.#skipIdle) return;
    const dueUs = Math.min(nextUs, endUs);
    const rested = !(positionUs - playback.state.clockUs < REST_MS * msUs);
    if (rested && dueUs - positionUs > IDLE_MS * msUs) {
      this.#clock.set(dueUs - REST_MS * msUs, wallMs);
      this.#tell();
    }
  }

  /** All rows that there are have been played. */
  async #atLastRow(playback: Playback): Promise<void> {
    const { history, growth } = this.#watched;
    if (growth === 'loading') {
      await this.#wake.wait(TELL_MS);
    } else if (growth === 'growing' || history === null) {
      this.#catchUp(playback);
    } else {
      this.#end(playback.state.clockUs);
    }
  }

  #end(positionUs: number): void {
    this.#setPlaying(false);
    this.#clock.set(positionUs, performance.now());
    this.#ended = true;
    this.#tell();
  }

  /** The playback is where rows are added: from here on the window is live, with the same picture. */
  #catchUp(playback: Playback): void {
    const isSame = this.#feed.isWhole && isSameSoFar(playback.state, this.#watched.state);
    this.#leave();
    if (!isSame) this.#feed.resync();
    this.#tell();
  }

  #tell(tag: number | null = null): void {
    if (!this.#greeted) return;
    const wallMs = performance.now();
    if (tag === null) this.#toldMs = wallMs;
    this.#send({ message: 'view', view: this.#view(wallMs, tag) });
  }

  #view(wallMs: number, tag: number | null): View {
    const settings = { speed: this.#speed, skipIdle: this.#skipIdle, span: this.#span, tag };
    const { sequence, clockUs } = this.state;
    if (this.#playback === null) return { ...LIVE_VIEW, ...settings, sequence };
    const positionUs = this.#clock.at(wallMs);
    const lastUs = this.#watched.history?.info().lastUs ?? clockUs;
    return {
      ...settings,
      mode: 'past',
      playing: this.#playing,
      positionUs: Number.isNaN(positionUs) ? null : Math.min(Math.floor(positionUs), lastUs),
      sequence,
      ended: this.#ended,
    };
  }
}

/** Whether two states came from the same rows: their places are the same, and so are the disks and when each began. */
function isSameSoFar(one: SessionState, other: SessionState): boolean {
  return (
    one.sequence === other.sequence &&
    one.clears === other.clears &&
    one.disks.length === other.disks.length &&
    one.disks.every((disk, d) => disk?.model.bornAt === other.disks[d]?.model.bornAt)
  );
}
