import type { Answer } from '#shared/channel/answer.ts';
import type { Disposable } from '#shared/channel/channel.ts';
import type { Question } from '#shared/contract/questions.ts';

/** After a change of what is asked, questions go out no oftener, so that dragging and resizing ask once. */
const CHANGED_MS = 120;
/** While the history grows the same is asked again after this, and after so many times as long as the last answer took. */
const GROWN_MS = 1000;
const GROWN_PATIENCE = 4;
/** After a question that failed. */
const FAILED_MS = 2000;

type Growth = number | string;

export interface QuestionFeedOptions<Asked extends Question> {
  readonly ask: (question: Question, signal: AbortSignal) => Promise<Answer>;
  readonly onAnswer: (answer: Answer, question: Asked) => void;
  /** Told why there is no answer, and null once there is one again. */
  readonly onTrouble: (words: string | null) => void;
}

/**
 * Keeps the answer to one question up while that changes and the history grows: one question at a time, never oftener than
 * is worth looking at, and called off when nobody needs it.
 */
export class QuestionFeed<Asked extends Question> implements Disposable {
  readonly #options: QuestionFeedOptions<Asked>;
  #wanted: Asked | null = null;
  #wantedKey = '';
  #wantedAt: Growth = 0;
  /** What was asked last, and how far the history was. */
  #asked = '';
  #askedAt: Growth = -1;
  #work: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #restUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: QuestionFeedOptions<Asked>) {
    this.#options = options;
  }

  /**
   * Says what is wanted; null for nothing.
   * @param key what the answer is about: another is asked for soon, the same again only as the history grows.
   * @param growth how far that has come: any other value is another moment of it.
   */
  want(question: Asked | null, key = '', growth: Growth = 0): void {
    this.#wanted = question;
    this.#wantedKey = key;
    this.#wantedAt = growth;
    if (question === null) {
      this.#rest();
      this.#asked = '';
      return;
    }
    const changed = key !== this.#asked;
    if (!changed && growth === this.#askedAt) return;
    if (changed) this.#schedule(CHANGED_MS);
    else if (this.#work === null) this.#schedule(Math.max(0, this.#restUntilMs - performance.now()));
  }

  /** The engine may know other things than before. */
  restart(): void {
    this.#rest();
    this.#asked = '';
    if (this.#wanted !== null) this.#schedule(0);
  }

  dispose(): void {
    this.want(null);
  }

  #rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#work?.abort();
    this.#work = null;
  }

  #schedule(waitMs: number): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#ask();
    }, waitMs);
  }

  async #ask(): Promise<void> {
    const question = this.#wanted;
    if (question === null) return;
    this.#work?.abort();
    const work = new AbortController();
    this.#work = work;
    this.#asked = this.#wantedKey;
    this.#askedAt = this.#wantedAt;
    const begunMs = performance.now();
    let restMs = FAILED_MS;
    try {
      const answer = await this.#options.ask(question, work.signal);
      if (this.#work !== work) return;
      restMs = Math.max(GROWN_MS, GROWN_PATIENCE * (performance.now() - begunMs));
      this.#options.onTrouble(null);
      this.#options.onAnswer(answer, question);
    } catch (error) {
      if (this.#work !== work) return;
      this.#options.onTrouble(error instanceof Error ? error.message : String(error));
    }
    this.#work = null;
    this.#restUntilMs = performance.now() + restMs;
    if (this.#wanted !== null) this.want(this.#wanted, this.#wantedKey, this.#wantedAt);
  }
}
