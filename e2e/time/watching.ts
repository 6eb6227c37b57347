import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Engine } from '#engine/engine.ts';
import type { Source, SourceSink } from '#engine/session/source.ts';
import type { Channel } from '#shared/channel/channel.ts';
import { decodeFrame, FrameType } from '#shared/channel/frame.ts';
import type { Command } from '#shared/contract/commands.ts';
import { LIVE_VIEW, type Resume, type View } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { WindowSession } from '../../renderer/session/window-session.ts';

const WAIT_MS = 30_000;

/** A source of some disks, in the test's hands. */
export class HandSource implements Source {
  readonly kind = 'log';
  readonly path = null;
  readonly canRestart = false;
  readonly name = 'hand';
  #sink: SourceSink | null = null;

  start(sink: SourceSink): void {
    this.#sink = sink;
    for (let index = 0; index < 3; index += 1) {
      sink.disk({ index, exportName: `disk${index}`, sizeBytes: 1n << 30n, highestByte: 0n });
    }
    this.#progress('live');
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  async rows(batches: readonly EventBatch[]): Promise<void> {
    for (const batch of batches) await this.#sink?.rows(batch);
  }

  end(): void {
    this.#progress('ended');
  }

  #progress(status: 'live' | 'ended'): void {
    const none = { bytesRead: 0, totalBytes: null, lines: 0, notUnderstood: 0, timesBackwards: 0, runs: [] };
    this.#sink?.progress({ status, statusText: '', ...none });
  }
}

/** A window without a picture on an engine, over a channel that counts what goes through it. */
export class WatchedWindow {
  readonly session: WindowSession;
  /** Every `view` that the engine told, in order. */
  readonly views: View[] = [];
  readonly refusals: string[] = [];
  /** Types of the frames that came, those of messages left out. */
  readonly frames: number[] = [];
  /** Acknowledgements are kept back: the window takes nothing more. */
  #stalled: (() => void)[] | null = null;
  #engineEnd: Channel | null = null;

  constructor(engine: Engine, resume: Resume | null = null) {
    this.session = new WindowSession({
      connect: () => Promise.resolve(this.#connect(engine)),
      resume,
      listener: {
        link: () => {},
        message: (message) => {
          if (message.message === 'view') this.views.push(message.view);
          if (message.message === 'refused') this.refusals.push(message.text);
        },
        changed: () => {},
        trouble: (text, detail) => {
          throw new Error(`${text}: ${detail}`);
        },
      },
    });
    this.session.start();
  }

  get view(): View {
    return this.views.at(-1) ?? LIVE_VIEW;
  }

  send(command: Command): void {
    this.session.send(command);
  }

  /** Sends a command, and waits for the first view after it. */
  async tell(command: Command): Promise<View> {
    const { length } = this.views;
    this.send(command);
    await until(() => this.views.length > length, this);
    return this.view;
  }

  /** Waits until the window holds all that its view says. */
  async settled(): Promise<void> {
    await until(
      () => this.session.state.sequence === this.view.sequence && !this.session.state.isPartial,
      this,
    );
  }

  stall(): void {
    this.#stalled ??= [];
  }

  goOn(): void {
    const waiting = this.#stalled ?? [];
    this.#stalled = null;
    for (const send of waiting) send();
  }

  close(): void {
    this.session.dispose();
    this.#engineEnd?.onClose();
  }

  #connect(engine: Engine): Channel {
    const none = { onFrame: () => {}, onClose: () => {} };
    const windowEnd: Channel = {
      ...none,
      send: (frame) => {
        const deliver = (): void => void setImmediate(() => engineEnd.onFrame(frame));
        if (this.#stalled === null || !isAck(frame)) deliver();
        else this.#stalled.push(deliver);
      },
      close: () => {},
    };
    const engineEnd: Channel = {
      ...none,
      send: (frame) => {
        const { type } = decodeFrame(frame);
        if (type !== FrameType.Json) this.frames.push(type);
        setImmediate(() => windowEnd.onFrame(frame));
      },
      close: () => engineEnd.onClose(),
    };
    this.#engineEnd = engineEnd;
    engine.attach(engineEnd);
    return windowEnd;
  }
}

function isAck(frame: Uint8Array): boolean {
  const { type, payload } = decodeFrame(frame);
  return type === FrameType.Json && new TextDecoder().decode(payload).startsWith('{"command":"ack"');
}

/** An engine with a live source in the test's hands, and windows on it. */
export class Watching implements AsyncDisposable {
  readonly engine: Engine;
  readonly hand = new HandSource();
  readonly #folder = mkdtempSync(join(tmpdir(), 'nbdscope-views-'));

  constructor() {
    const assetsDir = resolve(import.meta.dirname, '../../assets');
    this.engine = new Engine({ version: '0', host: 'web', stateDir: join(this.#folder, 'state'), assetsDir });
    this.engine.session.add(this.hand);
  }

  /** A window that has been told where it stands. */
  async window(resume: Resume | null = null): Promise<WatchedWindow> {
    const window = new WatchedWindow(this.engine, resume);
    await until(() => window.views.length > 0 && window.session.resume !== null, window);
    await window.settled();
    return window;
  }

  /** The state after a row, by playing every row up to it. */
  async played(sequence: number): Promise<SessionState> {
    const state = new SessionState();
    const { history } = this.engine.past;
    if (history === null || sequence < history.firstSequence) return state;
    for await (const rows of history.rows(history.firstSequence, sequence)) state.apply(rows);
    return state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Waits until `test` holds. Rejects with where the window stands when it does not. */
export async function until(test: () => boolean, window: WatchedWindow): Promise<void> {
  const endMs = performance.now() + WAIT_MS;
  while (!test()) {
    if (performance.now() > endMs) {
      const { sequence, isPartial } = window.session.state;
      throw new Error(`waited in vain: ${JSON.stringify({ view: window.view, sequence, isPartial })}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
