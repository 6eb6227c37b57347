import type { Channel, Disposable } from '#shared/channel/channel.ts';
import type { Message, SessionInfo } from '#shared/contract/messages.ts';
import { MAX_STRUCTURE_REGIONS } from '#shared/contract/structures.ts';
import type { View } from '#shared/contract/time.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import { blockCount } from '../grid/plane.ts';
import { WindowSession } from '../session/window-session.ts';
import { type Regions, readRegions } from '../structures/regions.ts';
import type { FilmDisk } from './film-layout.ts';
import type { FilmStructures } from './film-overlay.ts';

/** The past of a session, moment by moment. */
export interface FilmSource {
  /** What follows from the rows at or before a moment, µs since the epoch; good until the next call. */
  at(us: number): Promise<SessionState>;
  /** Clock of the row after the last that {@link at} gave, µs; null when there is none. Leaves the moment. */
  nextRowUs(): Promise<number | null>;
  /** What was known then of what lies on disks, by their numbers; the same object while that is the same. */
  structures(disks: readonly FilmDisk[]): Promise<FilmStructures>;
}

/**
 * A view of the session for a film alone, on a connection of its own, so that what the window shows is not disturbed: the engine
 * plays the past to it as to any window, a step for each frame.
 */
export class SessionSource implements FilmSource, Disposable {
  readonly #session: WindowSession;
  readonly #failed = Promise.withResolvers<never>();
  readonly #structures = new Map<number, Regions>();
  #info: SessionInfo | null = null;
  #onInfo: () => void = () => {};

  constructor(connect: () => Promise<Channel>) {
    // Whoever waits for a moment hears of it; nobody need.
    this.#failed.promise.catch(() => {});
    this.#session = new WindowSession({
      connect,
      listener: {
        link: (link) => {
          if (link === 'lost') this.#fail('the engine has gone');
        },
        message: (message) => this.#onMessage(message),
        changed: () => {},
        trouble: (text) => this.#fail(text),
      },
    });
    this.#session.start();
  }

  /** The session as soon as `isReady` finds it so. Rejects when the engine goes, or the signal calls it off. */
  async info(isReady: (info: SessionInfo) => boolean, signal: AbortSignal): Promise<SessionInfo> {
    for (;;) {
      if (this.#info !== null && isReady(this.#info)) return this.#info;
      const changed = new Promise<void>((resolve) => {
        this.#onInfo = resolve;
      });
      await this.#orFailed(changed, signal);
    }
  }

  async at(us: number): Promise<SessionState> {
    await this.#seek({ us });
    return this.#session.state;
  }

  async nextRowUs(): Promise<number | null> {
    const { sequence } = this.#session.state;
    const view = await this.#seek({ sequence: sequence + 1 });
    return view.sequence > sequence ? view.positionUs : null;
  }

  async structures(disks: readonly FilmDisk[]): Promise<FilmStructures> {
    for (const { id: disk, sizeBytes } of disks) {
      const isKnown =
        this.#info?.structures.some((known) => known.disk === disk && known.version > 0) ?? false;
      if (!isKnown) {
        this.#structures.delete(disk);
        continue;
      }
      const whole = { firstBlock: 0, endBlock: blockCount(sizeBytes), most: MAX_STRUCTURE_REGIONS };
      const atSequence = this.#session.state.sequence;
      const question = { about: 'structureRegions' as const, disk, atSequence, ...whole };
      const answer = await Promise.race([this.#session.ask(question), this.#failed.promise]);
      const regions = readRegions(answer);
      if (this.#structures.get(disk)?.version !== regions.version) this.#structures.set(disk, regions);
    }
    return this.#structures;
  }

  dispose(): void {
    this.#fail('the film was called off');
    this.#session.dispose();
  }

  #seek(to: { readonly us: number } | { readonly sequence: number }): Promise<View> {
    return Promise.race([this.#session.seek(to), this.#failed.promise]);
  }

  #onMessage(message: Message): void {
    switch (message.message) {
      case 'welcome':
        // A recording plays to every window that comes.
        this.#session.send({ command: 'play', playing: false });
        return;
      case 'session':
        this.#info = message.session;
        this.#onInfo();
        return;
      case 'refused':
        this.#fail(message.text);
        return;
      default:
        return;
    }
  }

  #orFailed<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return Promise.race([work, this.#failed.promise, aborted]);
  }

  #fail(text: string): void {
    this.#failed.reject(new Error(text));
  }
}
