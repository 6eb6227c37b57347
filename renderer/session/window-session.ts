import * as v from 'valibot';
import type { Answer } from '#shared/channel/answer.ts';
import type { Channel, Disposable } from '#shared/channel/channel.ts';
import { decodeFrame, encodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import type { Command } from '#shared/contract/commands.ts';
import { type Message, MessageSchema, type SessionInfo } from '#shared/contract/messages.ts';
import type { Question } from '#shared/contract/questions.ts';
import { FASTEST, LIVE_VIEW, PLAY_SPEEDS, type Resume, type View } from '#shared/contract/time.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { snapshotPartSteps, snapshotStart } from '#shared/model/snapshot.ts';
import { AskedQuestions } from './asked-questions.ts';
import { BackOff } from './back-off.ts';
import { SessionRates } from './rate-window.ts';
import { Seeks } from './seeks.ts';
import { SessionClock } from './session-clock.ts';
import { type Later, StepQueue } from './step-queue.ts';

/** Rows that are applied in one step: a ms or two where each makes a page, so that frames are drawn and keys heard between. */
const STEP_ROWS = 256;

/** What is shown as fast as it goes fades as at the highest of the other speeds. */
const MAX_SPEED = Math.max(...PLAY_SPEEDS);

/** Time runs ahead of what the engine says by no more than this, ms of wall time: word of it takes a moment to come. */
const AHEAD_MS = 1000;

/** How the window stands with its engine. */
export type LinkState = 'connecting' | 'open' | 'lost';

export interface WindowSessionListener {
  link(state: LinkState): void;
  /** Every message of the engine, in order. */
  message(message: Message): void;
  /** Rows were applied, or a part of a snapshot. */
  changed(): void;
  /** Something the engine sent could not be understood; what it was, in words. */
  trouble(text: string, detail: string): void;
}

export interface WindowSessionOptions {
  /** Makes a connection to the engine; rejects when there is none to be had now. */
  readonly connect: () => Promise<Channel>;
  readonly listener: WindowSessionListener;
  /** Where the window stood before it was loaded again; null for nowhere. */
  readonly resume?: Resume | null;
  /** Monotonic ms. */
  readonly wallMs?: () => number;
  /** Runs something in a task of its own, soon. */
  readonly later?: Later;
}

/**
 * The window's end of a session: its copy of the state, kept up from a snapshot by the batches after it, and
 * acknowledged as they are applied. Reconnects by itself when the engine goes.
 */
export class WindowSession implements Disposable {
  state = new SessionState();
  readonly clock = new SessionClock();
  readonly rates = new SessionRates();

  readonly #connect: () => Promise<Channel>;
  readonly #listener: WindowSessionListener;
  readonly #wallMs: () => number;
  readonly #backOff = new BackOff();
  readonly #asked = new AskedQuestions((command) => this.send(command));
  readonly #seeks = new Seeks((command) => this.send(command));
  /** What has come from the engine and is being taken in, in order. */
  readonly #work: StepQueue;
  #channel: Channel | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | null = null;
  #disposed = false;
  #paused = false;
  #hidden = false;
  #following = true;
  #info: SessionInfo | null = null;
  #view: View = LIVE_VIEW;
  #resume: Resume | null;
  /** The view stands still at a moment that the state has not come to yet. */
  #standsAhead = false;
  /** The state is another engine's: the next snapshot goes into a new one. */
  #isStateOld = false;

  constructor(options: WindowSessionOptions) {
    this.#connect = options.connect;
    this.#listener = options.listener;
    this.#wallMs = options.wallMs ?? (() => performance.now());
    this.#resume = options.resume ?? null;
    this.#work = new StepQueue(this.#wallMs, options.later);
  }

  /** Connects, and again whenever the engine goes, until disposed. */
  start(): void {
    void this.#open();
  }

  send(command: Command): void {
    this.#channel?.send(encodeJsonFrame(command));
  }

  /**
   * Asks about the history; an answer that `signal` calls off never comes. Rejects with the engine's reason, or when the
   * engine goes.
   */
  ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    return this.#asked.ask(question, signal);
  }

  /**
   * Shows a moment of the past, and resolves once the window holds exactly what was then: its state, and its time while it stands
   * still. Where another seek or {@link goLive} comes before, it resolves with where the view is then. Rejects when the engine goes.
   */
  seek(to: { readonly us: number } | { readonly sequence: number }): Promise<View> {
    if (this.#channel === null) return Promise.reject(new Error('there is no engine to show the past'));
    return this.#seeks.seek(to);
  }

  /** Where the window stands, to stand there again after it was loaded anew; null before that is known. */
  get resume(): Resume | null {
    return this.#resume;
  }

  /** Sends bytes of a dropped file. */
  sendUpload(upload: number, bytes: Uint8Array): void {
    this.#channel?.send(encodeFrame(FrameType.Upload, bytes, upload));
  }

  /** Stops the picture while the recording goes on, or brings it up to date. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#updateFollowing();
  }

  /** A hidden window gets no rows; it is brought up to date when it is seen again. */
  setHidden(hidden: boolean): void {
    this.#hidden = hidden;
    this.#updateFollowing();
  }

  /** Session time now, µs since the epoch; NaN before any time is known. */
  nowUs(): number {
    return this.clock.nowUs(this.#wallMs());
  }

  /** The time to say: as {@link nowUs}, but no later than the end of what is played or of logs that have ended. */
  shownUs(): number {
    const nowUs = this.nowUs();
    if (this.#view.mode === 'past') {
      const { span, positionUs } = this.#view;
      const lastUs = span?.toUs ?? this.#info?.history.lastUs ?? Number.POSITIVE_INFINITY;
      return Math.min(nowUs, Math.max(lastUs, positionUs ?? lastUs));
    }
    return this.#isFlowing() ? nowUs : Math.min(nowUs, this.state.clockUs);
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#channel?.close();
    this.#channel = null;
    this.#work.dispose();
  }

  async #open(): Promise<void> {
    let channel: Channel;
    try {
      channel = await this.#connect();
    } catch {
      this.#retry();
      return;
    }
    if (this.#disposed) {
      channel.close();
      return;
    }
    this.#channel = channel;
    this.#isStateOld = true;
    this.#work.drop();
    channel.onFrame = (frame) => this.#work.add(this.#onFrame(frame));
    channel.onClose = () => {
      if (this.#channel !== channel) return;
      this.#channel = null;
      this.#asked.lost();
      this.#seeks.failed('the engine went before the view had arrived');
      this.#retry();
    };
    const resume = this.#resume;
    this.send({ command: 'hello', protocol: 1, ...(resume === null ? {} : { resume }) });
    if (!this.#following) this.send({ command: 'follow', on: false });
  }

  #retry(): void {
    if (this.#disposed) return;
    this.#listener.link('lost');
    this.#setMotion();
    this.#retryTimer = setTimeout(() => void this.#open(), this.#backOff.next());
  }

  #updateFollowing(): void {
    const following = !this.#paused && !this.#hidden;
    if (following === this.#following) return;
    this.#following = following;
    this.send({ command: 'follow', on: following });
    this.#setMotion();
  }

  *#onFrame(bytes: Uint8Array): Generator<void, void> {
    try {
      const frame = decodeFrame(bytes);
      if (frame.type === FrameType.Batch) yield* this.#onBatch(EventBatch.decode(frame.payload));
      else if (frame.type === FrameType.Snapshot) yield* this.#onSnapshot(frame.payload);
      else if (frame.type === FrameType.Json) this.#onMessage(frame.payload);
      else if (frame.type === FrameType.Answer) this.#asked.answered(frame.tag, frame.payload);
      else throw new RangeError(`frame type ${frame.type} goes from window to engine only`);
    } catch (error) {
      this.#listener.trouble('the engine sent something this window cannot read', String(error));
    }
  }

  *#onBatch(batch: EventBatch): Generator<void, void> {
    const last = batch.firstSequence + batch.count - 1;
    // Rows already on their way when the window was paused are not applied: the snapshot that follows holds them.
    if (this.#following) {
      if (batch.firstSequence !== this.state.sequence + 1) {
        this.#startOver(last);
        return;
      }
      for (let from = 0; from < batch.count; from += STEP_ROWS) {
        if (from > 0) yield;
        this.state.apply(batch, from, Math.min(batch.count, from + STEP_ROWS));
      }
      this.rates.apply(batch);
      this.clock.observe(this.state.clockUs, this.#wallMs());
      this.#stand();
    }
    this.send({ command: 'ack', sequence: last });
    if (this.#following) this.#listener.changed();
  }

  *#onSnapshot(payload: Uint8Array): Generator<void, void> {
    const { sequence, hasHead } = snapshotStart(payload);
    if (!this.#following) {
      this.send({ command: 'ack', sequence });
      return;
    }
    // What is to be shown comes before what is shown: nothing of that may stay.
    const isBack = hasHead && sequence < this.state.sequence;
    const state = this.#isStateOld || isBack ? new SessionState() : this.state;
    const part = yield* snapshotPartSteps(state, payload);
    if (part === null) {
      this.#startOver(sequence);
      return;
    }
    this.state = state;
    this.#isStateOld = false;
    this.send({ command: 'ack', sequence });
    if (part.hasHead) {
      this.rates.restart(state.recent);
      this.clock.reset(state.clockUs, this.#wallMs());
      this.#observeView();
      this.#stand();
    }
    this.#listener.changed();
  }

  /** What came does not fit what is here: asks for everything again. */
  #startOver(sequence: number): void {
    this.send({ command: 'ack', sequence });
    this.send({ command: 'follow', on: true });
  }

  #onMessage(payload: Uint8Array): void {
    const text = new TextDecoder().decode(payload);
    const parsed = v.safeParse(MessageSchema, JSON.parse(text));
    if (!parsed.success) {
      const issue = parsed.issues[0];
      this.#listener.trouble(
        'the engine sent a message this window does not know',
        `${issue.message} at ${v.getDotPath(issue) ?? 'the top'}: ${text.slice(0, 400)}`,
      );
      return;
    }
    const message = parsed.output;
    if (message.message === 'welcome') {
      this.#backOff.reset();
      this.#listener.link('open');
    }
    if (message.message === 'unanswered') this.#asked.refused(message.id, message.text);
    if (message.message === 'refused' && message.command === 'seek') this.#seeks.failed(message.text);
    if (message.message === 'session') {
      this.#info = message.session;
      this.#setMotion();
      this.#noteResume();
    }
    if (message.message === 'view') this.#onView(message.view);
    this.#listener.message(message);
    // Whoever waits for it finds it everywhere.
    if (message.message === 'view') this.#seeks.told(message.view);
  }

  #onView(view: View): void {
    const before = this.#view;
    this.#view = view;
    this.#setMotion();
    this.#standsAhead = view.mode === 'past' && !view.playing && !view.ended;
    this.#takeBack(before);
    this.#observeView();
    this.#stand();
    this.#noteResume();
  }

  #noteResume(): void {
    const id = this.#info?.history.id ?? '';
    if (id !== '') this.#resume = { history: id, view: this.#view };
  }

  /** Where the view stands still, time is what the engine says as soon as the rows up to there have come. */
  #stand(): void {
    const { positionUs, sequence } = this.#view;
    if (!this.#standsAhead || !this.#following || positionUs === null) return;
    if (this.state.sequence !== sequence) return;
    this.#standsAhead = false;
    this.clock.reset(positionUs, this.#wallMs());
  }

  /**
   * Until word comes that the past is played more slowly, the estimate runs on at the former speed: several seconds of it at a high
   * one, in which disks would seem to do nothing. So it does while the engine waits for rows to be taken.
   */
  #takeBack(before: View): void {
    const { mode, playing, speed, positionUs } = this.#view;
    if (mode !== 'past' || !playing || positionUs === null || !this.#following) return;
    if (before.mode !== 'past' || !before.playing || Number.isNaN(this.state.clockUs)) return;
    const wallMs = this.#wallMs();
    const aheadUs = this.clock.nowUs(wallMs) - positionUs;
    if (speed >= before.speed && !(aheadUs > AHEAD_MS * 1000 * speed)) return;
    this.clock.reset(Math.max(positionUs, this.state.clockUs), wallMs);
  }

  /** A held picture stays where it is, whatever the view does meanwhile. */
  #observeView(): void {
    const { mode, playing, positionUs } = this.#view;
    if (mode !== 'past' || !playing || positionUs === null || !this.#following) return;
    if (!Number.isNaN(this.state.clockUs)) this.clock.observe(positionUs, this.#wallMs());
  }

  #setMotion(): void {
    const wallMs = this.#wallMs();
    const { mode, playing, ended } = this.#view;
    const speed = mode === 'live' ? 1 : this.#view.speed === FASTEST ? MAX_SPEED : this.#view.speed;
    if (!this.#following || this.#channel === null) this.clock.setMotion('standing', speed, wallMs);
    else if (mode === 'past' && !ended) {
      // As fast as it goes has no speed: time is that of the rows.
      const runs = playing && this.#view.speed !== FASTEST;
      this.clock.setMotion(runs ? 'running' : 'standing', speed, wallMs);
    } else {
      this.clock.setMotion(mode === 'live' && this.#isFlowing() ? 'running' : 'settling', speed, wallMs);
    }
  }

  #isFlowing(): boolean {
    return this.#info?.sources.some((s) => s.status === 'live' || s.status === 'reading') ?? false;
  }
}
