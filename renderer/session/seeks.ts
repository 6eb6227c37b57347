import type { Command } from '#shared/contract/commands.ts';
import type { View } from '#shared/contract/time.ts';

interface Waiting {
  readonly arrived: (view: View) => void;
  readonly failed: (reason: Error) => void;
}

/** The seeks of this window that somebody waits for. */
export class Seeks {
  readonly #send: (command: Command) => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(send: (command: Command) => void) {
    this.#send = send;
  }

  seek(to: { readonly us: number } | { readonly sequence: number }): Promise<View> {
    return new Promise((arrived, failed) => {
      const tag = this.#next;
      this.#next += 1;
      this.#waiting.set(tag, { arrived, failed });
      this.#send({ command: 'seek', to, tag });
    });
  }

  told(view: View): void {
    if (view.tag === null) return;
    this.#waiting.get(view.tag)?.arrived(view);
    this.#waiting.delete(view.tag);
  }

  /** None of them will arrive any more. */
  failed(why: string): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { failed } of waiting) failed(new Error(why));
  }
}
