import type { Command } from '#shared/contract/commands.ts';
import type { Message } from '#shared/contract/messages.ts';
import { FASTEST, LIVE_VIEW, type Resume, type Span, type View } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import type { History } from '../history/history.ts';
import { RefusedError } from '../refused-error.ts';
import type { WindowFeed } from '../session/window-feed.ts';
import { Pace } from './pace.ts';
import type { PastMemory } from './past-memory.ts';
import { type Move, placeOf, startOf } from './place.ts';
import { Playback } from './playback.ts';
import { Wake } from './wake.ts';

/** What the windows look at. */
export interface Watched {
  /** Null while nothing is kept. */
  readonly history: History | null;
  /** Another after each time that history began anew. */
  readonly historyId: string;
  /** The state at the end, where rows are added. */
  readonly state: SessionState;
  /** Whether rows may still come; 'loading' when all that will come lies in a recording that is being read. */
  readonly growth: 'over' | 'loading' | 'growing';
  /** Whether `state` is that at the end; otherwise the end is a moment of the past like any other. */
  readonly holdsEnd: boolean;
  /** What all windows that show the past take. */
  readonly memory: PastMemory;
}

export type TimeCommand = Extract<Command, { command: 'seek' | 'play' | 'step' | 'goLive' }>;

/** Rows that fall due within this are delivered together. */
const TICK_MS = 16;
/** How often at least a window is told where it stands while it plays. */
const TELL_MS = 200;
/** Rows that are applied in one go: a few ms. */
const MAX_ROWS = 16_384;
/** A seek of no more rows than this, forward, goes through them instead of sending another picture. */
const NEAR_ROWS = 32_768;

/**
 * One window's place in time: live, or in the past, where a {@link Playback} of its own is fed to it as the session's rows are.
 * A loop carries out where to go and plays on, one thing after another, never ahead of what the window takes. Seeks that come
 * while one is carried out take each other's place; steps add up.
 */
export class WindowView {
  readonly #feed: WindowFeed;
  readonly #watched: Watched;
  readonly #send: (message: Message) => void;
  readonly #wake = new Wake();
  readonly #pace = new Pace();
  /** Null: live. */
  #playback: Playback | null = null;
  #playing = false;
  /** Playing has come to an end. */
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

  /** The window is there: it stands where it stood before, if that was in what is open now; else where `opening` says. */
  begin(resume: Resume | null, opening: 'live' | 'start'): void {
    this.#greeted = true;
    if (resume !== null && resume.history === this.#watched.historyId) this.#resume(resume.view);
    else if (opening === 'start') this.playFromStart();
    else this.#tell();
  }

  #resume(view: Resume['view']): void {
    this.#pace.setSpeed(view.speed, performance.now());
    this.#pace.skipIdle = view.skipIdle;
    if (view.mode === 'past') {
      this.#pace.span = view.span;
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
    this.#pace.setSpeed(1, performance.now());
    const { history, state } = this.#watched;
    if (history === null) {
      const empty = new SessionState();
      empty.sequence = state.sequence;
      this.#enter(empty);
      // From the first time that there is.
      this.#pace.set(Number.NaN, performance.now());
    } else {
      this.#goTo(startOf(history, null));
    }
    this.#setPlaying(true);
    this.#tell();
  }

  /** @throws RefusedError when there is no past to go to. */
  carryOut(command: TimeCommand): void {
    switch (command.command) {
      case 'seek':
        this.#kept();
        if (this.isLive && !this.#isMoving) this.#playing = false;
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
        this.#goToEnd();
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
    this.#watched.memory.leave(this);
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

  #play(change: Extract<TimeCommand, { command: 'play' }>): void {
    const { playing, speed, skipIdle, span } = change;
    if (speed !== undefined) this.#pace.setSpeed(speed, performance.now());
    if (skipIdle !== undefined) this.#pace.skipIdle = skipIdle;
    if (span !== undefined) this.#setSpan(span);
    if (playing === true) {
      const history = this.#kept();
      const isOver = this.isLive || this.#ended || this.#pace.isOver(performance.now());
      if (isOver && !this.#isMoving) this.#goTo(startOf(history, this.#pace.span?.fromUs ?? null));
      this.#ended = false;
    }
    if (playing !== undefined) this.#setPlaying(playing);
    this.#tell();
  }

  #setSpan(span: Span | null): void {
    if (span === null) {
      this.#pace.span = null;
      return;
    }
    const { firstUs, lastUs } = this.#kept().info();
    const kept = (us: number): number => Math.min(Math.max(us, firstUs ?? us), lastUs ?? us);
    const { fromUs, toUs } = { fromUs: kept(span.fromUs), toUs: kept(span.toUs) };
    this.#pace.span = { fromUs, toUs };
    const positionUs = this.#pace.at(performance.now());
    const isInside = !this.isLive && positionUs >= fromUs && positionUs <= toUs;
    if (this.#isMoving || isInside) return;
    if (this.isLive) this.#playing = false;
    this.#ended = false;
    this.#goTo({ us: fromUs });
  }

  #setPlaying(playing: boolean): void {
    this.#playing = playing;
    this.#pace.run(playing && !this.isLive && !this.#isMoving, performance.now());
  }

  #goTo(to: NonNullable<Move['to']>, tag: number | null = null): void {
    this.#answerAnyway();
    this.#move = { to, steps: 0, tag };
    this.#feed.hurries = tag !== null;
    this.#wake.signal();
  }

  /** A seek that another takes the place of is answered from wherever the view is then. */
  #answerAnyway(): void {
    const tags = [this.#arrivedTag, this.#underway?.tag ?? null, this.#move?.tag ?? null];
    this.#arrivedTag = null;
    for (const move of [this.#underway, this.#move]) if (move !== null) move.tag = null;
    for (const tag of tags) if (tag !== null) this.#tell(tag);
  }

  /** To the end: live, or to the last row of what is kept in a file alone. */
  #goToEnd(): void {
    const { history, holdsEnd } = this.#watched;
    if (holdsEnd || history === null) {
      this.#goLive();
      return;
    }
    this.#setPlaying(false);
    this.#ended = false;
    this.#goTo({ sequence: history.lastSequence });
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
    this.#watched.memory.leave(this);
    this.#playing = false;
    this.#ended = false;
    this.#pace.span = null;
    this.#pace.run(false, performance.now());
    this.#answerAnyway();
    this.#move = null;
    this.#underway = null;
    this.#feed.hurries = false;
  }

  /** Shows a state of the past, whatever was shown before. @throws RefusedError when other windows leave no memory for it. */
  #enter(state: SessionState): void {
    this.#watched.memory.admit(this, state);
    this.#playback = new Playback(() => this.#watched.history, state);
    this.#feed.resync();
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
    const move = this.#move;
    // Between two seeks the window gets to see what the first has led to.
    if (move !== null && !this.#feed.isBehind) {
      this.#underway = move;
      this.#move = null;
      await this.#carryOut(move, signal);
    } else if (this.#playback !== null && this.#playing && move === null && this.#feed.hasRoom) {
      await this.#playOn(this.#playback, signal);
    } else {
      await this.#wake.wait();
    }
  }

  async #carryOut(move: Move, signal: AbortSignal): Promise<void> {
    const history = this.#kept();
    const { sequence, clockUs } = this.state;
    const positionUs = this.isLive ? Number.POSITIVE_INFINITY : this.#pace.at(performance.now());
    const place = await placeOf(move, history, { sequence, positionUs }, clockUs, signal);
    signal.throwIfAborted();
    if (place !== null && !(await this.#isShown(history, place.sequence, signal))) return;
    const wallMs = performance.now();
    this.#underway = null;
    this.#pace.run(false, wallMs);
    if (place !== null) {
      this.#pace.set(Number.isNaN(place.positionUs) ? this.state.clockUs : place.positionUs, wallMs);
    }
    this.#setPlaying(this.#playing);
    if (move.tag !== null) this.#arrivedTag = move.tag;
    this.#tell();
  }

  /** Shows a row; says why, and stays where it is, when other windows leave no memory for that. */
  async #isShown(history: History, sequence: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#show(history, sequence, signal);
      return true;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.#refuse(error.message);
      return false;
    }
  }

  /** Stands where it is, and says why. */
  #refuse(text: string): void {
    const tag = this.#underway?.tag ?? null;
    this.#underway = null;
    this.#feed.hurries = false;
    this.#setPlaying(false);
    this.#send({ message: 'refused', command: 'seek', text: `the past cannot be shown: ${text}` });
    this.#tell();
    if (tag !== null) this.#tell(tag);
  }

  /** Brings the window to a row: through the rows on the way there where they are few, else by another state. */
  async #show(history: History, sequence: number, signal: AbortSignal): Promise<void> {
    const playback = this.#playback;
    const ahead = sequence - this.state.sequence;
    const isNear = ahead >= 0 && ahead <= NEAR_ROWS && this.#feed.hasRoom;
    if (playback !== null && isNear && (await this.#playTo(playback, sequence, signal))) return;
    this.#watched.memory.check(this);
    const state = await history.stateAt(sequence, signal);
    signal.throwIfAborted();
    this.#enter(state);
  }

  /** Goes through the rows up to one; false when they are not kept any more. */
  async #playTo(playback: Playback, sequence: number, signal: AbortSignal): Promise<boolean> {
    const { memory } = this.#watched;
    while (playback.state.sequence < sequence) {
      const next = await playback.next(signal);
      signal.throwIfAborted();
      if (next === null) return true;
      if (next === 'gone') return false;
      const rows = playback.take(Number.POSITIVE_INFINITY, MAX_ROWS, sequence);
      if (rows !== null) this.#feed.rows(rows);
      if (memory.isOver(this)) throw new RefusedError(memory.refusal(this));
    }
    return true;
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
    const hasMoved = this.#pace.keep(nextUs, playback.state.clockUs, wallMs);
    const rows = playback.take(this.#pace.dueUs(wallMs), MAX_ROWS);
    if (rows !== null) {
      this.#feed.rows(rows);
      if (this.#watched.memory.isOver(this)) this.#refuse(this.#watched.memory.refusal(this));
      if (this.#pace.speed === FASTEST) this.#pace.set(playback.state.clockUs, wallMs);
    } else if (nextUs === null) {
      await this.#atLastRow(playback);
    } else if (this.#pace.isOver(wallMs) || this.#pace.speed === FASTEST) {
      // As fast as it goes leaves no row but those behind the span.
      this.#end(this.#pace.endUs);
    }
    if (signal.aborted || !this.#playing) return;
    if (hasMoved || wallMs - this.#toldMs >= TELL_MS) this.#tell();
    if (rows === null && nextUs !== null) {
      const waitMs = Math.max(TICK_MS, this.#pace.untilMs(nextUs, performance.now()));
      await this.#wake.wait(Math.min(TELL_MS, waitMs));
    } else {
      // Whatever else the engine does has its turn between two batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** All rows that there are have been played. */
  async #atLastRow(playback: Playback): Promise<void> {
    const { history, growth } = this.#watched;
    if (growth === 'loading') await this.#wake.wait(TELL_MS);
    else if (growth === 'growing' || history === null) this.#catchUp(playback);
    else this.#end(playback.state.clockUs);
  }

  #end(positionUs: number): void {
    this.#setPlaying(false);
    this.#pace.set(positionUs, performance.now());
    this.#ended = true;
    this.#tell();
  }

  /** The playback is where rows are added: from here on the window is live, with the same picture. */
  #catchUp(playback: Playback): void {
    const isSame = this.#feed.isWhole && cameFromTheSame(playback.state, this.#watched.state);
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
    const { speed, skipIdle, span } = this.#pace;
    const { sequence, clockUs } = this.state;
    const settings = { speed, skipIdle, span, sequence, tag };
    if (this.isLive) return { ...LIVE_VIEW, ...settings };
    const positionUs = Math.floor(this.#pace.at(wallMs));
    const lastUs = this.#watched.history?.info().lastUs ?? clockUs;
    return {
      ...settings,
      mode: 'past',
      playing: this.#playing,
      positionUs: Number.isNaN(positionUs) ? null : Math.min(positionUs, lastUs),
      ended: this.#ended,
    };
  }
}

/** Whether two states are after the same row of the same rows: so are the disks in them, and where each began. */
function cameFromTheSame(one: SessionState, other: SessionState): boolean {
  return (
    one.sequence === other.sequence &&
    one.clears === other.clears &&
    one.disks.length === other.disks.length &&
    one.disks.every((disk, d) => disk?.model.bornAt === other.disks[d]?.model.bornAt)
  );
}
