import type { Answer } from '#shared/channel/answer.ts';
import type { Disposable } from '#shared/channel/channel.ts';
import type { Question } from '#shared/contract/questions.ts';
import { readTimeline, type TimelineData } from './timeline-data.ts';
import type { WantedColumns } from './wanted-columns.ts';

/** After a change of what is shown, questions go out no oftener. */
const CHANGED_MS = 100;
/** With more of the same, as while a session is recorded. */
const GROWN_MS = 400;
/** While a session is recorded, the engine works on this for no more than one part of so many of its time. */
const LEISURE = 4;
/** But it is looked at again after this, however long that took. */
const MOST_LEISURE_MS = 5000;
/** After a question that failed. */
const FAILED_MS = 2000;

/** What the timeline wants to know. */
export interface Wish extends WantedColumns {
  /** The session's disk numbers; null for all. */
  readonly disks: readonly number[] | null;
  readonly perDisk: boolean;
  /** How far the history has come: the same question has another answer when that has grown. */
  readonly lastSequence: number;
}

export interface TimelineFeedOptions {
  readonly ask: (question: Question, signal: AbortSignal) => Promise<Answer>;
  /** Told of an answer, and of why there is none. */
  readonly onAnswer: (data: TimelineData) => void;
  readonly onTrouble: (words: string) => void;
}

/**
 * Asks the engine for columns, one question at a time, and never oftener than is worth looking at. A question that nobody
 * needs any longer is called off; while its answer is on the way the last one is kept.
 */
export class TimelineFeed implements Disposable {
  readonly #options: TimelineFeedOptions;
  #wish: Wish | null = null;
  /** The wish of the question that went out last. */
  #asked: Wish | null = null;
  #question: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #dueMs = Number.NEGATIVE_INFINITY;
  #askedMs = Number.NEGATIVE_INFINITY;
  #failedMs = Number.NEGATIVE_INFINITY;
  /** How long the last answer took. */
  #tookMs = 0;

  constructor(options: TimelineFeedOptions) {
    this.#options = options;
  }

  /** Says what is wanted now; null while nobody looks. */
  want(wish: Wish | null): void {
    this.#wish = wish;
    if (wish === null) {
      this.#callOff();
      return;
    }
    if (this.#asked !== null && isSame(this.#asked, wish)) return;
    this.#schedule();
  }

  /** What was answered is no longer true: asks again. */
  restart(): void {
    this.#callOff();
    this.#asked = null;
    if (this.#wish !== null) this.#schedule();
  }

  dispose(): void {
    this.want(null);
  }

  #schedule(): void {
    const wish = this.#wish;
    if (wish === null) return;
    const grown = this.#asked !== null && isAlike(this.#asked, wish);
    // The answer that is on its way is worth waiting for: it shows all but the newest.
    if (grown && this.#question !== null) return;
    const nowMs = performance.now();
    const leisureMs = Math.min(LEISURE * this.#tookMs, MOST_LEISURE_MS);
    const dueMs = Math.max(
      nowMs,
      this.#askedMs + (grown ? Math.max(GROWN_MS, leisureMs) : CHANGED_MS),
      this.#failedMs + FAILED_MS,
    );
    if (this.#timer !== null && this.#dueMs <= dueMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#ask();
    }, dueMs - nowMs);
  }

  #ask(): void {
    const wish = this.#wish;
    if (wish === null) return;
    this.#question?.abort();
    const question = new AbortController();
    this.#question = question;
    this.#asked = wish;
    this.#askedMs = performance.now();
    const { window, columns, disks, perDisk } = wish;
    this.#options
      .ask(
        { about: 'timeline', span: window, columns, disks: disks === null ? null : [...disks], perDisk },
        question.signal,
      )
      .then((answer) => {
        if (question.signal.aborted) return;
        this.#tookMs = performance.now() - this.#askedMs;
        this.#options.onAnswer(readTimeline(answer, window, columns, perDisk));
      })
      .catch((error: unknown) => {
        if (question.signal.aborted) return;
        this.#failedMs = performance.now();
        // Wanted still, it is asked again.
        this.#asked = null;
        this.#options.onTrouble(error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        if (this.#question !== question) return;
        this.#question = null;
        // What was wished for meanwhile is asked for now.
        if (this.#asked !== null && this.#wish !== null && !isSame(wish, this.#wish)) this.#schedule();
      });
  }

  #callOff(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    // What was called off was not answered: wanted again, it is asked again.
    if (this.#question !== null) this.#asked = null;
    this.#question?.abort();
    this.#question = null;
  }
}

/** Whether two wishes are for the same columns, though more may have happened in them and after them. */
function isAlike(a: Wish, b: Wish): boolean {
  return (
    a.window.fromUs === b.window.fromUs &&
    columnLengthUs(a) === columnLengthUs(b) &&
    a.perDisk === b.perDisk &&
    String(a.disks) === String(b.disks)
  );
}

function isSame(a: Wish, b: Wish): boolean {
  return isAlike(a, b) && a.columns === b.columns && a.lastSequence === b.lastSequence;
}

function columnLengthUs({ window, columns }: Wish): number {
  return (window.toUs - window.fromUs) / columns;
}
