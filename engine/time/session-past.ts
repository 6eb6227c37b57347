import { randomUUID } from 'node:crypto';
import { type Comparison, type HistoryInfo, type Mark, NO_HISTORY } from '#shared/contract/time.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import type { OpenCapture } from '../capture/open-capture.ts';
import type { History } from '../history/history.ts';
import type { Session } from '../session/session.ts';
import type { MarkChange, MarkDraft } from '../session/session-marks.ts';
import type { Source } from '../session/source.ts';
import { PastMemory } from './past-memory.ts';
import type { Watched } from './window-view.ts';

/** The engine's session as its windows look at it: its end and its past. */
export class SessionPast implements Watched {
  /** The recording that is open; null while there is none. */
  recording: Source | null = null;
  /** The capture that is open, which then is the past; null while there is none. */
  capture: OpenCapture | null = null;
  #comparison: Comparison | null = null;
  readonly memory = new PastMemory();
  readonly #session: Session;
  readonly #ids = new WeakMap<History, string>();

  constructor(session: Session) {
    this.#session = session;
  }

  get history(): History | null {
    return this.capture?.history ?? this.#session.history;
  }

  get historyId(): string {
    const { history } = this;
    if (history === null) return '';
    const id = this.#ids.get(history) ?? randomUUID();
    this.#ids.set(history, id);
    return id;
  }

  get state(): SessionState {
    return this.#session.state;
  }

  get holdsEnd(): boolean {
    return this.capture === null;
  }

  get growth(): Watched['growth'] {
    const isOver = this.#session
      .sourceInfos()
      .every(({ status }) => status === 'ended' || status === 'failed');
    if (isOver) return 'over';
    return this.recording === null ? 'growing' : 'loading';
  }

  /** The two recordings that are shown in step, as long as both are there. */
  get comparison(): Comparison | null {
    const comparison = this.#comparison;
    const isWhole = comparison?.sides.every(({ source }) => this.#session.sourceOf(source) !== null);
    return isWhole === true ? comparison : null;
  }

  set comparison(comparison: Comparison | null) {
    this.#comparison = comparison;
  }

  info(): HistoryInfo {
    const growing = this.growth !== 'over';
    const marks = [...this.marks];
    const { comparison } = this;
    return { ...NO_HISTORY, ...this.history?.info(), id: this.historyId, growing, marks, comparison };
  }

  get marks(): readonly Mark[] {
    return (this.capture ?? this.#session).marks;
  }

  /** @throws RefusedError saying what will not do. */
  addMarks(drafts: readonly MarkDraft[]): void {
    (this.capture ?? this.#session).addMarks(drafts);
  }

  /** @throws RefusedError for a mark that is not there, or a name that will not do. */
  editMark(id: number, change: MarkChange): void {
    (this.capture ?? this.#session).editMark(id, change);
  }

  /** @throws RefusedError for a mark that is not there. */
  removeMark(id: number): void {
    (this.capture ?? this.#session).removeMark(id);
  }
}
