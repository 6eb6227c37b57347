import { type Answer, encodeAnswer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import { isStructureQuestion, type StructureQuestion } from '#shared/contract/structures.ts';
import type { History } from '../history/history.ts';
import { RowsGoneError } from '../history/rows-gone-error.ts';
import { RefusedError } from '../refused-error.ts';
import { answerQuestion } from './answers.ts';

/** Questions one window may have open at once. */
const MAX_OPEN = 32;
/** How often a question is begun anew whose rows leave the history before they are looked at. */
const MOST_ATTEMPTS = 4;

/** What questions are answered from. */
export interface QuestionsInput {
  readonly past: { readonly history: History | null };
  readonly structures: { answer(question: StructureQuestion, signal: AbortSignal): Promise<Answer> };
}

export interface QuestionsOutput {
  answer(id: number, payload: Uint8Array<ArrayBuffer>): void;
  unanswered(id: number, text: string): void;
}

/** The questions of one window that are being worked on. */
export class Questions {
  readonly #input: QuestionsInput;
  readonly #output: QuestionsOutput;
  readonly #open = new Map<number, AbortController>();

  constructor(input: QuestionsInput, output: QuestionsOutput) {
    this.#input = input;
    this.#output = output;
  }

  /** Works out an answer and sends it. @throws RefusedError for too many, or a number that is in use. */
  ask(id: number, question: Question): void {
    if (this.#open.has(id)) throw new RefusedError(`question ${id} is being answered already`);
    if (this.#open.size >= MAX_OPEN)
      throw new RefusedError(`at most ${MAX_OPEN} questions can be open at once`);
    const work = new AbortController();
    this.#open.set(id, work);
    void this.#answer(id, question, work.signal);
  }

  callOff(id: number): void {
    this.#open.get(id)?.abort();
    this.#open.delete(id);
  }

  dispose(): void {
    for (const work of this.#open.values()) work.abort();
    this.#open.clear();
  }

  async #answer(id: number, question: Question, signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.#work(question, signal);
      if (!signal.aborted) this.#output.answer(id, encodeAnswer(answer));
    } catch (error) {
      if (!signal.aborted)
        this.#output.unanswered(id, error instanceof Error ? error.message : String(error));
    } finally {
      if (!signal.aborted) this.#open.delete(id);
    }
  }

  async #work(question: Question, signal: AbortSignal): Promise<Answer> {
    if (isStructureQuestion(question)) return this.#input.structures.answer(question, signal);
    for (let attempt = 1; ; attempt += 1) {
      const { history } = this.#input.past;
      if (history === null) throw new RefusedError('nothing was recorded yet');
      try {
        return await answerQuestion(history, question, signal);
      } catch (error) {
        // The history's beginning has gone under it: what is kept now is asked.
        if (!(error instanceof RowsGoneError) || attempt === MOST_ATTEMPTS) throw error;
      }
    }
  }
}
