import { type Answer, decodeAnswer } from '#shared/channel/answer.ts';
import type { Command } from '#shared/contract/commands.ts';
import type { Question } from '#shared/contract/questions.ts';

interface Waiting {
  readonly answered: (answer: Answer) => void;
  readonly failed: (reason: Error) => void;
}

/** The questions this window has asked and waits for. */
export class AskedQuestions {
  readonly #send: (command: Command) => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(send: (command: Command) => void) {
    this.#send = send;
  }

  ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return;
      const id = this.#next;
      this.#next += 1;
      const stop = (): void => {
        if (this.#waiting.delete(id)) this.#send({ command: 'callOff', id });
      };
      const over = (): void => signal?.removeEventListener('abort', stop);
      this.#waiting.set(id, {
        answered: (answer) => {
          over();
          resolve(answer);
        },
        failed: (reason) => {
          over();
          reject(reason);
        },
      });
      signal?.addEventListener('abort', stop, { once: true });
      this.#send({ command: 'ask', id, question });
    });
  }

  answered(id: number, payload: Uint8Array): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting === undefined) return;
    try {
      waiting.answered(decodeAnswer(payload));
    } catch (error) {
      waiting.failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  refused(id: number, text: string): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.failed(new Error(text));
  }

  /** The engine is gone: nothing that was asked will be answered. */
  lost(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { failed } of waiting) failed(new Error('the engine went before it had answered'));
  }
}
