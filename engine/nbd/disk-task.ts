import type { HostInfo } from '#shared/contract/messages.ts';
import type { Copied, CopyProgress } from './copy-disk.ts';

/** The save or copy of a disk: one at a time, which can be broken off. */
export class DiskTask {
  #running: { kind: 'save' | 'copy'; to: string; done: number; abort: AbortController } | null = null;
  #ended: Promise<unknown> = Promise.resolve();
  #doneCount = 0;

  /** What runs, and how much of it is done, 0 to 1. */
  get info(): HostInfo['task'] {
    if (this.#running === null) return null;
    const { kind, to, done } = this.#running;
    return { kind, to, done };
  }

  /** How many have come to their end. */
  get doneCount(): number {
    return this.#doneCount;
  }

  /** Resolves when what runs is over, however it ended. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  /** @throws Error when one runs already, and what `work` throws. */
  async run(
    kind: 'save' | 'copy',
    to: string,
    work: (onProgress: CopyProgress, signal: AbortSignal) => Promise<Copied>,
  ): Promise<Copied> {
    if (this.#running !== null)
      throw new Error(
        `a ${this.#running.kind} to ${this.#running.to} runs already; wait for it or break it off`,
      );
    const running = { kind, to, done: 0, abort: new AbortController() };
    this.#running = running;
    const copied = work((done, total) => {
      running.done = Number((done * 1000n) / total) / 1000;
    }, running.abort.signal);
    this.#ended = copied.catch(() => undefined);
    try {
      const outcome = await copied;
      if (!outcome.cancelled) this.#doneCount += 1;
      return outcome;
    } finally {
      this.#running = null;
    }
  }

  cancel(): void {
    this.#running?.abort.abort();
  }
}
