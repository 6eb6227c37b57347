import * as v from 'valibot';
import type { Channel, Disposable } from '#shared/channel/channel.ts';
import { decodeFrame, encodeFrame, encodeJsonFrame, FrameType } from '#shared/channel/frame.ts';
import type { Command } from '#shared/contract/commands.ts';
import { type Message, MessageSchema, type ReplayInfo, type SessionInfo } from '#shared/contract/messages.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { snapshotPartSteps, snapshotSequence } from '#shared/model/snapshot.ts';
import { BackOff } from './back-off.ts';
import { SessionRates } from './rate-window.ts';
import { SessionClock } from './session-clock.ts';
import { type Later, StepQueue } from './step-queue.ts';

/** Rows that are applied in one step: a ms or two where each makes a page, so that frames are drawn and keys heard between. */
const STEP_ROWS = 256;

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
  /** What has come from the engine and is being taken in, in order. */
  readonly #work: StepQueue;
  #channel: Channel | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | null = null;
  #disposed = false;
  #paused = false;
  #hidden = false;
  #following = true;
  #info: SessionInfo | null = null;
  /** The state is another engine's: the next snapshot goes into a new one. */
  #isStateOld = false;

  constructor(options: WindowSessionOptions) {
    this.#connect = options.connect;
    this.#listener = options.listener;
    this.#wallMs = options.wallMs ?? (() => performance.now());
    this.#work = new StepQueue(this.#wallMs, options.later);
  }

  /** Connects, and again whenever the engine goes, until disposed. */
  start(): void {
    void this.#open();
  }

  send(command: Command): void {
    this.#channel?.send(encodeJsonFrame(command));
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

  /** The time to say: as {@link nowUs}, but no later than the end of a recording or of logs that have ended. */
  shownUs(): number {
    const nowUs = this.nowUs();
    const replay = this.#info?.replay ?? null;
    if (replay !== null) return Math.min(nowUs, replay.lastUs);
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
      this.#retry();
    };
    this.send({ command: 'hello', protocol: 1 });
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
    }
    this.send({ command: 'ack', sequence: last });
    if (this.#following) this.#listener.changed();
  }

  *#onSnapshot(payload: Uint8Array): Generator<void, void> {
    const sequence = snapshotSequence(payload);
    if (!this.#following) {
      this.send({ command: 'ack', sequence });
      return;
    }
    const state = this.#isStateOld ? new SessionState() : this.state;
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
      this.#observeReplay();
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
    if (message.message === 'session') {
      const before = this.#info?.replay ?? null;
      this.#info = message.session;
      this.#setMotion();
      this.#takeBack(before);
      this.#observeReplay();
    }
    this.#listener.message(message);
  }

  /**
   * Until word comes that the replay stands, or goes slower, the estimate runs on at the former speed: several seconds of
   * the recording at a high one, in which disks would seem to do nothing.
   */
  #takeBack(before: ReplayInfo | null): void {
    const replay = this.#info?.replay ?? null;
    if (before === null || replay === null || replay.ended || !this.#following) return;
    const slower = replay.playing ? replay.speed < before.speed : before.playing;
    if (!slower || Number.isNaN(this.state.clockUs)) return;
    this.clock.reset(Math.max(replay.positionUs, this.state.clockUs), this.#wallMs());
  }

  /** A paused picture stays where it is, whatever the replay does meanwhile. */
  #observeReplay(): void {
    const replay = this.#info?.replay;
    if (replay?.playing && this.#following && !Number.isNaN(this.state.clockUs)) {
      this.clock.observe(replay.positionUs, this.#wallMs());
    }
  }

  #setMotion(): void {
    const wallMs = this.#wallMs();
    const replay = this.#info?.replay ?? null;
    const speed = replay?.speed ?? 1;
    if (!this.#following || this.#channel === null) this.clock.setMotion('standing', speed, wallMs);
    else if (replay !== null && !replay.ended) {
      this.clock.setMotion(replay.playing ? 'running' : 'standing', speed, wallMs);
    } else {
      this.clock.setMotion(replay === null && this.#isFlowing() ? 'running' : 'settling', speed, wallMs);
    }
  }

  #isFlowing(): boolean {
    return this.#info?.sources.some((s) => s.status === 'live' || s.status === 'reading') ?? false;
  }
}
